"""Referrals to an officer's own organisation: reading, confirming, and the outcome."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from jaga.casework.referrals.replies import acknowledge_as_officer, end_as_officer
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError, NotFound
from jaga.records.access.referrals import access_received, list_received
from jaga.web.console.frame.forms import Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.referrals.referrals import OutcomeForm
from jaga.web.errors import say_fields
from jaga.web.referral_words import OWN_OUTCOMES


class ReceivedForm(OutcomeForm):
    """The steps on a referral that was received: confirm it, or say what came of it."""

    step = Text()
    their_number = Text()


@require_safe
@signed_in
def received(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All of the organisation's referrals, unconfirmed ones first."""
    return page(request, actor, "referrals/received.html", {"rows": list_received(actor=actor)}, open_link="received")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def one(request: HttpRequest, actor: Actor, referral_id: int) -> HttpResponse:
    """One referral; POST records the confirmation or outcome."""
    if request.method != "POST":
        return _page(request, actor, referral_id)
    access_received(referral_id, actor=actor)
    form = ReceivedForm.sent(request)
    step = form.text_of("step")
    try:
        if step == "confirm":
            acknowledge_as_officer(referral_id, form.text_of("their_number"), actor=actor)
        elif step == "outcome":
            end_as_officer(referral_id, form.chosen(), form.text_of("note"), actor=actor)
        else:
            raise NotFound
    except InvalidInput as refused:
        return _page(request, actor, referral_id, kept=form.kept(), errors=say_fields(refused), status=refused.status)
    except NotFound:
        raise
    except JagaError as refused:
        return _page(request, actor, referral_id, kept=form.kept(), refused=refusal(refused), status=refused.status)
    return redirect("console:received-referral", referral_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    referral_id: int,
    *,
    errors: Mapping[str, list[str]] | None = None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    return page(
        request,
        actor,
        "referrals/received_referral.html",
        {
            "referral": access_received(referral_id, actor=actor),
            "own_outcomes": OWN_OUTCOMES.items(),
            "kept": {},
            "errors": errors or {},
            **more,
        },
        open_link="received",
        status=status,
    )
