"""Escalation letters: prepared, reviewed, released or dropped by staff; opened by the operator's contact persons."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.operators.escalation import (
    drop_letter,
    ladder_of_notice,
    open_letter,
    prepare_letter,
    record_service,
    release_letter,
    why_not,
)
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.ladder import EscalationStep, Hurdle
from jaga.core.terms import Role, Rung
from jaga.records.access.operators.escalation import (
    EscalationLetterView,
    SealedLetter,
    access_ladder_notice,
    access_letter,
    access_letter_file,
    access_opened_file,
    access_released,
    list_letters,
)
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import tried, written
from jaga.web.errors import fill


@dataclass(frozen=True)
class RungShown:
    """One rung on a notice's page. `why` says what must happen first; empty if its letter may be prepared."""

    rung: Rung
    letter: EscalationLetterView | None
    may_prepare: bool
    why: str
    from_when: datetime | None

    @property
    def state(self) -> str:
        """Its state, as a term for `word:"ladder"`."""
        if self.letter is None:
            return "possible" if self.may_prepare else "not_yet"
        if self.letter.received_at:
            return "received"
        return "released" if self.letter.released_at else "prepared"


@dataclass(frozen=True)
class LadderShown:
    """The ladder on a notice's page. `stopped`: the notice was answered or withdrawn."""

    rungs: tuple[RungShown, ...]
    dropped: tuple[EscalationLetterView, ...]
    may_write: bool
    stopped: bool
    ends_here: bool


def ladder_shown(notice_id: int, actor: Actor) -> LadderShown | None:
    """The ladder of a notice, or None if there is none (a manual checklist). Raises NotPermitted, NotFound."""
    notice = access_ladder_notice(notice_id, actor=actor)
    if notice is None:
        return None
    ladder, letters = ladder_of_notice(notice), list_letters(notice_id, actor=actor)
    standing = {letter.rung: letter for letter in letters if letter.dropped_at is None}
    supervises = Role.SUPERVISOR in actor.roles
    stopped = any(place.hurdle is Hurdle.ENDED for place in ladder.places)
    return LadderShown(
        tuple(_rung(place, standing.get(place.rung), supervises) for place in ladder.places),
        tuple(letter for letter in letters if letter.dropped_at is not None), supervises, stopped, ladder.ends_here,
    )


def _rung(place: EscalationStep, letter: EscalationLetterView | None, supervises: bool) -> RungShown:
    why = fill(why_not(place.hurdle)[0], {}) if place.hurdle and letter is None else ""
    return RungShown(place.rung, letter, place.hurdle is None and supervises, why, place.at)


@require_POST
@signed_in
def prepare(request: HttpRequest, actor: Actor, notice_id: int, rung: str) -> HttpResponse:
    """A supervisor prepares a rung's letter, and then reviews it."""
    access_ladder_notice(notice_id, actor=actor)
    actor.require(Role.SUPERVISOR)
    if rung not in set(Rung):
        raise NotFound
    return redirect("console:letter", prepare_letter(notice_id, Rung(rung), actor=actor))


@require_safe
@signed_in
def letter(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """One letter in both languages, with the steps this person may take."""
    return _page(request, actor, letter_id)


def _page(request: HttpRequest, actor: Actor, letter_id: int, **more: object) -> HttpResponse:
    seen = access_letter(letter_id, actor=actor)
    status = more.pop("status", 200)
    assert isinstance(status, int)
    notice = access_ladder_notice(seen.notice_id, actor=actor)
    ladder = ladder_of_notice(notice) if notice else None
    hurdle = ladder.release_hurdles.get(seen.rung) if ladder and seen.dropped_at is None else None
    return page(request, actor, "operators/letter.html", {
        "letter": seen, "may_write": Role.SUPERVISOR in actor.roles, "waits": seen.released_at is None,
        "hurdle": " ".join(fill(said, {}) for said in why_not(hurdle)) if hurdle else "",
        "objection_open": bool(ladder and ladder.objection_open), **more,
    }, open_link="operator-notices", status=status)


@require_POST
@signed_in
def release(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor releases the letter."""
    access_letter(letter_id, actor=actor)
    return tried(lambda: release_letter(letter_id, actor=actor),
                 lambda **more: _page(request, actor, letter_id, **more), redirect("console:letter", letter_id))


@require_POST
@signed_in
def drop(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor drops the prepared letter."""
    seen = access_letter(letter_id, actor=actor)
    return tried(lambda: drop_letter(letter_id, actor=actor),
                 lambda **more: _page(request, actor, letter_id, **more),
                 redirect("console:operator-notice", seen.notice_id))


@require_POST
@signed_in
def served(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor records that the letter was served by other means."""
    access_letter(letter_id, actor=actor)
    proof = written(request, "proof")
    return tried(lambda: record_service(letter_id, proof, actor=actor),
                 lambda **more: _page(request, actor, letter_id, kept={"proof": proof}, **more),
                 redirect("console:letter", letter_id))


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
