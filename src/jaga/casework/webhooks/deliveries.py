"""Delivery of webhook messages: claimed by a worker, retried for days, then marked dead and visible to the holder."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import QuerySet

from jaga.casework.kernel.ledger import append
from jaga.casework.webhooks.endpoints import put_out_of_use
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.lifecycles import DELIVERY
from jaga.core.standard_webhooks import PrivateKey, SigningKey, signing_key
from jaga.core.terms.webhooks import DeliveryState
from jaga.records.codes import open_secret
from jaga.records.models import WebhookDelivery, WebhookEndpoint

# More than three days in total, so that a receiver that is down over a long weekend misses nothing.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200, 86_400, 86_400)
)
_LEASE = timedelta(minutes=2)  # how long a claimed message is reserved for its worker
_DELIVERED_KEPT = timedelta(days=30)
_CHANCE = secrets.SystemRandom()


@dataclass(frozen=True)
class HookToSend:
    """A message claimed by this worker."""

    delivery_id: int
    endpoint_id: int
    url: str
    hook_id: str
    body: bytes
    keys: tuple[SigningKey, ...]


@transaction.atomic
def take_deliveries(most: int = 50) -> list[HookToSend]:
    """Claim up to `most` due messages for two minutes, so that no two workers send one.

    Messages to a suspended person wait, since a suspended person may not read anything by API key either.
    """
    moment = now()
    rows = list(
        WebhookDelivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            state=DeliveryState.WAITING,
            next_attempt_at__lte=moment,
            endpoint__holder__registration__suspended_at__isnull=True,
        )
        .select_related("endpoint")
        .order_by("next_attempt_at")[:most]
    )
    WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=moment + _LEASE)
    return [hook for row in rows if (hook := _to_send(row)) is not None]


def _to_send(row: WebhookDelivery) -> HookToSend | None:
    """None if the signing key cannot be decrypted: the endpoint is then disabled, and its holder must register it
    again.
    """
    try:
        key = signing_key(open_secret(bytes(row.endpoint.sealed_key)))
        keys = (key, key.shared()) if isinstance(key, PrivateKey) else (key,)
    except InvalidToken:
        if row.endpoint.disabled_at is None:
            put_out_of_use(row.endpoint, "key_lost")
            append("disable_webhook", {"endpoint": row.endpoint_id, "why": "key_lost"}, actor=SYSTEM, case_id=None)
        return None
    return HookToSend(row.pk, row.endpoint_id, row.endpoint.url, row.hook_id, row.body.encode(), keys)


def _waiting(delivery_id: int) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.select_for_update().filter(pk=delivery_id, state=DeliveryState.WAITING)


@transaction.atomic
def delivered(delivery_id: int) -> None:
    """Record that the receiver answered 2xx."""
    for row in _waiting(delivery_id):
        row.state = DELIVERY.to(row.state, DeliveryState.DELIVERED)
        row.attempts, row.ended_at, row.failure = row.attempts + 1, now(), ""
        row.save(update_fields=["state", "attempts", "ended_at", "failure"])


@transaction.atomic
def not_delivered(delivery_id: int, why: str) -> None:
    """Schedule the next attempt, or mark the message dead after the last one. `why` is a code or an HTTP status."""
    for row in _waiting(delivery_id):
        row.attempts, row.failure = row.attempts + 1, why[:60]
        if row.attempts > len(WAITS):
            row.state, row.ended_at = DELIVERY.to(row.state, DeliveryState.DEAD), now()
        else:  # random, so that messages that failed together are not retried together
            row.next_attempt_at = now() + WAITS[row.attempts - 1] * _CHANCE.uniform(0.8, 1.2)
        row.save(update_fields=["state", "attempts", "ended_at", "failure", "next_attempt_at"])


@transaction.atomic
def not_tried(delivery_ids: Sequence[int]) -> None:
    """Release claimed messages after an earlier one to the same endpoint failed. They wait for the first interval."""
    WebhookDelivery.objects.filter(pk__in=delivery_ids, state=DeliveryState.WAITING).update(
        next_attempt_at=now() + WAITS[0]
    )


@transaction.atomic
def endpoint_gone(endpoint_id: int, *, actor: Actor) -> None:
    """The receiver answered 410 Gone: disable the endpoint and mark its waiting messages dead."""
    row = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id, disabled_at__isnull=True).first()
    if row is not None:
        put_out_of_use(row, "gone")
        append("disable_webhook", {"endpoint": row.pk, "why": "gone"}, actor=actor, case_id=None)


@transaction.atomic
def forget_delivered(most: int = 1000) -> int:
    """Delete messages delivered a month ago; returns how many. Dead ones are kept until somebody resends them."""
    old = WebhookDelivery.objects.filter(state=DeliveryState.DELIVERED, ended_at__lt=now() - _DELIVERED_KEPT)
    deleted, _ = WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:most])).delete()
    return deleted
