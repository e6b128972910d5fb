"""Routing steps on the case page: assign, defer, escalate, return, skip."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from jaga.casework.queue import assignment
from jaga.casework.queue.queue_rules import reroute_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.records.access.queue.queue import next_in_queue
from jaga.web.console.cases.page import case_page
from jaga.web.console.cases.placement import HOURS, Moving
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


class MoveForm(ConsoleForm):
    """The fields of all routing forms; each has some of them."""

    reason = Text()
    until = Text()
    hours = Text()
    note = Text()
    person = Text()
    queue = Text()


def _moved(
    request: HttpRequest, actor: Actor, case_id: int, form: str, verb: Callable[[], object], *, stays: bool = False
) -> HttpResponse:
    """Run the step and show the same or next case; on errors show the page with the input."""
    row = access_case(case_id, actor=actor)
    entered = MoveForm.sent(request).kept()
    try:
        verb()
    except InvalidInput as refused:
        return case_page(request, actor, row, Moving(form, entered, say_fields(refused)), status=refused.status)
    except (Conflict, IllegalTransition) as refused:
        return case_page(request, actor, row, Moving(form, entered), refused=refusal(refused), status=refused.status)
    if stays:
        return redirect("console:case", case_id)
    following = next_in_queue(but=case_id, actor=actor)
    return redirect("console:case", following) if following else redirect("console:queue")


@require_POST
@signed_in
def assign(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Assign to oneself or, by a supervisor, to someone else."""
    named = MoveForm.sent(request).text_of("person")
    person = (whole_number(named) if named else actor.person_id) or 0
    return _moved(
        request, actor, case_id, "assign", lambda: assignment.assign_case(case_id, person, actor=actor), stays=True
    )


@require_POST
@signed_in
def unassign(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Remove the assignment."""
    return _moved(request, actor, case_id, "assign", lambda: assignment.unassign_case(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def snooze(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Defer for a number of hours or until a time."""
    form = MoveForm.sent(request)
    until, reason = _until(form.text_of("hours"), form.text_of("until")), form.text_of("reason")
    return _moved(request, actor, case_id, "hold", lambda: assignment.snooze_case(case_id, until, reason, actor=actor))


def _until(hours: str, moment: str) -> datetime | None:
    """The time the form names, in the reader's time zone, or None."""
    if moment:
        try:
            named = datetime.fromisoformat(moment)
            named = named if named.tzinfo else named.replace(tzinfo=get_current_timezone())
            return named.astimezone(UTC)  # A time near the maximum overflows here rather than later.
        except (ValueError, OverflowError):
            return None
    return now() + timedelta(hours=int(hours)) if hours in {str(one) for one in HOURS} else None


@require_POST
@signed_in
def lift(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """End the deferral."""
    return _moved(request, actor, case_id, "hold", lambda: assignment.unsnooze_case(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def escalate(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Escalate to the supervisors."""
    reason = MoveForm.sent(request).text_of("reason")
    return _moved(request, actor, case_id, "escalate", lambda: assignment.escalate_case(case_id, reason, actor=actor))


@require_POST
@signed_in
def return_(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Return from the supervisors."""
    reason = MoveForm.sent(request).text_of("reason")
    return _moved(request, actor, case_id, "return", lambda: assignment.hand_back_case(case_id, reason, actor=actor))


@require_POST
@signed_in
def skip(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Move to the end of one's own queue."""
    return _moved(request, actor, case_id, "skip", lambda: assignment.skip_case(case_id, actor=actor))


@require_POST
@signed_in
def unskip(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Restore to its place in one's own queue."""
    return _moved(request, actor, case_id, "skip", lambda: assignment.unskip_case(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def reroute(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Move to another queue, or back to the rules' choice."""
    form = MoveForm.sent(request)
    queue, reason = form.text_of("queue"), form.text_of("reason")
    return _moved(
        request,
        actor,
        case_id,
        "reroute",
        lambda: reroute_case(case_id, "" if queue == "rules" else queue or "-", reason, actor=actor),
    )


@require_POST
@signed_in
def note(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Add a team note."""
    text = MoveForm.sent(request).text_of("note")
    return _moved(request, actor, case_id, "note", lambda: assignment.add_note(case_id, text, actor=actor), stays=True)
