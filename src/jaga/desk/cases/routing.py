"""Routing steps on the case page: assign, defer, escalate, return, skip.

Labels on a case, added and removed manually.

Other accounts of the same holder: added to a case manually with a reason, and removed again.

Asking about the policy from a case.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST

from jaga.cases.reads.gate import access_case
from jaga.cases.verbs.state import AlreadyVoted, LabelledAlready, label_case, unlabel_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput
from jaga.desk.cases.forms import LinkFormData
from jaga.desk.cases.page import HOURS, Moving, PolicyQuestionFormData, case_page
from jaga.queue.reads.queue import next_in_queue
from jaga.queue.verbs import assignment
from jaga.queue.verbs.assignment import reroute_case
from jaga.queue.verbs.leases import LeaseTaken
from jaga.queue.verbs.linked_accounts import link_account, unlink_account
from jaga.queue.verbs.policy_questions import TooManyQuestions, ask_policy_question
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Text, whole_number
from jaga.web.frame.pages import Refusal, refusal, signed_in


class LabelForm(ConsoleForm):
    """A label to add or remove."""

    label = Text()
    remove = Text()


@require_POST
@signed_in
def change(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Add or remove a label, and return to its place on the case page."""
    row, form = access_case(case_id, actor=actor), LabelForm.sent(request)
    try:
        if "remove" in form.data:
            unlabel_case(row.pk, form.text_of("remove"), actor=actor)
        else:
            label_case(row.pk, form.text_of("label"), actor=actor)
    except InvalidInput as wrong:
        ((sentence, *_),) = say_fields(wrong).values()
        return case_page(request, actor, row, refused=Refusal(sentence, ""), status=wrong.status)
    except LabelledAlready as already:
        return case_page(request, actor, row, refused=refusal(already), status=already.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#labels")


class LinkForm(ConsoleForm):
    """Another account of the same holder, and the reason."""

    platform = Text()
    account = Text()
    why = Text()


@require_POST
@signed_in
def link(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Add the account and return to its place on the case page; on errors the input is kept."""
    row = access_case(case_id, actor=actor)
    form = LinkForm.sent(request)
    sent = LinkFormData(form.text_of("platform"), form.text_of("account"), form.text_of("why"))
    try:
        link_account(row.pk, sent.platform, sent.account, sent.why, actor=actor)
    except InvalidInput as refused:
        wrong = LinkFormData(sent.platform, sent.account, sent.why, say_fields(refused))
        return case_page(request, actor, row, wrong, status=refused.status)
    except (AlreadyVoted, LeaseTaken, IllegalTransition) as refused:
        return case_page(request, actor, row, sent, refused=refusal(refused), status=refused.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#linked")


@require_POST
@signed_in
def unlink(request: HttpRequest, actor: Actor, case_id: int, link_id: int) -> HttpResponse:
    """Remove the account. Raises NotFound if it is not part of the case."""
    row = access_case(case_id, actor=actor)
    try:
        unlink_account(row.pk, link_id, actor=actor)
    except (AlreadyVoted, LeaseTaken, IllegalTransition) as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#linked")


class PolicyQuestionForm(ConsoleForm):
    """A question about the policy."""

    question = Text()


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Ask a policy officer; the input is kept on errors."""
    row, text = access_case(case_id, actor=actor), PolicyQuestionForm.sent(request).text_of("question")
    try:
        ask_policy_question(row.pk, text, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, PolicyQuestionFormData(text, say_fields(refused)), status=refused.status)
    except TooManyQuestions as refused:
        return case_page(
            request, actor, row, PolicyQuestionFormData(text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{resolve_url('console:case', case_id)}#policy-questions")


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
