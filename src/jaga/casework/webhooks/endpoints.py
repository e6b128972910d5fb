"""Webhook endpoints (Standard Webhooks): where a sender's software is notified about its reports.

A message is stored in the transaction of the event and sent later by the worker (`jobs.webhooks`). It contains numbers
and terms only, never an account, a text or a name; the receiver fetches the rest with its own API key.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.lifecycles import DELIVERY
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ReportForm
from jaga.core.terms.webhooks import DeliveryState, HookEvent
from jaga.records.codes import seal_secret
from jaga.records.models import Case, Decision, Installation, Report, WebhookDelivery, WebhookEndpoint

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
