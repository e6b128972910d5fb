"""Held authority requests for supervisors. Everything in them is an unverified claim.

Evidence exports for the police: formal requests waiting for one, and exports made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from jaga.appeals.models import Disclosure
from jaga.authorities.models import HeldRequest
from jaga.cases.models.reports import AuthorityRequest
from jaga.cases.reads.gate import SHOWN
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.outside import HeldReason, HeldState
from jaga.core.terms.people import OrganisationKind, Role
from jaga.store import vault
from jaga.store.reads import log_access, may_see, visible_to


@dataclass(frozen=True)
class MadeDisclosure:
    """An export: the folder name on the server and the hash to read out by telephone."""

    disclosure_id: int
    case_id: int
    reference: str
    letter_number: str
    organisation: str
    folder: str
    manifest_sha256: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class ExportRequest:
    """A police request that asks for an export."""

    request_id: int
    case_id: int
    reference: str
    category: str
    victim_first: bool
    organisation: str
    practice: bool
    letter_number: str
    letter_date: date
    legal_basis: str
    court_order: str
    received_at: datetime
    made: tuple[MadeDisclosure, ...]


def list_export_requests(*, actor: Actor) -> tuple[ExportRequest, ...]:
    """Police requests that ask for an export, newest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        export_requests(actor)
        .select_related("report__case", "organisation")
        .prefetch_related("disclosures__made_by")
        .order_by("-pk")[:SHOWN]
    )
    return tuple(
        ExportRequest(
            row.pk,
            row.report.in_case.pk,
            row.report.in_case.reference,
            row.report.in_case.category,
            row.report.in_case.victim_first,
            row.organisation.name,
            row.organisation.practice,
            row.letter_number,
            row.letter_date,
            row.legal_basis,
            row.court_order,
            row.report.received_at,
            tuple(_disclosure(made, row) for made in sorted(row.disclosures.all(), key=lambda made: made.pk)),
        )
        for row in rows
    )


def export_requests(actor: Actor) -> QuerySet[AuthorityRequest]:
    """Police requests that ask for an export, in cases that the actor may see."""
    return AuthorityRequest.objects.filter(
        visible_to(actor, path="report__case__"), wants_export=True, organisation__kind=OrganisationKind.POLICE
    )


def access_disclosure(disclosure_id: int, *, actor: Actor) -> MadeDisclosure:
    """One export. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = (
        Disclosure.objects.filter(visible_to(actor, path="case__"), pk=disclosure_id)
        .select_related("request__organisation", "request__report__case", "made_by")
        .first()
    )
    if row is None:
        raise NotFound
    log_access(row.case_id, AccessKind.EXPORT, actor=actor)
    return _disclosure(row, row.request)


def _disclosure(row: Disclosure, request: AuthorityRequest) -> MadeDisclosure:
    return MadeDisclosure(
        row.pk,
        row.case_id,
        request.report.in_case.reference,
        request.letter_number,
        request.organisation.name,
        row.folder,
        row.manifest_sha256,
        row.made_by.display_name,
        row.made_at,
    )


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
