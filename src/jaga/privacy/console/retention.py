"""What is deleted tomorrow, for supervisors and auditors; confirming the clock; postponing from the case page.

The words for terms of retention.

Legal holds: the list, asking for one, confirming, extending and ending it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.reads.gate import access_case
from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import BindingReason, HoldState
from jaga.desk.cases.page import case_page
from jaga.policy.limits import (
    CONFIRM_HOLD_HOURS,
    HOLD_ENDED_HOURS,
    LARGEST_CLOCK_STEP_DAYS,
    LONGEST_HOLD_DAYS,
    MOST_CASES_A_NIGHT,
)
from jaga.privacy.reads.retention import access_hold, list_holds, owners, see_retention
from jaga.privacy.verbs.erasure import PostponedBefore, postpone_deletions
from jaga.privacy.verbs.holds import (
    HoldAlreadyRequested,
    HoldOver,
    NewHold,
    NoDoubt,
    OwnHold,
    ask_hold,
    confirm_clock,
    confirm_hold,
    end_hold,
)
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Text, calendar_day, whole_number
from jaga.web.frame.notice_words import read_reference
from jaga.web.frame.pages import Refusal, page, refusal, signed_in
from jaga.web.words import RETENTION_WORDS_KINDS

BINDINGS: Mapping[BindingReason, str] = {
    BindingReason.OPEN_CASE: N_("the case, or one that continues it, is open"),
    BindingReason.OPEN_ACTION: N_("an action has no end yet"),
    BindingReason.OPEN_APPEAL: N_("an appeal waits for its answer"),
    BindingReason.APPEAL_WINDOW: N_("the holder can still appeal or go to a court"),
    BindingReason.OPEN_REQUEST: N_("a person's request about their data is open"),
    BindingReason.AUTHORITY: N_("an authority or an operator has not been answered, or has not answered"),
    BindingReason.REFERRAL: N_("a referral is under way"),
    BindingReason.RECHECK: N_("the account or the decision is looked at again"),
    BindingReason.RESTRICTION: N_("the restriction has not ended"),
    BindingReason.STRIKE: N_("a strike still counts"),
    BindingReason.LEGAL_HOLD: N_("a legal hold"),
    BindingReason.HOLD_ENDED: N_("a legal hold was just ended, and somebody may object"),
    BindingReason.POSTPONED: N_("a person postponed it"),
}
STATES: Mapping[HoldState, str] = {
    HoldState.ASKED: N_("waits for a second person"),
    HoldState.IN_FORCE: N_("in force"),
    HoldState.REFUSED: N_("refused"),
    HoldState.LAPSED: N_("nobody confirmed it in time"),
    HoldState.ENDED: N_("ended early"),
    HoldState.OVER: N_("its day has passed"),
}


class HoldForm(ConsoleForm):
    """A hold to ask for; `extends` is the number of an earlier one."""

    case = Line()
    owner = Line()
    reason = Text()
    until = Line()
    extends = Line()


class EndHoldForm(ConsoleForm):
    """Why a hold is refused or ended."""

    why = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def holds(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list, and the form to ask for a hold."""
    if request.method != "POST":
        return _page_of_holds(
            request, actor, typed={name: request.GET.get(name, "")[:60] for name in ("case", "extends")}
        )
    list_holds(actor=actor)
    form = HoldForm.sent(request)
    try:
        ask_hold(
            NewHold(
                read_reference(form.text_of("case")),
                form.text_of("owner"),
                form.text_of("reason"),
                calendar_day(form.text_of("until")),
                whole_number(form.text_of("extends")),
            ),
            actor=actor,
        )
    except NotFound:
        return _page_of_holds(request, actor, typed=form.kept(), wrong=_no_case(), status=422)
    except InvalidInput as wrong:
        return _page_of_holds(request, actor, typed=form.kept(), wrong=wrong, status=wrong.status)
    except HoldAlreadyRequested as before:
        return _page_of_holds(request, actor, typed=form.kept(), refused=refusal(before), status=before.status)
    return redirect("console:legal-holds")


def _no_case() -> InvalidInput:
    return InvalidInput(FieldError("case", "unknown", N_("There is no such case, or you may not see it.")))


@require_POST
@signed_in
def confirm(request: HttpRequest, actor: Actor, hold_id: int) -> HttpResponse:
    """Confirm a hold, as the second person."""
    access_hold(hold_id, actor=actor)
    try:
        confirm_hold(hold_id, actor=actor)
    except (OwnHold, HoldOver) as refused:
        return _page_of_holds(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:legal-holds")


@require_POST
@signed_in
def end(request: HttpRequest, actor: Actor, hold_id: int) -> HttpResponse:
    """Refuse or end a hold, with a reason."""
    access_hold(hold_id, actor=actor)
    why = EndHoldForm.sent(request).text_of("why")
    try:
        end_hold(hold_id, why, actor=actor)
    except HoldOver as refused:
        return _page_of_holds(request, actor, refused=refusal(refused), status=refused.status)
    except InvalidInput as wrong:
        return _page_of_holds(
            request, actor, ending=hold_id, why=why, end_errors=say_fields(wrong), status=wrong.status
        )
    return redirect("console:legal-holds")


def _page_of_holds(
    request: HttpRequest,
    actor: Actor,
    *,
    typed: object = None,
    wrong: InvalidInput | None = None,
    refused: Refusal | None = None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    found = list_holds(actor=actor)
    return page(
        request,
        actor,
        "privacy/holds.html",
        {
            "holding": [(one, gettext(STATES[one.state])) for one in found.holding],
            "over": [(one, gettext(STATES[one.state])) for one in found.over],
            "may_ask": bool(actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}),
            "owners": owners().values_list("username", "display_name"),
            "typed": typed or {},
            "errors": say_fields(wrong) if wrong else {},
            "refused": refused,
            "hours": CONFIRM_HOLD_HOURS,
            "days": LONGEST_HOLD_DAYS,
            "ended_hours": HOLD_ENDED_HOURS,
            **more,
        },
        open_link="legal-holds",
        status=status,
    )


class PostponeForm(ConsoleForm):
    """Why everything of a case is kept longer, and through which day."""

    reason = Text()
    until = Line()


@dataclass(frozen=True)
class PostponeFormData:
    """The input of a refused postponement, with its errors."""

    reason: str = ""
    until: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@require_safe
@signed_in
def preview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What goes by tomorrow, how much, and what went lately."""
    return _page_of_retention(request, actor)


@require_POST
@signed_in
def clock(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A supervisor confirms that the clock is right."""
    try:
        confirm_clock(actor=actor)
    except NoDoubt as refused:
        return _page_of_retention(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:retention")


def _page_of_retention(
    request: HttpRequest, actor: Actor, *, refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    found = see_retention(actor=actor)
    return page(
        request,
        actor,
        "privacy/retention.html",
        {
            "found": found,
            "refused": refused,
            "may_confirm": Role.SUPERVISOR in actor.roles,
            "counts": [(gettext(RETENTION_WORDS_KINDS[one.kind]), one.rule, one.cases) for one in found.counts],
            "lately": [(gettext(RETENTION_WORDS_KINDS[kind]), rule, cases) for kind, rule, cases in found.lately],
            "bound": [(gettext(BINDINGS[reason]), cases) for reason, cases in found.bound],
            "cases": [(one, [gettext(RETENTION_WORDS_KINDS[kind]) for kind in one.kinds]) for one in found.cases],
            "most": MOST_CASES_A_NIGHT,
            "step": LARGEST_CLOCK_STEP_DAYS,
        },
        open_link="retention",
        status=status,
    )


@require_POST
@signed_in
def postpone(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Postpone the deletions of a case; the input is kept on errors."""
    row, form = access_case(case_id, actor=actor), PostponeForm.sent(request)
    try:
        postpone_deletions(row.pk, form.text_of("reason"), calendar_day(form.text_of("until")), actor=actor)
    except InvalidInput as wrong:
        entered = PostponeFormData(**form.kept(), errors=say_fields(wrong))
        return case_page(request, actor, row, entered, status=wrong.status)
    except PostponedBefore as before:
        return case_page(request, actor, row, refused=refusal(before), status=before.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=history#retention")
