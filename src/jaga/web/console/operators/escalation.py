"""Escalation letters: prepared, reviewed, released or dropped by staff; opened by the operator's contact persons."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.operators.escalation import (
    drop_letter,
    escalation_of_notice,
    open_letter,
    prepare_letter,
    record_service,
    release_letter,
    why_not,
)
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.escalation import EscalationStep, Precondition
from jaga.core.terms.operators import EscalationStage
from jaga.core.terms.people import Role
from jaga.records.access.operators.escalation import (
    EscalationLetterView,
    SealedLetter,
    access_escalation_notice,
    access_letter,
    access_letter_file,
    access_opened_file,
    access_released,
    list_letters,
)
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.errors import fill


class LetterServiceForm(ConsoleForm):
    """How the letter was served by other means."""

    proof = Text()


@dataclass(frozen=True)
class EscalationStepView:
    """One stage on a notice's page. `why` says what must happen first; empty if its letter may be prepared."""

    stage: EscalationStage
    letter: EscalationLetterView | None
    may_prepare: bool
    why: str
    from_when: datetime | None

    @property
    def state(self) -> str:
        """Its state, as a term for `word:"escalation_state"`."""
        if self.letter is None:
            return "possible" if self.may_prepare else "not_yet"
        if self.letter.received_at:
            return "received"
        return "released" if self.letter.released_at else "prepared"


@dataclass(frozen=True)
class EscalationPanel:
    """The escalation stages on a notice's page. `stopped`: the notice was answered or withdrawn."""

    stages: tuple[EscalationStepView, ...]
    dropped: tuple[EscalationLetterView, ...]
    may_write: bool
    stopped: bool
    ends_here: bool


def escalation_panel(notice_id: int, actor: Actor) -> EscalationPanel | None:
    """The escalation stages of a notice, or None without any (a manual checklist). Raises NotPermitted, NotFound."""
    notice = access_escalation_notice(notice_id, actor=actor)
    if notice is None:
        return None
    state, letters = escalation_of_notice(notice), list_letters(notice_id, actor=actor)
    in_force = {letter.stage: letter for letter in letters if letter.dropped_at is None}
    supervises = Role.SUPERVISOR in actor.roles
    stopped = any(place.precondition is Precondition.ENDED for place in state.places)
    return EscalationPanel(
        tuple(_step(place, in_force.get(place.stage), supervises) for place in state.places),
        tuple(letter for letter in letters if letter.dropped_at is not None),
        supervises,
        stopped,
        state.ends_here,
    )


def _step(place: EscalationStep, letter: EscalationLetterView | None, supervises: bool) -> EscalationStepView:
    why = fill(why_not(place.precondition)[0], {}) if place.precondition and letter is None else ""
    return EscalationStepView(place.stage, letter, place.precondition is None and supervises, why, place.at)


@require_POST
@signed_in
def prepare(request: HttpRequest, actor: Actor, notice_id: int, stage: str) -> HttpResponse:
    """A supervisor prepares a stage's letter, and then reviews it."""
    access_escalation_notice(notice_id, actor=actor)
    actor.require(Role.SUPERVISOR)
    if stage not in set(EscalationStage):
        raise NotFound
    return redirect("console:letter", prepare_letter(notice_id, EscalationStage(stage), actor=actor))


@require_safe
@signed_in
def letter(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """One letter in both languages, with the steps this person may take."""
    return _page(request, actor, letter_id)


def _page(request: HttpRequest, actor: Actor, letter_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    letter = access_letter(letter_id, actor=actor)
    notice = access_escalation_notice(letter.notice_id, actor=actor)
    state = escalation_of_notice(notice) if notice else None
    precondition = state.release_preconditions.get(letter.stage) if state and letter.dropped_at is None else None
    return page(
        request,
        actor,
        "operators/letter.html",
        {
            "letter": letter,
            "may_write": Role.SUPERVISOR in actor.roles,
            "waits": letter.released_at is None,
            "precondition": " ".join(fill(sentence, {}) for sentence in why_not(precondition)) if precondition else "",
            "objection_open": bool(state and state.objection_open),
            **more,
        },
        open_link="operator-notices",
        status=status,
    )


@require_POST
@signed_in
def release(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor releases the letter."""
    access_letter(letter_id, actor=actor)
    return run_or_rerender(
        lambda: release_letter(letter_id, actor=actor),
        lambda **more: _page(request, actor, letter_id, **more),
        redirect("console:letter", letter_id),
    )


@require_POST
@signed_in
def drop(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor drops the prepared letter."""
    letter = access_letter(letter_id, actor=actor)
    return run_or_rerender(
        lambda: drop_letter(letter_id, actor=actor),
        lambda **more: _page(request, actor, letter_id, **more),
        redirect("console:operator-notice", letter.notice_id),
    )


@require_POST
@signed_in
def served(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor records that the letter was served by other means."""
    access_letter(letter_id, actor=actor)
    proof = LetterServiceForm.sent(request).text_of("proof")
    return run_or_rerender(
        lambda: record_service(letter_id, proof, actor=actor),
        lambda **more: _page(request, actor, letter_id, kept={"proof": proof}, **more),
        redirect("console:letter", letter_id),
    )


@require_safe
@signed_in
def pdf(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """The sealed PDF, for staff."""
    return _download(access_letter_file(letter_id, actor=actor))


@require_POST
@signed_in
def open_(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A contact person opens a released letter, which proves receipt."""
    notice_id = access_released(letter_id, actor=actor)
    open_letter(letter_id, actor=actor)
    return redirect("console:notice", notice_id)


@require_safe
@signed_in
def opened_pdf(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """The PDF of a letter with recorded receipt, for the operator's contact persons."""
    return _download(access_opened_file(letter_id, actor=actor))


def _download(file: SealedLetter) -> HttpResponse:
    response = HttpResponse(file.content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
