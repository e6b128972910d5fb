"""Legal holds: the list, asking for one, confirming, extending and ending it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.privacy.holds import (
    HoldAlreadyRequested,
    HoldOver,
    NewHold,
    OwnHold,
    ask_hold,
    confirm_hold,
    end_hold,
)
from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.policy.limits import CONFIRM_HOLD_HOURS, HOLD_ENDED_HOURS, LONGEST_HOLD_DAYS
from jaga.records.access.privacy.holds import access_hold, list_holds, owners
from jaga.web.console.frame.form_values import calendar_day, whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.references import read_reference
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.console.privacy.words import STATES
from jaga.web.errors import say_fields


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
        return _page(request, actor, typed={name: request.GET.get(name, "")[:60] for name in ("case", "extends")})
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
        return _page(request, actor, typed=form.kept(), wrong=_no_case(), status=422)
    except InvalidInput as wrong:
        return _page(request, actor, typed=form.kept(), wrong=wrong, status=wrong.status)
    except HoldAlreadyRequested as before:
        return _page(request, actor, typed=form.kept(), refused=refusal(before), status=before.status)
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
        return _page(request, actor, refused=refusal(refused), status=refused.status)
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
        return _page(request, actor, refused=refusal(refused), status=refused.status)
    except InvalidInput as wrong:
        return _page(request, actor, ending=hold_id, why=why, end_errors=say_fields(wrong), status=wrong.status)
    return redirect("console:legal-holds")


def _page(
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
