"""Evidence exports for the police: formal requests waiting for one, and exports made."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import OrganisationKind, Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.gate import SHOWN
from jaga.records.models import AuthorityRequest, Disclosure


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
