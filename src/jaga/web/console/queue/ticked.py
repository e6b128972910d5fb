"""Cases ticked in a list: read one after the other on one page, and moved together. No vote is cast here (ADR 0081).

Each case is moved by the verb of its own page, in its own transaction: what one case refuses does not stop the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from jaga.casework.queue import assignment
from jaga.casework.queue.queue_rules import reroute_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.queue.queue import MOST_TICKED, QueueRow, list_ticked
from jaga.records.access.queue.routing import people_to_assign
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Several, Text
from jaga.web.console.frame.highlight import HighlightSpan, beginning
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.queue_order import QueueOrder, order_of
from jaga.web.errors import say, say_fields

HOURS = (1, 2, 4, 8, 12)
_SHOWN = 400  # characters of each text
_OF_THE_FORM = {"reason", "person", "queue", "step"}
"""Fields whose errors concern the form, and not a single case."""


class TickedStep(StrEnum):
    """What can be done with ticked cases. None of it judges an account."""

    TAKE = "take"  # Assign to oneself.
    ASSIGN = "assign"  # By a supervisor, to anybody.
    SNOOZE = "snooze"
    REROUTE = "reroute"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class TickedCase:
    """A row with more of its text than a list has. `ticked`: it takes part in the step."""

    row: QueueRow
    pieces: tuple[HighlightSpan, ...]
    order: QueueOrder
    ticked: bool


@dataclass(frozen=True)
class TickedResult:
    """What became of one case; an empty `refusal` means that it was moved."""

    case_id: int
    reference: str
    refusal: str


class TickedForm(ConsoleForm):
    """The step and its fields."""

    case = Several()
    listed = Several()
    step = Text()
    reason = Text()
    hours = Text()
    person = Text()
    queue = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def ticked(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The ticked cases with their texts and findings, and the step to do with those still ticked."""
    form = TickedForm.sent(request)
    numbers = _numbers(form.values_of("case") if request.method == "POST" else request.GET.getlist("case"))
    listed = _numbers(form.values_of("listed")) or numbers
    rows = list_ticked(listed, actor=actor)
    if request.method != "POST":
        return _page(request, actor, rows, numbers, {})
    verb = _verb(form, actor)
    chosen = [row for row in rows if row.case_id in numbers]
    if verb is None or not chosen:
        return _page(request, actor, rows, numbers, form.kept(), nothing=not chosen, no_step=verb is None, status=422)
    results: list[TickedResult] = []
    for row in chosen:
        try:
            verb(row.case_id)
        except InvalidInput as refused:
            errors = say_fields(refused)
            if set(errors) & _OF_THE_FORM and not results:
                return _page(request, actor, rows, numbers, form.kept(), errors=errors, status=refused.status)
            sentences = [line for lines in errors.values() for line in lines]
            results.append(TickedResult(row.case_id, row.reference, " ".join(sentences)))
        except (Conflict, IllegalTransition, NotFound) as refused:
            results.append(TickedResult(row.case_id, row.reference, " ".join(say(refused))))
        else:
            results.append(TickedResult(row.case_id, row.reference, ""))
    return _page(request, actor, list_ticked(listed, actor=actor), [], {}, results=results)


def _verb(form: TickedForm, actor: Actor) -> Callable[[int], object] | None:
    """The verb of the step with its fields; None if none was chosen."""
    reason = form.text_of("reason")
    match form.term_of("step", TickedStep):
        case TickedStep.TAKE:
            return lambda case_id: assignment.assign_case(case_id, actor.person_id or 0, actor=actor)
        case TickedStep.ASSIGN:
            person = whole_number(form.text_of("person")) or 0
            return lambda case_id: assignment.assign_case(case_id, person, actor=actor)
        case TickedStep.SNOOZE:
            hours = whole_number(form.text_of("hours"))
            until = now() + timedelta(hours=hours) if hours in HOURS else None
            return lambda case_id: assignment.snooze_case(case_id, until, reason, actor=actor)
        case TickedStep.REROUTE:
            queue = form.text_of("queue")
            return lambda case_id: reroute_case(case_id, "" if queue == "rules" else queue or "-", reason, actor=actor)
        case TickedStep.ESCALATE:
            return lambda case_id: assignment.escalate_case(case_id, reason, actor=actor)
    return None


def _numbers(sent: Sequence[str]) -> list[int]:
    """The case numbers among the values sent, each once; the rest is ignored."""
    return list(dict.fromkeys(number for one in sent if (number := whole_number(one))))[:MOST_TICKED]


def _page(
    request: HttpRequest,
    actor: Actor,
    rows: Sequence[QueueRow],
    numbers: Sequence[int],
    entered: Mapping[str, str],
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    supervises = Role.SUPERVISOR in actor.roles
    return page(
        request,
        actor,
        "queue/ticked.html",
        {
            "cases": [
                TickedCase(
                    row,
                    beginning(row.text.text, row.text.places, _SHOWN) if row.text else (),
                    order_of(row),
                    row.case_id in numbers,
                )
                for row in rows
            ],
            "left_out": len(set(numbers) - {row.case_id for row in rows}),
            "most": MOST_TICKED,
            "hours": HOURS,
            "queues": load_release().routing.queues,
            "entered": entered,
            "supervises": supervises,
            "people": people_to_assign(actor=actor) if supervises else (),
            **more,
        },
        open_link="queue",
        status=status,
    )
