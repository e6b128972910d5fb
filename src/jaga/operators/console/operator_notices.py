"""The staff side of notices to operators: waiting ones, verifications, clarifications, objections, manual work."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.actions.verbs.verification import due_manual_checks
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccountState, ActionKind, Step
from jaga.core.terms.outside import AnswerKind
from jaga.operators.console.notices import NoticeAnswerForm, answer_choices, escalation_panel, letter_of
from jaga.operators.reads.notices import (
    NoticeOfOurs,
    access_data_case,
    access_operator_notice,
    list_of_actions,
    list_operator_notices,
)
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.escalation import DataRequest, NotAnAuthoritysInstallation, ask_for_data
from jaga.operators.verbs.manual_checklist import checklist_for
from jaga.operators.verbs.notices import (
    ask_again,
    clarify_notice,
    decide_objection,
    record_manual_check,
    tick,
    withdraw_notice,
)
from jaga.policy.local_time import clock_for
from jaga.store.reads import is_an_authoritys
from jaga.web.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.frame.notice_words import ACCOUNT_STATES
from jaga.web.frame.pages import page, run_or_rerender, signed_in

_RESULTS = {"accept": True, "reject": False}


class NoticeTextForm(ConsoleForm):
    """A message to the operator."""

    text = Text()


class NoticeWithdrawalForm(ConsoleForm):
    """Why the notice is withdrawn."""

    reason = Text()


class ManualCheckForm(ConsoleForm):
    """What somebody observed in the app."""

    state = Text()
    what = Text()


class ObjectionAnswerForm(ConsoleForm):
    """The decision on the operator's objection."""

    result = Text()
    reasons = Text()


class ChecklistForm(ConsoleForm):
    """The checklist step that was done."""

    step = Text()


class DataRequestForm(ConsoleForm):
    """A data request."""

    authority = Text()
    purpose = Text()
    description = Text()
    offence = Text()
    content = Ticked("yes")
    court_order = Text()

    def asked(self) -> DataRequest:
        """The request as entered."""
        return DataRequest(**self.kept(), content=self.is_ticked("content"))


@require_safe
@signed_in
def notices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All open notices by what they wait for."""
    return page(
        request,
        actor,
        "operators/operator_notices.html",
        {
            "lists": list_operator_notices(actor=actor),
            "again": list_of_actions(due_manual_checks(), actor=actor),
        },
        open_link="operator-notices",
    )


@require_safe
@signed_in
def notice(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """One notice with its dialogue, and the steps this person may take."""
    return _page(request, actor, notice_id)


def _page(request: HttpRequest, actor: Actor, notice_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    ours = access_operator_notice(notice_id, actor=actor)
    by_hand = ours.by_hand and ours.action_id is not None
    return page(
        request,
        actor,
        "operators/operator_notice.html",
        {
            "ours": ours,
            "notice": ours.notice,
            "listed": ours.notice.listed,
            "account_states": ACCOUNT_STATES,
            "check_due": ours.check_due or ours.action_id in due_manual_checks(),
            "ticks": _ticks(ours) if by_hand else [],
            "letter": letter_of(ours.notice) if by_hand and not ours.notice.sealed else "",
            "choices": [choice for choice in answer_choices(pictures=by_hand) if choice.kind != AnswerKind.DONE],
            "escalation": escalation_panel(notice_id, actor),
            **more,
        },
        open_link="operator-notices",
        status=status,
    )


def _ticks(ours: NoticeOfOurs) -> list[dict[str, object]]:
    """Each checklist step: what to do, who did it and when, and whether it is next."""
    did = {turn.kind: turn for turn in ours.notice.dialogue}
    rows: list[dict[str, object]] = []
    open_before = False
    for step in checklist_for(ActionKind(ours.notice.listed.asks_for)):
        turn = did.get(f"did_{step}")
        rows.append({"step": step.value, "turn": turn, "next": turn is None and not open_before})
        open_before = open_before or turn is None
    return rows


def _with_words(
    request: HttpRequest, actor: Actor, notice_id: int, form: type[ConsoleForm], verb: Callable[[str], object]
) -> HttpResponse:
    """Run an action with the text of a form's only field; on errors show the page again with it."""
    access_operator_notice(notice_id, actor=actor)
    kept = form.sent(request).kept()
    (words,) = kept.values()
    return run_or_rerender(
        lambda: verb(words),
        lambda **more: _page(request, actor, notice_id, kept=kept, **more),
        redirect("console:operator-notice", notice_id),
    )


@require_POST
@signed_in
def clarify(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """Answer the operator's question."""
    return _with_words(
        request, actor, notice_id, NoticeTextForm, lambda text: clarify_notice(notice_id, text, actor=actor)
    )


@require_POST
@signed_in
def again(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """A supervisor repeats the request."""
    return _with_words(request, actor, notice_id, NoticeTextForm, lambda text: ask_again(notice_id, text, actor=actor))


@require_POST
@signed_in
def withdraw(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """A supervisor withdraws the notice."""
    return _with_words(
        request, actor, notice_id, NoticeWithdrawalForm, lambda reason: withdraw_notice(notice_id, reason, actor=actor)
    )


@require_POST
@signed_in
def record_check(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """Record what a staff member observed in the app."""
    ours = access_operator_notice(notice_id, actor=actor)
    form = ManualCheckForm.sent(request)
    state, kept = form.term_of("state", AccountState), form.kept()
    if ours.action_id is None:
        raise NotFound
    if state is None:
        return _page(
            request, actor, notice_id, kept=kept, status=422, errors={"state": [gettext("Choose what you saw.")]}
        )
    action_id = ours.action_id
    return run_or_rerender(
        lambda: record_manual_check(action_id, state, form.text_of("what"), actor=actor),
        lambda **more: _page(request, actor, notice_id, kept=kept, **more),
        redirect("console:operator-notice", notice_id),
    )


@require_POST
@signed_in
def objection(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """A supervisor decides the operator's objection."""
    ours = access_operator_notice(notice_id, actor=actor)
    kept = ObjectionAnswerForm.sent(request).kept()
    result, reasons = kept["result"], kept["reasons"]
    if ours.notice.objection is None:
        raise NotFound
    if result not in _RESULTS:
        return _page(
            request, actor, notice_id, kept=kept, status=422, errors={"result": [gettext("Choose one of the two.")]}
        )
    number = ours.notice.objection.objection_id
    return run_or_rerender(
        lambda: decide_objection(number, accept=_RESULTS[result], reasons=reasons, actor=actor),
        lambda **more: _page(request, actor, notice_id, kept=kept, **more),
        redirect("console:operator-notice", notice_id),
    )


@require_POST
@signed_in
def tick_off(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """Mark a checklist step as done."""
    access_operator_notice(notice_id, actor=actor)
    step = ChecklistForm.sent(request).term_of("step", Step)
    if step is None:
        raise NotFound
    return run_or_rerender(
        lambda: tick(notice_id, step, actor=actor),
        lambda **more: _page(request, actor, notice_id, **more),
        redirect("console:operator-notice", notice_id),
    )


@require_POST
@signed_in
def answer(request: HttpRequest, actor: Actor, notice_id: int) -> HttpResponse:
    """The checklist cannot be completed: already done, account not found, or it must not be done."""
    ours = access_operator_notice(notice_id, actor=actor)
    form = NoticeAnswerForm.sent(request)
    chosen, kept = form.term_of("kind", AnswerKind), form.kept()
    if not ours.by_hand:
        raise NotFound
    if chosen is None:
        return _page(
            request, actor, notice_id, kept=kept, status=422, errors={"kind": [gettext("Choose one of the answers.")]}
        )
    return run_or_rerender(
        lambda: answer_notice(notice_id, chosen, form.text_of("text"), actor=actor),
        lambda **more: _page(request, actor, notice_id, kept=kept, **more),
        redirect("console:operator-notice", notice_id),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def data(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A data request about the case's account (MR5 art. 36), in an authority's installation."""
    case = access_data_case(case_id, actor=actor)
    if not is_an_authoritys():
        raise NotAnAuthoritysInstallation
    asked = DataRequestForm.sent(request).asked()
    hours = int(clock_for("data", urgent=False).span.total_seconds()) // 3600

    def form(*, status: int = 200, **more: object) -> HttpResponse:
        return page(
            request,
            actor,
            "operators/ask_for_data.html",
            {"case": case, "kept": asked, "hours": hours, **more},
            open_link="operator-notices",
            status=status,
        )

    if request.method != "POST":
        return form()
    return run_or_rerender(
        lambda: ask_for_data(case_id, asked, actor=actor), form, redirect("console:operator-notices")
    )
