"""The graph of accounts sharing traces with a case's account, and the same as a table. Display only."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.records.access.screening.account_graph import access_graph
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.screening.graph_layout import draw


@require_safe
@signed_in
def graph(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The graph up to one or two steps away. Raises NotPermitted, NotFound."""
    steps = 2 if request.GET.get("steps") == "2" else 1
    found = access_graph(case_id, steps=steps, actor=actor)
    return page(request, actor, "screening/graph.html", {
        "case": found.case, "graph": found, "picture": draw(found), "steps": steps,
        "hidden": any(node.hidden for node in found.nodes),
    }, open_link="queue")
