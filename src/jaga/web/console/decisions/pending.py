"""Pending decisions and undoing them; none of them has taken effect outside yet."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.decisions.preservation import OwnPreservation, PreservationEnded, agree_to_preserve
from jaga.casework.decisions.taking_back import take_back_vote
from jaga.casework.decisions.undo_window import (
    NothingWaitsForYou,
    NotYoursToUndo,
    TooLateToUndo,
    Unread,
    VotedHere,
    resume_decision,
    undo_decision,
)
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.core.terms.decisions import UndoReason
from jaga.records.access.cases.gate import access_case
from jaga.records.access.decisions.pending import list_pending
from jaga.records.access.decisions.preservation import list_preservations
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


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
