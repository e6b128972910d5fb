"""The portal of an operator's contact persons: their notices and answers."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.operators.answers import answer_notice
from jaga.casework.operators.notice_pictures import open_notice_picture
from jaga.casework.operators.notices import message_of, open_notice
from jaga.casework.operators.objections import object_to
from jaga.core.actors import Actor
from jaga.core.terms.operators import AnswerKind, NoticeState
from jaga.policy.operator_clock import clock_for
from jaga.records.access.operators.escalation import list_released, notices_with_new_letters
from jaga.records.access.operators.portal import (
    OpenedNotice,
    access_copy_of_notice,
    access_notice,
    access_opened,
    has_opened_any,
    list_notices,
)
from jaga.records.access.screening.pictures import PictureClosed
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.notice_words import ANSWER_HINTS, ANSWERS
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.screening.pictures import picture_file


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
    return _page(request, actor, notice_id)


def _page(request: HttpRequest, actor: Actor, notice_id: int, *, status: int = 200, **more: object) -> HttpResponse:
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
def open_(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
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
        return _page(request, actor, notice_id, refused=refusal(refused), status=refused.status)
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
        return _page(
            request, actor, notice_id, kept=kept, status=422, errors={"kind": [gettext("Choose one of the answers.")]}
        )
    if (
        chosen is AnswerKind.DONE
        and listed.opened
        and not handed_over
        and not text.strip()
        and letter_of(access_opened(notice_id, actor=actor))
    ):
        return _page(
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
        lambda **more: _page(request, actor, notice_id, kept=kept, **more),
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
        lambda **more: _page(request, actor, notice_id, kept={"objection": text}, **more),
        redirect("console:notice", notice_id),
    )
