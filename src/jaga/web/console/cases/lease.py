"""Keep-alive requests of an open case page: extend the lease, save the draft, and show who else is present."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.cases.errors import AlreadyVoted
from jaga.casework.queue.drafts import save_draft
from jaga.casework.queue.leases import LeaseLost, NothingHeld, prolong_lease, take_over_lease
from jaga.casework.queue.presence import be_present
from jaga.core.actors import Actor
from jaga.core.canonical import rfc3339
from jaga.core.errors import IllegalTransition, InvalidInput
from jaga.core.terms.people import Role
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import access_case, access_open_case, current_lease
from jaga.records.access.queue.presence import watchers_of
from jaga.web.console.cases.page import case_page
from jaga.web.console.cases.presence import TakingOver, kept_fields, seconds_left
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.lease_tokens import fence_of, lease_token
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import problem, say_fields


class LeaseForm(ConsoleForm):
    """A keep-alive request: whether the person was active, and the page's lease."""

    lease = Text()
    used = Ticked("1")


class TakeOverForm(ConsoleForm):
    """Why a supervisor takes the case over."""

    reason = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lease(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The lease holder and the people present.

    POST reports this person's presence; with `used=1` it extends their lease.

    A lost lease is reported rather than refused: the page then freezes.
    """
    row = access_open_case(case_id, actor=actor)
    if request.method == "POST":
        be_present(row.pk, actor=actor)
        form = LeaseForm.sent(request)
        if form.is_ticked("used"):
            _prolong(form.text_of("lease"), row, actor)
    return JsonResponse(_lease_status(row, actor))


def _prolong(token: str, row: CaseView, actor: Actor) -> None:
    fence = fence_of(token, row.pk, current_lease(row, actor=actor), actor)
    try:
        prolong_lease(row.pk, fence, actor=actor)
    except LeaseLost:
        return  # The answer says who holds it now.


def _lease_status(row: CaseView, actor: Actor) -> dict[str, object]:
    """`fence` is the page's keyed token, for the holder only: the plain number would reveal how often the case was
    held.
    """
    held = current_lease(row, actor=actor)
    mine = bool(held and held.mine)
    return {
        "mine": mine,
        "fence": lease_token(row.pk, held.fence, actor) if held and mine else None,
        "until": rfc3339(held.until) if held else None,
        "left": seconds_left(held),
        "holder": held.holder if held else None,
        "watchers": watchers_of(row, actor=actor),
    }


@require_POST
@signed_in
def draft(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Save the decision form as a draft. Errors are for the page's script, which reports that nothing was saved."""
    row = access_open_case(case_id, actor=actor)
    try:
        save_draft(row.pk, kept_fields(request.POST), actor=actor)
    except (AlreadyVoted, IllegalTransition, InvalidInput) as refused:
        return problem(refused)
    return HttpResponse(status=204)


@require_POST
@signed_in
def take_over(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A supervisor takes the case from its holder, whose page freezes and names the new one."""
    actor.require(Role.SUPERVISOR)
    row, reason = access_case(case_id, actor=actor), TakeOverForm.sent(request).text_of("reason")
    try:
        take_over_lease(row.pk, reason, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, TakingOver(reason, say_fields(refused)), status=refused.status)
    except (AlreadyVoted, NothingHeld, IllegalTransition) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), refused=refusal(refused), status=refused.status
        )
    return redirect("console:case", case_id)
