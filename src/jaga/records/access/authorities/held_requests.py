"""Held authority requests for supervisors. Everything in them is an unverified claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.authorities import HeldReason, HeldState
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records import vault
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import may_see
from jaga.records.models import HeldRequest

MOST_SHOWN = 100


@dataclass(frozen=True)
class HeldRequestView:
    """One held request."""

    held_id: int
    number: str
    reason: HeldReason
    address: str
    officer: str
    username: str
    organisation: str
    practice: bool
    claimed: Mapping[str, object]
    body_sha256: str
    body_size: int
    received_at: datetime
    state: HeldState
    called_back_at: datetime | None
    called_back_by: str
    call_back: str
    decided_at: datetime | None
    decided_by: str
    why: str
    order_number: str
    cases: tuple[tuple[int, str], ...]


def list_held(*, actor: Actor) -> tuple[tuple[HeldRequestView, ...], tuple[HeldRequestView, ...]]:
    """Waiting requests, oldest first, and the latest decided ones. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = HeldRequest.objects.select_related("officer", "organisation", "called_back_by", "decided_by")
    waiting = rows.filter(state=HeldState.HELD).order_by("pk")[:MOST_SHOWN]
    decided = rows.exclude(state=HeldState.HELD).order_by("-decided_at")[:MOST_SHOWN]
    return tuple(_view(row, actor) for row in waiting), tuple(_view(row, actor) for row in decided)


def access_held(held_id: int, *, actor: Actor) -> HeldRequestView:
    """One held request. Raises NotPermitted, NotFound."""
    log_access(None, AccessKind.REQUEST, actor=actor)
    return _view(_row(held_id, actor), actor)


def held_body(held_id: int, *, actor: Actor) -> bytes:
    """The request body as received. Raises NotPermitted, NotFound."""
    return vault.unseal(_row(held_id, actor).body_sha256, None)


def _row(held_id: int, actor: Actor) -> HeldRequest:
    actor.require(Role.SUPERVISOR)
    rows = HeldRequest.objects.select_related("officer", "organisation", "called_back_by", "decided_by")
    row = rows.filter(pk=held_id).first()
    if row is None:
        raise NotFound
    return row


def _view(row: HeldRequest, actor: Actor) -> HeldRequestView:
    order = getattr(row, "order", None)
    cases = [one.report.case for one in row.emergencies.select_related("report__case")]
    return HeldRequestView(
        row.pk,
        row.number,
        HeldReason(row.reason),
        row.address,
        row.officer.display_name if row.officer else "",
        row.officer.username if row.officer else "",
        row.organisation.name if row.organisation else "",
        bool(row.organisation and row.organisation.practice),
        row.claimed,
        row.body_sha256,
        row.body_size,
        row.received_at,
        HeldState(row.state),
        row.called_back_at,
        row.called_back_by.display_name if row.called_back_by else "",
        row.call_back,
        row.decided_at,
        row.decided_by.display_name if row.decided_by else "",
        row.why,
        order.number if order else "",
        tuple((case.pk, case.reference) for case in cases if case is not None and may_see(case, actor=actor)),
    )
