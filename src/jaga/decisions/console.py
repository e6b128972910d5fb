"""Hearings: asking the holder before a measure, from the case page.

Pending decisions and undoing them; none of them has taken effect outside yet.

Voting: preview, vote and outcome. The input is kept on every error.
"""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.cases.reads.case_view import CaseStage, CaseView
from jaga.cases.reads.gate import access_case, current_lease
from jaga.cases.verbs.state import AlreadyVoted
from jaga.core.actors import Actor
from jaga.core.errors import N_, Conflict, IllegalTransition, InvalidInput
from jaga.core.terms.cases import DecisionKind, UndoReason
from jaga.decisions.reads import list_pending, list_preservations
from jaga.decisions.verbs.consequences import take_back_vote
from jaga.decisions.verbs.hearings import AnswerUnread, ask_holder, retry_hearing
from jaga.decisions.verbs.preservation import OwnPreservation, PreservationEnded, agree_to_preserve
from jaga.decisions.verbs.undo_window import (
    NothingWaitsForYou,
    NotYoursToUndo,
    TooLateToUndo,
    Unread,
    VotedHere,
    resume_decision,
    undo_decision,
)
from jaga.decisions.verbs.voting import NeedsAnotherVoter, cast_vote, restrict_at_once
from jaga.desk.cases.forms import BallotForm, DecisionFormData, ballot_of, judged_with, prepared_facts
from jaga.desk.cases.page import case_page, lease_for_voter, preview_of
from jaga.queue.reads.queue import OwnVote, next_in_queue, own_vote
from jaga.queue.verbs.leases import BudgetSpent, LeaseLost, LeaseTaken, RotationDue
from jaga.reporting.verbs.mailbox import UnreadByVoter
from jaga.signals.verbs.pictures import AnswerPending
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Text, Ticked, WholeNumber
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.frame.sections import fence_of


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


class UndoForm(ConsoleForm):
    """Why a decision is withdrawn."""

    reason = Text()
    note = Text()


class LetOnForm(ConsoleForm):
    """Why a decision goes on, and the newest message read."""

    shown = Text()
    why = Text()


@require_safe
@signed_in
def pending(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Decisions this person voted for that can still be undone; for supervisors everyone's."""
    return _list(request, actor)


@require_POST
@signed_in
def undo(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Withdraw the pending decision of this case or one's own fresh vote, and go to the case: it is in review again."""
    access_case(case_id, actor=actor)
    if take_back_vote(case_id, actor=actor):
        return redirect("console:case", case_id)
    form = UndoForm.sent(request)
    note, reason = form.text_of("note"), form.term_of("reason", UndoReason) or UndoReason.MISTAKE
    try:
        undo_decision(case_id, reason=reason, note=note, actor=actor)
    except InvalidInput as refused:
        return _list(
            request,
            actor,
            refused_id=case_id,
            errors=say_fields(refused),
            reason=reason,
            note=note,
            status=refused.status,
        )
    except (TooLateToUndo, NotYoursToUndo) as refused:
        return _list(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:case", case_id)


@require_POST
@signed_in
def resume(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A supervisor confirms reading what was said since the votes, and lets the decision go on."""
    access_case(case_id, actor=actor)
    form = LetOnForm.sent(request)
    given, why = form.text_of("shown"), form.text_of("why")
    shown = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0
    try:
        resume_decision(case_id, shown=shown, why=why, actor=actor)
    except InvalidInput as refused:
        return _list(request, actor, let_on_id=case_id, errors=say_fields(refused), why=why, status=refused.status)
    except (NothingWaitsForYou, Unread, VotedHere) as refused:
        return _list(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:pending")


@require_POST
@signed_in
def agree(request: HttpRequest, actor: Actor, decision_id: int) -> HttpResponse:
    """A second person agrees to a preservation."""
    try:
        agree_to_preserve(decision_id, actor=actor)
    except (OwnPreservation, PreservationEnded) as refused:
        return _list(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:pending")


def _list(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request,
        actor,
        "decisions/pending.html",
        {
            "waiting": list_pending(actor=actor),
            "reasons": tuple(UndoReason),
            "preservations": list_preservations(actor=actor),
            **more,
        },
        open_link="pending",
        status=status,
    )


_BECAME = {
    CaseStage.SUPERVISOR: N_("Two people judged differently. A supervisor settles it."),
    CaseStage.COMMITTING: N_("It is judged. It is carried out when its moment comes, and can be undone until then."),
    CaseStage.ACTING: N_("It is decided. The platform is being asked now, and watched until it is really so."),
    CaseStage.RESTORING: N_("An appeal was won. The account is being restored."),
    CaseStage.RESOLVED: N_("It is decided, and nothing is left to do. Everybody who reported can read the outcome."),
}
_SEALED = N_("Your vote is sealed. A second person will judge the case without seeing it.")


class VoteForm(BallotForm):
    """The decision form with the page's lease and what of the case was read (`last_message`, `answers`)."""

    step = Text()
    lease = Text()
    as_prepared = Ticked("1")
    last_message = WholeNumber()
    answers = WholeNumber()


@require_POST
@signed_in
def decide(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Cast the vote and go to the next case; or, without JavaScript, show the letter preview or retake a lost case.

    The input is kept. A prepared sentence that was not changed is sent by a second press.
    """
    row, form = access_case(case_id, actor=actor), VoteForm.sent(request)
    entered, step = form.entered(), form.text_of("step")
    ballot = ballot_of(entered)
    if step == "preview":
        return case_page(request, actor, row, entered)
    if step == "prepare":
        return case_page(request, actor, row, _with_sentence(row, entered))
    if step == "retake":
        return _retake(request, actor, row, entered)
    if step == "restrict_now":
        return _restrict_now(request, actor, row, form)
    if ballot is None:
        missing = {"kind": [gettext("Choose a decision.")]}
        return case_page(request, actor, row, replace(entered, errors=missing), status=422)
    ballot = judged_with(row, ballot, entered.elements)
    if ballot.as_prepared and not form.is_ticked("as_prepared"):
        return case_page(request, actor, row, replace(entered, confirms=True), status=422)
    lease = current_lease(row, actor=actor)
    try:
        cast_vote(
            row.pk,
            fence_of(form.text_of("lease"), row.pk, lease, actor),
            ballot,
            last_message=form.number_of("last_message"),
            answers=form.number_of("answers"),
            actor=actor,
        )
    except InvalidInput as refused:
        return case_page(request, actor, row, replace(entered, errors=say_fields(refused)), status=refused.status)
    except LeaseLost as refused:
        return case_page(request, actor, row, entered, refused=refusal(refused, retake=True), status=refused.status)
    except (AlreadyVoted, NeedsAnotherVoter, UnreadByVoter, AnswerUnread, AnswerPending, IllegalTransition) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), entered, refused=refusal(refused), status=refused.status
        )
    following = next_in_queue(but=case_id, actor=actor)
    return redirect("console:case", following) if following else redirect("console:voted", case_id)


def _with_sentence(row: CaseView, entered: DecisionFormData) -> DecisionFormData:
    """The input with the prepared sentence added to the facts, once."""
    sentence, facts = prepared_facts(row).text(entered.elements), entered.facts.strip()
    return entered if sentence in facts else replace(entered, facts=f"{facts} {sentence}".strip())


def _restrict_now(request: HttpRequest, actor: Actor, row: CaseView, form: VoteForm) -> HttpResponse:
    """Restrict an urgent case's account immediately and continue reviewing: no vote is cast, and the input is kept."""
    entered = form.entered()
    ballot, lease = ballot_of(replace(entered, kind=DecisionKind.RESTRICT)), current_lease(row, actor=actor)
    if ballot is None:
        missing = {"kind": [gettext("Choose a decision.")]}
        return case_page(request, actor, row, replace(entered, errors=missing), status=422)
    try:
        restrict_at_once(row.pk, fence_of(form.text_of("lease"), row.pk, lease, actor), ballot, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, replace(entered, errors=say_fields(refused)), status=refused.status)
    except (LeaseLost, AlreadyVoted, AnswerPending) as refused:
        again = isinstance(refused, LeaseLost)
        return case_page(request, actor, row, entered, refused=refusal(refused, retake=again), status=refused.status)
    return case_page(request, actor, row, entered)


def _retake(request: HttpRequest, actor: Actor, row: CaseView, entered: DecisionFormData) -> HttpResponse:
    try:
        lease_for_voter(row, actor)
    except (LeaseTaken, IllegalTransition, BudgetSpent, RotationDue) as refused:
        again = isinstance(refused, LeaseTaken)
        return case_page(request, actor, row, entered, refused=refusal(refused, retake=again), status=refused.status)
    return case_page(request, actor, row, entered)


@require_POST
@signed_in
def preview(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The letter for the form's current input, as a page fragment. Stores nothing."""
    row = access_case(case_id, actor=actor)
    made = preview_of(row, ballot_of(BallotForm.sent(request).entered()))
    return render(request, "console/decisions/parts/preview.html", {"preview": made})


@require_safe
@signed_in
def voted(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The outcome of this person's vote, and the next step."""
    row = access_case(case_id, actor=actor)
    vote = own_vote(row, actor=actor)
    if vote is None:
        return redirect("console:case", case_id)
    return page(
        request,
        actor,
        "decisions/voted.html",
        {
            "case": row,
            "vote": vote,
            "stage": row.stage,
            "sentence": became(vote),
            "next_id": next_in_queue(but=row.pk, actor=actor),
        },
        open_link="queue",
    )


def became(vote: OwnVote) -> str:
    """The outcome of a vote, as its own voter may know it."""
    return gettext(_SEALED if vote.waits else _BECAME.get(vote.stage, _SEALED))
