"""The letter for a holder the platform cannot reach, shown once to a supervisor who sends it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jaga.casework.actions.statement_pickup import PlatformDelivers, hand_over_statement
from jaga.core.actors import Actor
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import refusal


@never_cache
@require_POST
@signed_in
def show_letter(request: HttpRequest, actor: Actor, case_id: int, decision_id: int) -> HttpResponse:
    """Show the letter with the appeal code. Raises NotPermitted for anyone but a supervisor, NotFound."""
    row = access_case(case_id, actor=actor)
    try:
        text = hand_over_statement(row.pk, decision_id, actor=actor)
    except PlatformDelivers as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return page(request, actor, "appeals/handed_over.html", {"case": row, "text": text}, open_link="queue")
