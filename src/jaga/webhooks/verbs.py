"""Webhook endpoints (Standard Webhooks): where a sender's software is notified about its reports.

A message is stored in the transaction of the event and sent later by the worker (`webhooks.jobs`). It contains numbers
and terms only, never an account, a text or a name; the receiver fetches the rest with its own API key.

Delivery of webhook messages: claimed by a worker, retried for days, then marked dead and visible to the holder.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.lifecycles import DELIVERY
from jaga.core.standard_webhooks import PrivateKey, SigningKey, signing_key
from jaga.core.terms.outside import DeliveryState, HookEvent
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ReportForm
from jaga.store.codes import open_secret, seal_secret
from jaga.store.kernel.ledger import append
from jaga.store.models import Installation
from jaga.webhooks.models import WebhookDelivery, WebhookEndpoint

MOST_ENDPOINTS = 5
LONGEST_URL = 500
_OF_REQUESTS: Mapping[HookEvent, HookEvent] = {
    HookEvent.REPORT_FILED: HookEvent.REQUEST_FILED,
    HookEvent.REPORT_DECIDED: HookEvent.REQUEST_DECIDED,
    HookEvent.REPORT_VERIFIED: HookEvent.REQUEST_VERIFIED,
}


class TooManyEndpoints(Conflict):
    """A holder of API keys can have at most `MOST_ENDPOINTS` endpoints."""

    code = "too_many_endpoints"
    sentence = N_("You have %(most)s webhook addresses already.")
    remedy = N_("Remove one first: DELETE /webhooks/{endpoint_id}.")


class NotDead(Conflict):
    """The message was delivered or is still being retried."""

    code = "delivery_not_dead"
    sentence = N_("This message is not dead, so it need not be sent again.")
    remedy = N_("Look at its state: GET /webhooks/{endpoint_id}/deliveries.")


class EndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint."""

    code = "endpoint_disabled"
    sentence = N_("This webhook address is out of use.")
    remedy = N_("Register it anew: POST /webhooks.")


@dataclass(frozen=True)
class NewEndpoint:
    """The address and the events to send there; no events means all."""

    url: str
    events: tuple[HookEvent, ...] = ()


@dataclass(frozen=True)
class RegisteredEndpoint:
    """A new endpoint with the public key of its `v1a` signatures and the shared secret of its `v1` signatures.

    `v1` is for libraries that support nothing else. The secret is returned this once.
    """

    endpoint_id: int
    public_key: str
    secret: str = field(repr=False)


def check_url(url: str, *, practice: bool) -> list[FieldError]:
    """Errors unless the URL is HTTPS, with a host and without password or fragment.

    A practice installation also accepts plain HTTP to this machine.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    printable = url.isascii() and url.isprintable() and " " not in url
    if not host or port == 0 or not printable or len(url) > LONGEST_URL or parts.scheme not in ("http", "https"):
        return [FieldError("url", "not_an_address", N_("This is not an address that begins with https://."))]
    if parts.username is not None or parts.password is not None or parts.fragment:
        return [FieldError("url", "not_an_address", N_("The address must hold no password and no part after #."))]
    if parts.scheme == "http" and not (practice and host in ("localhost", "127.0.0.1", "::1")):
        return [FieldError("url", "not_encrypted", N_("Use https://, so that nobody on the way reads along."))]
    return []


def is_practice() -> bool:
    """Whether this is a practice installation."""
    return Installation.objects.filter(practice=True).exists()


@transaction.atomic
def register_endpoint(new: NewEndpoint, *, actor: Actor) -> RegisteredEndpoint:
    """Register an endpoint with its own signing key.

    Reversible: `disable_endpoint`.

    Raises NotPermitted, InvalidInput, TooManyEndpoints.
    """
    person = actor.require(*Role)
    if actor.organisation_id is None:
        raise NotPermitted
    if errors := check_url(new.url, practice=is_practice()):
        raise InvalidInput(*errors)
    in_use = WebhookEndpoint.objects.select_for_update().filter(holder_id=person, disabled_at__isnull=True)
    if len(in_use) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    key = PrivateKey.generate()
    events = sorted({*(new.events or HookEvent)})
    row = WebhookEndpoint.objects.create(
        organisation_id=actor.organisation_id,
        holder_id=person,
        url=new.url,
        events=events,
        sealed_key=seal_secret(key.text()),
        public_key=key.public.text(),
        created_at=now(),
    )
    append("register_webhook", {"endpoint": row.pk, "events": events}, actor=actor, case_id=None)
    return RegisteredEndpoint(row.pk, row.public_key, key.shared().text())


@transaction.atomic
def disable_endpoint(endpoint_id: int, *, actor: Actor) -> None:
    """Disable an endpoint and mark its waiting messages dead.

    For its holder or an administrator.

    Irreversible: register it again. Raises NotFound.
    """
    row = _held(endpoint_id, actor)
    if row.disabled_at is None:
        put_out_of_use(row, "removed")
        append("disable_webhook", {"endpoint": row.pk, "why": "removed"}, actor=actor, case_id=None)


@transaction.atomic
def test_endpoint(endpoint_id: int, *, actor: Actor) -> int:
    """Queue a test message; returns the delivery's id. Raises NotFound, EndpointDisabled."""
    row = _held(endpoint_id, actor)
    if row.disabled_at is not None:
        raise EndpointDisabled
    return _promised(row, HookEvent.ENDPOINT_TEST, None, {})


@transaction.atomic
def redeliver(delivery_id: int, *, actor: Actor) -> None:
    """Resend a dead message under its own id, with all attempts. Raises NotFound, NotDead, EndpointDisabled."""
    row = (
        WebhookDelivery.objects.select_for_update(of=("self",))
        .select_related("endpoint")
        .filter(pk=delivery_id)
        .first()
    )
    if row is None:
        raise NotFound
    endpoint = _held(row.endpoint_id, actor)
    if row.state != DeliveryState.DEAD:
        raise NotDead
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    row.state = DELIVERY.to(row.state, DeliveryState.WAITING)
    row.attempts, row.next_attempt_at, row.ended_at = 0, now(), None
    row.save(update_fields=["state", "attempts", "next_attempt_at", "ended_at"])
    append("redeliver_webhook", {"endpoint": endpoint.pk, "delivery": row.pk}, actor=actor, case_id=None)


def _held(endpoint_id: int, actor: Actor) -> WebhookEndpoint:
    """The actor's own endpoint, or any for an administrator, locked. Raises NotFound."""
    rows = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id)
    if Role.ADMINISTRATOR not in actor.roles:
        rows = rows.filter(holder_id=actor.person_id)
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def put_out_of_use(row: WebhookEndpoint, why: str) -> None:
    """Disable a locked endpoint in the caller's transaction and mark its waiting messages dead."""
    row.disabled_at, row.disabled_why = now(), why
    row.save(update_fields=["disabled_at", "disabled_why"])
    WebhookDelivery.objects.filter(endpoint=row, state=DeliveryState.WAITING).update(
        state=DELIVERY.to(DeliveryState.WAITING, DeliveryState.DEAD), ended_at=now(), failure=f"endpoint_{why}"
    )


def end_webhooks(holder_id: int, *, actor: Actor) -> None:
    """Disable all endpoints of a person whose access ends."""
    for row in WebhookEndpoint.objects.select_for_update().filter(holder_id=holder_id, disabled_at__isnull=True):
        put_out_of_use(row, "access_ended")
        append("disable_webhook", {"endpoint": row.pk, "why": "access_ended"}, actor=actor, case_id=None)


def queue_event(event: HookEvent, *, report: Report) -> None:
    """Queue a message about this report for its sender's endpoints, in the caller's transaction."""
    queue_events(event, [report])


def queue_events(event: HookEvent, reports: Iterable[Report]) -> None:
    """Queue messages about many reports. `event` is the report event; a request gets the matching request event."""
    by_sender: dict[int, list[Report]] = {}
    for report in reports:
        if report.officer_id is not None:
            by_sender.setdefault(report.officer_id, []).append(report)
    if not by_sender:
        return
    for endpoint in WebhookEndpoint.objects.filter(holder_id__in=by_sender, disabled_at__isnull=True):
        _defer_deliveries(endpoint, event, by_sender[endpoint.holder_id])


def queue_case_event(event: HookEvent, case: Case) -> None:
    """Queue a message for every sender of the case's reports who has an endpoint."""
    holders = WebhookEndpoint.objects.filter(disabled_at__isnull=True).values("holder_id")
    queue_events(event, case.reports.filter(officer_id__in=holders).select_related("case"))


def _defer_deliveries(endpoint: WebhookEndpoint, event: HookEvent, reports: Sequence[Report]) -> None:
    decisions = _decisions(reports)
    for report in reports:
        named = _of_its_form(event, report)
        if named in endpoint.events:
            _promised(endpoint, named, report, _data(report, decisions.get((report.case_id, report.subject_id))))


def _of_its_form(event: HookEvent, report: Report) -> HookEvent:
    request = report.form in (ReportForm.REQUEST, ReportForm.ORDER)
    return _OF_REQUESTS.get(event, event) if request else event


def _decisions(reports: Sequence[Report]) -> dict[tuple[int | None, int], Decision]:
    """The last decision by (case, account) for these reports."""
    cases = {report.case_id for report in reports if report.case_id is not None}
    return {
        (one.case_id, one.subject_id): one
        for one in Decision.objects.filter(case__in=cases, provisional=False).order_by("pk")
    }


def _data(report: Report, decision: Decision | None) -> dict[str, object]:
    case = report.case
    state = seen_from_outside(CaseState(case.state)) if case is not None else CaseState.RECEIVED
    return {
        "report_id": report.pk,
        "reference": report.reference or report.origin_ref,
        "case_reference": case.reference if case is not None else None,
        "state": state.value,
        "due_at": report.due_at.isoformat(),
        "decision": decision.kind if decision is not None else None,
    }


def _promised(endpoint: WebhookEndpoint, event: HookEvent, report: Report | None, data: Mapping[str, object]) -> int:
    moment = now()
    body = {"type": event.value, "timestamp": moment.isoformat(), "data": data}
    return WebhookDelivery.objects.create(
        endpoint=endpoint,
        hook_id=f"msg_{secrets.token_hex(16)}",
        event=event,
        report=report,
        body=json.dumps(body, ensure_ascii=False),
        created_at=moment,
        next_attempt_at=moment,
    ).pk


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
