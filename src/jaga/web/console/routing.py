"""The case page's part on where a case waits, and the steps that move it about: to a person, aside, up, back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from jaga.casework import assigning
from jaga.casework.routing import placed, reroute_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput
from jaga.policy import load_release
from jaga.policy.routing import Queue
from jaga.records.access.beside import Beside
from jaga.records.access.console import Case, access_case
from jaga.records.access.console_queue import next_in_queue
from jaga.records.access.routing import SeenPlace, place_of
from jaga.web.console.notices import written
from jaga.web.console.pages import signed_in
from jaga.web.console.typed import whole_number
from jaga.web.errors import language, say_fields

HOURS = (1, 2, 4, 8, 12)


@dataclass(frozen=True)
class Moving:
    """The form that was sent and refused: which, what was entered, and what is wrong with it."""

    form: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownPlace:
    """The place in words."""

    seen: SeenPlace
    queue: Queue
    why: str
    queues: tuple[Queue, ...]
    hours: tuple[int, ...]
    moving: Moving


def routing_of(row: Case, has: Collection[Beside], moving: Moving | None, actor: Actor) -> dict[str, object]:
    """The case page's part on routing. `has`: what `beside` says of the case."""
    release, seen = load_release(), place_of(row, has, actor=actor)
    left = seen.due_at - now()
    return {"place": ShownPlace(
        seen, release.routing.queue(row.queue), placed(row, release).why.say(language()), release.routing.queues,
        tuple(hours for hours in HOURS if timedelta(hours=hours) < left), moving or Moving())}


def _moved(request: HttpRequest, actor: Actor, case_id: int, form: str, verb: Callable[[], object], *,
           stays: bool = False) -> HttpResponse:
    """The step, and then the same case or the next; or the page with what was wrong and all that was written."""
    from jaga.web.console.case import case_page, refusal  # the case page shows this part

    row = access_case(case_id, actor=actor)
    entered = {name: written(request, name) for name in ("reason", "until", "hours", "note", "person", "queue")}
    try:
        verb()
    except InvalidInput as refused:
        return case_page(request, actor, row, moving=Moving(form, entered, say_fields(refused)), status=refused.status)
    except (Conflict, IllegalTransition) as refused:
        return case_page(request, actor, row, moving=Moving(form, entered), refused=refusal(refused),
                         status=refused.status)
    if stays:
        return redirect("console:case", case_id)
    following = next_in_queue(but=case_id, actor=actor)
    return redirect("console:case", following) if following else redirect("console:queue")


@require_POST
@signed_in
def assign(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """To oneself, or to whom a supervisor names."""
    named = written(request, "person")
    person = (whole_number(named) if named else actor.person_id) or 0
    return _moved(request, actor, case_id, "assign",
                  lambda: assigning.assign_case(case_id, person, actor=actor), stays=True)


@require_POST
@signed_in
def unassign(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Everybody's again."""
    return _moved(request, actor, case_id, "assign", lambda: assigning.unassign_case(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def hold(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Aside, for so many hours or till a moment."""
    until, reason = _until(written(request, "hours"), written(request, "until")), written(request, "reason")
    return _moved(request, actor, case_id, "hold", lambda: assigning.hold_case(case_id, until, reason, actor=actor))


def _until(hours: str, moment: str) -> datetime | None:
    """The moment that the form names, in the reader's time zone; None where it names none."""
    if moment:
        try:
            named = datetime.fromisoformat(moment)
            named = named if named.tzinfo else named.replace(tzinfo=get_current_timezone())
            return named.astimezone(UTC)  # a moment at the end of time overflows here and nowhere later
        except (ValueError, OverflowError):
            return None
    return now() + timedelta(hours=int(hours)) if hours in {str(one) for one in HOURS} else None


@require_POST
@signed_in
def lift(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Back from aside."""
    return _moved(request, actor, case_id, "hold", lambda: assigning.lift_hold(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def escalate(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Up to the supervisors."""
    reason = written(request, "reason")
    return _moved(request, actor, case_id, "escalate",
                  lambda: assigning.escalate_case(case_id, reason, actor=actor))


@require_POST
@signed_in
def return_(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Back from the supervisors."""
    reason = written(request, "reason")
    return _moved(request, actor, case_id, "return", lambda: assigning.hand_back_case(case_id, reason, actor=actor))


@require_POST
@signed_in
def skip(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """To the end of one's own queue."""
    return _moved(request, actor, case_id, "skip", lambda: assigning.skip_case(case_id, actor=actor))


@require_POST
@signed_in
def unskip(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """To its place in one's own queue."""
    return _moved(request, actor, case_id, "skip", lambda: assigning.unskip_case(case_id, actor=actor), stays=True)


@require_POST
@signed_in
def reroute(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Into another queue, or back to the rules."""
    queue, reason = written(request, "queue"), written(request, "reason")
    return _moved(request, actor, case_id, "reroute",
                  lambda: reroute_case(case_id, "" if queue == "rules" else queue or "-", reason, actor=actor))


@require_POST
@signed_in
def note(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A note of the team."""
    text = written(request, "note")
    return _moved(request, actor, case_id, "note", lambda: assigning.add_note(case_id, text, actor=actor), stays=True)
