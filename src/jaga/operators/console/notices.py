"""The portal of an operator's contact persons: their notices and answers.

Escalation letters: prepared, reviewed, released or dropped by staff; opened by the operator's contact persons.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.escalation import EscalationStep, Precondition
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState
from jaga.core.terms.people import Role
from jaga.operators.reads.escalation import (
    EscalationLetterView,
    SealedLetter,
    access_escalation_notice,
    access_letter,
    access_letter_file,
    access_opened_file,
    access_released,
    list_letters,
    list_released,
    notices_with_new_letters,
)
from jaga.operators.reads.portal import (
    OpenedNotice,
    access_copy_of_notice,
    access_notice,
    access_opened,
    has_opened_any,
    list_notices,
)
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.escalation import (
    drop_letter,
    escalation_of_notice,
    open_letter,
    prepare_letter,
    record_service,
    release_letter,
    why_not,
)
from jaga.operators.verbs.notices import message_of, object_to, open_notice, open_notice_picture
from jaga.policy.local_time import clock_for
from jaga.signals.console import picture_file
from jaga.signals.reads.pictures import PictureClosed
from jaga.web.errors import fill
from jaga.web.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.frame.notice_words import ANSWER_HINTS, ANSWERS
from jaga.web.frame.pages import page, refusal, run_or_rerender, signed_in


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
    return _page_of_escalation(request, actor, letter_id)


def _page_of_escalation(
    request: HttpRequest, actor: Actor, letter_id: int, *, status: int = 200, **more: object
) -> HttpResponse:
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
        lambda **more: _page_of_escalation(request, actor, letter_id, **more),
        redirect("console:letter", letter_id),
    )


@require_POST
@signed_in
def drop(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """A supervisor drops the prepared letter."""
    letter = access_letter(letter_id, actor=actor)
    return run_or_rerender(
        lambda: drop_letter(letter_id, actor=actor),
        lambda **more: _page_of_escalation(request, actor, letter_id, **more),
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
        lambda **more: _page_of_escalation(request, actor, letter_id, kept={"proof": proof}, **more),
        redirect("console:letter", letter_id),
    )


@require_safe
@signed_in
def pdf(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
    """The sealed PDF, for staff."""
    return _download(access_letter_file(letter_id, actor=actor))


@require_POST
@signed_in
def open__of_escalation(request: HttpRequest, actor: Actor, letter_id: int) -> HttpResponse:
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


class NoticeAnswerForm(ConsoleForm):
    """The answer to a notice. `handed_over`: the holder's letter was passed on, or will be."""

    kind = Text()
    text = Text()
    handed_over = Ticked("yes")


class ObjectionForm(ConsoleForm):
    """The objection to a notice."""

    objection = Text()


@dataclass(frozen=True)
class AnswerChoice:
    """One possible answer."""

    kind: AnswerKind
    label: str
    hint: str


def answer_choices(*, pictures: bool) -> tuple[AnswerChoice, ...]:
    """The answers that fit. `pictures`: the notice shows some, so one may show another account."""
    fitting = [kind for kind in AnswerKind if pictures or kind is not AnswerKind.WRONG_SCREENSHOT]
    return tuple(AnswerChoice(kind, ANSWERS[kind], ANSWER_HINTS[kind]) for kind in fitting)


def letter_of(notice: OpenedNotice) -> str:
    """The holder's letter with the appeal code; empty if the notice has none."""
    if notice.listed.asks_for in ("data", "preserve"):
        return ""
    return message_of(notice.listed.notice_id).statement


@require_safe
@signed_in
def notices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The operator's notices, and an explanation of the portal."""
    rows = list_notices(actor=actor)
    return page(
        request,
        actor,
        "operators/notices.html",
        {
            "waiting": [row for row in rows if row.waits_for_operator],
            "with_us": [row for row in rows if row.state == NoticeState.ASKED_BACK],
            "ended": [row for row in rows if row.state in (NoticeState.ANSWERED, NoticeState.WITHDRAWN)],
            "new_letters": notices_with_new_letters(actor=actor),
            "newcomer": not has_opened_any(actor=actor),
        },
        open_link="notices",
    )


@require_safe
@signed_in
def notice(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """One notice; while unopened, a page explaining what opening means."""
    return _page_of_notices(request, actor, notice_id)


def _page_of_notices(
    request: HttpRequest, actor: Actor, notice_id: int, *, status: int = 200, **more: object
) -> HttpResponse:
    listed = access_notice(notice_id, actor=actor)
    if not listed.opened:
        clock = clock_for(listed.asks_for, urgent=listed.urgent)
        return page(
            request,
            actor,
            "operators/notice_unopened.html",
            {
                "listed": listed,
                "clock": clock,
                "hours": int(clock.span.total_seconds()) // 3600,
                "letters": list_released(notice_id, actor=actor),
                **more,
            },
            open_link="notices",
            status=status,
        )
    opened = access_opened(notice_id, actor=actor)
    return page(
        request,
        actor,
        "operators/notice.html",
        {
            "notice": opened,
            "listed": opened.listed,
            "letter": letter_of(opened),
            "choices": answer_choices(pictures=bool(opened.pictures)),
            "letters": list_released(notice_id, actor=actor),
            **more,
        },
        open_link="notices",
        status=status,
    )


@require_POST
@signed_in
def open__of_notices(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """Record the receipt and show the whole notice."""
    access_notice(notice_id, actor=actor)
    open_notice(notice_id, actor=actor)
    return redirect("console:notice", notice_id)


@require_POST
@signed_in
def open_picture(request: HttpRequest, actor: Actor, notice_id: int, position: int) -> HttpResponse:
    """Open one picture of the notice for some minutes."""
    access_notice(notice_id, actor=actor)
    try:
        open_notice_picture(notice_id, position, actor=actor)
    except PictureClosed as refused:
        return _page_of_notices(request, actor, notice_id, refused=refusal(refused), status=refused.status)
    return redirect(f"{resolve_url('console:notice', notice_id)}#pictures")


@require_safe
@signed_in
def picture(request: HttpRequest, actor: Actor, notice_id: int, position: int) -> HttpResponse:
    """The copy this contact person has opened. Raises PictureClosed, NotFound."""
    number = access_notice(notice_id, actor=actor).number
    return picture_file(access_copy_of_notice(notice_id, position, actor=actor), f"{number}-{position}")


@require_POST
@signed_in
def answer(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """Record the contact person's answer. Whoever says that it is done says too whether the holder has the letter."""
    listed = access_notice(notice_id, actor=actor)
    form = NoticeAnswerForm.sent(request)
    chosen, text, handed_over = form.term_of("kind", AnswerKind), form.text_of("text"), form.is_ticked("handed_over")
    kept = {**form.kept(), "handed_over": "yes" if handed_over else ""}
    if chosen is None:
        return _page_of_notices(
            request, actor, notice_id, kept=kept, status=422, errors={"kind": [gettext("Choose one of the answers.")]}
        )
    if (
        chosen is AnswerKind.DONE
        and listed.opened
        and not handed_over
        and not text.strip()
        and letter_of(access_opened(notice_id, actor=actor))
    ):
        return _page_of_notices(
            request,
            actor,
            notice_id,
            kept=kept,
            status=422,
            errors={
                "handed_over": [
                    gettext(
                        "Has the account holder got the letter? Tick it if so. If not, write below why it could not "
                        "be given."
                    )
                ]
            },
        )
    return run_or_rerender(
        lambda: answer_notice(notice_id, chosen, text, handed_over=handed_over, actor=actor),
        lambda **more: _page_of_notices(request, actor, notice_id, kept=kept, **more),
        redirect("console:notice", notice_id),
    )


@require_POST
@signed_in
def object_(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """File an objection to a notice."""
    access_notice(notice_id, actor=actor)
    text = ObjectionForm.sent(request).text_of("objection")
    return run_or_rerender(
        lambda: object_to(notice_id, text, actor=actor),
        lambda **more: _page_of_notices(request, actor, notice_id, kept={"objection": text}, **more),
        redirect("console:notice", notice_id),
    )
