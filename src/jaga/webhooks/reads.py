"""Outgoing webhooks as their owners and administrators see them. Returns values, never rows or private keys.

Public keys that verify a platform's signed incoming messages. Holds no secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from jaga.cases.models.cases import Platform
from jaga.core.actors import Actor
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.outside import DeliveryState, HookEvent
from jaga.core.terms.people import Role
from jaga.people.reads.api_keys import KeyHolder
from jaga.webhooks.models import WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True)
class EndpointView:
    """One endpoint. `public_key` verifies its messages."""

    endpoint_id: int
    url: str
    events: tuple[HookEvent, ...]
    public_key: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str
    counts: Mapping[DeliveryState, int]
    holder: str
    organisation: str


@dataclass(frozen=True)
class DeliveryView:
    """One delivery. `failure` is an error code or an HTTP status."""

    delivery_id: int
    endpoint_id: int
    url: str
    hook_id: str
    event: HookEvent
    report_id: int | None
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    failure: str
    in_use: bool


def list_endpoints(officer: KeyHolder) -> tuple[EndpointView, ...]:
    """The holder's own endpoints, newest first, including disabled ones."""
    return tuple(_endpoint(row) for row in _counted().filter(holder_id=officer.person_id))


def access_endpoint(endpoint_id: int, officer: KeyHolder) -> EndpointView:
    """One of the holder's own endpoints. Raises NotFound for anyone else's."""
    row = _counted().filter(holder_id=officer.person_id, pk=endpoint_id).first()
    if row is None:
        raise NotFound
    return _endpoint(row)


def list_deliveries(
    endpoint_id: int, officer: KeyHolder, *, state: DeliveryState | None, before: int | None, most: int
) -> tuple[DeliveryView, ...]:
    """The endpoint's deliveries, newest first. Raises NotFound for anyone else's endpoint."""
    access_endpoint(endpoint_id, officer)
    rows = WebhookDelivery.objects.filter(endpoint_id=endpoint_id).select_related("endpoint").order_by("-pk")
    if state is not None:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return tuple(_delivery(row) for row in rows[:most])


def list_all_endpoints(*, actor: Actor) -> tuple[EndpointView, ...]:
    """Everyone's endpoints, for administrators. Raises NotPermitted."""
    _administrator(actor)
    return tuple(_endpoint(row) for row in _counted())


def list_dead(*, actor: Actor, most: int = 200) -> tuple[DeliveryView, ...]:
    """Undeliverable messages, newest first, for administrators. Raises NotPermitted."""
    _administrator(actor)
    rows = WebhookDelivery.objects.filter(state=DeliveryState.DEAD).select_related("endpoint").order_by("-ended_at")
    return tuple(_delivery(row) for row in rows[:most])


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def _counted() -> QuerySet[WebhookEndpoint]:
    counts = {f"count_{state.value}": Count("deliveries", filter=Q(deliveries__state=state)) for state in DeliveryState}
    return WebhookEndpoint.objects.select_related("holder", "organisation").annotate(**counts).order_by("-pk")


def _endpoint(row: WebhookEndpoint) -> EndpointView:
    return EndpointView(
        row.pk,
        row.url,
        tuple(HookEvent(one) for one in row.events),
        row.public_key,
        row.created_at,
        row.disabled_at,
        row.disabled_why,
        {state: int(getattr(row, f"count_{state.value}")) for state in DeliveryState},
        row.holder.display_name,
        row.organisation.name,
    )


def _delivery(row: WebhookDelivery) -> DeliveryView:
    state = DeliveryState(row.state)
    return DeliveryView(
        row.pk,
        row.endpoint_id,
        row.endpoint.url,
        row.hook_id,
        HookEvent(row.event),
        row.report_id,
        state,
        row.attempts,
        row.created_at,
        row.next_attempt_at if state is DeliveryState.WAITING else None,
        row.ended_at,
        row.failure,
        row.endpoint.disabled_at is None,
    )


def all_keys_of(platform: str) -> tuple[str, ...]:
    """The public keys of a platform, however Jaga reaches it. Raises NotFound for an unknown platform."""
    row = Platform.objects.filter(name=platform).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)


def keys_of(platform: str) -> tuple[str, ...]:
    """The platform's public keys. Raises NotFound for an unknown platform."""
    row = Platform.objects.filter(name=platform, by_notice=True).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)
