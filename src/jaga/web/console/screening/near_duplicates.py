"""A near-duplicate cluster of the queue. Each account is judged separately."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.records.access.screening.near_duplicates import access_cluster
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.queue.queue import lines_of, place_of, written_place


@require_safe
@signed_in
def cluster(request: HttpRequest, actor: Actor, cluster_id: int) -> HttpResponse:
    """One page of its waiting cases. Raises NotPermitted, NotFound."""
    place = place_of(request.GET.get("after", ""))
    found = access_cluster(cluster_id, after=place, actor=actor)
    return page(
        request,
        actor,
        "screening/cluster.html",
        {
            "cluster": found,
            "lines": lines_of(found.rows),
            "later": bool(place),
            "next": written_place(found.after) if found.after else "",
        },
        open_link="queue",
    )
