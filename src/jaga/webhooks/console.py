"""Outgoing webhooks for administrators: endpoints and undelivered messages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import NotPermitted
from jaga.core.terms.outside import DeliveryState
from jaga.core.terms.people import Role
from jaga.web.frame.pages import page, run_or_rerender, signed_in
from jaga.webhooks.reads import list_all_endpoints, list_dead
from jaga.webhooks.verbs import disable_endpoint, redeliver


@require_safe
@signed_in
def webhooks(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All endpoints, and dead messages."""
    return _page(request, actor)


@require_POST
@signed_in
def disable(request: HttpRequest, actor: Actor, endpoint_id: int) -> HttpResponse:
    """Disable an endpoint."""
    _administrator(actor)
    disable_endpoint(endpoint_id, actor=actor)
    return redirect("console:webhooks")


@require_POST
@signed_in
def send_again(request: HttpRequest, actor: Actor, delivery_id: int) -> HttpResponse:
    """Retry a dead message."""
    _administrator(actor)
    return run_or_rerender(
        lambda: redeliver(delivery_id, actor=actor),
        lambda **more: _page(request, actor, **more),
        redirect("console:webhooks"),
    )


def _administrator(actor: Actor) -> None:
    """Require an administrator; holders manage their own endpoints through the API."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def _page(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    rows = [
        (one, one.counts[DeliveryState.WAITING], one.counts[DeliveryState.DELIVERED], one.counts[DeliveryState.DEAD])
        for one in list_all_endpoints(actor=actor)
    ]
    return page(
        request,
        actor,
        "webhooks/webhooks.html",
        {"rows": rows, "dead": list_dead(actor=actor), **more},
        open_link="webhooks",
        status=status,
    )
