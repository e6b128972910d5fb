"""Hearings: asking the holder before a measure, from the case page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jaga.casework.decisions.hearings import ask_holder, retry_hearing
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, IllegalTransition
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Ticked
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal


class HearingForm(ConsoleForm):
    """Whether to retry an undeliverable letter."""

    step = Ticked("again")


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Ask the holder, or retry an undeliverable letter."""
    row = access_case(case_id, actor=actor)
    verb = retry_hearing if HearingForm.sent(request).is_ticked("step") else ask_holder
    try:
        verb(case_id, actor=actor)
    except (Conflict, IllegalTransition) as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return redirect("console:case", case_id)
