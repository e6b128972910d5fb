"""Look-ups of accounts without a case: asking, permitting as the second person, and carrying one out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.watch.lookups import (
    WHO,
    LookupNotPermitted,
    OwnLookup,
    ask_account_lookup,
    look_up_account,
    permit_account_lookup,
)
from jaga.casework.watch.opt_outs import take_opt_out_back
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError
from jaga.policy.limits import WATCH_FOUND_DAYS
from jaga.records.access.watch.lookups import FoundText, list_lookups
from jaga.records.access.watch.watches import watchable_platforms
from jaga.web.console.frame.forms import ConsoleForm, Line, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


class LookupForm(ConsoleForm):
    """A look-up to ask for."""

    platform = Line()
    account = Line()
    reason = Text()


class PermittedLookupForm(ConsoleForm):
    """The account of a permitted look-up, which is not stored."""

    account = Line()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lookups(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The look-ups, newest first, and the form to ask for one."""
    if request.method != "POST":
        return _page(request, actor)
    form = LookupForm.sent(request)
    try:
        ask_account_lookup(form.text_of("platform"), form.text_of("account"), form.text_of("reason"), actor=actor)
    except InvalidInput as wrong:
        return _page(request, actor, form=form, wrong=wrong)
    return redirect("console:account-lookups")


@require_POST
@signed_in
def permit(request: HttpRequest, actor: Actor, lookup_id: int) -> HttpResponse:
    """Permit somebody else's look-up."""
    try:
        permit_account_lookup(lookup_id, actor=actor)
    except (OwnLookup, LookupNotPermitted) as refused:
        return _page(request, actor, refused=refused)
    return redirect("console:account-lookups")


@require_POST
@signed_in
def look_up(request: HttpRequest, actor: Actor, lookup_id: int) -> HttpResponse:
    """Carry out a permitted look-up; what it finds is shown once."""
    try:
        found = look_up_account(lookup_id, PermittedLookupForm.sent(request).text_of("account"), actor=actor)
    except LookupNotPermitted as refused:
        return _page(request, actor, refused=refused)
    return _page(request, actor, found=found)


@require_POST
@signed_in
def opt_out_back(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Let an account be read again, because its holder asked for it."""
    form = LookupForm.sent(request)
    try:
        take_opt_out_back(form.text_of("platform"), form.text_of("account"), form.text_of("reason"), actor=actor)
    except InvalidInput as wrong:
        return _page(request, actor, back=form, wrong_back=wrong)
    return redirect(f"{reverse('console:account-lookups')}?taken_back=1")


def _page(
    request: HttpRequest,
    actor: Actor,
    *,
    form: LookupForm | None = None,
    wrong: InvalidInput | None = None,
    refused: JagaError | None = None,
    found: tuple[FoundText, ...] | None = None,
    back: LookupForm | None = None,
    wrong_back: InvalidInput | None = None,
) -> HttpResponse:
    may_ask = bool(actor.roles.intersection(WHO))
    return page(
        request,
        actor,
        "watch/lookups.html",
        {
            "lookups": list_lookups(actor=actor),
            "may_ask": may_ask,
            "platforms": watchable_platforms(actor=actor) if may_ask else (),
            "kept": form.kept() if form else {},
            "errors": say_fields(wrong) if wrong else {},
            "refused": refusal(refused) if refused else None,
            "found": found,
            "days": WATCH_FOUND_DAYS,
            "back": back.kept() if back else {},
            "back_errors": say_fields(wrong_back) if wrong_back else {},
            "taken_back": "taken_back" in request.GET,
        },
        open_link="account-lookups",
        status=next((one.status for one in (refused, wrong, wrong_back) if one), 200),
    )
