"""The only access to reporters' identities; a test ensures nothing else unseals `ReporterIdentity`.

Reviewers have no access: a vote must not depend on who reported, and questions go through the mailbox.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.access.base.current_user import number_of
from jaga.records.codes import unseal_identity
from jaga.records.key_store.errors import Erased
from jaga.records.models import AuthorityRequest, Person, ReporterIdentity


@dataclass(frozen=True)
class ReporterIdentityView:
    """A reporter's identity, unsealed for one access."""

    report_id: int
    case_id: int | None
    name: str = field(repr=False)
    contact: str = field(repr=False)
    shared: bool


def access_identity(report_id: int, why: IdentityReason, *, actor: Actor) -> ReporterIdentityView:
    """The identity of a report's sender.

    Call it through `casework.reporting.reporter_identity.open_identity`, which records a ledger entry.

    Supervisors need a reason. Officers need the reporter's consent, and their own organisation must have a request in
    the same case. Raises NotPermitted, NotFound, and InvalidInput for a reason that does not hold.
    """
    actor.require(Role.SUPERVISOR, Role.OFFICER)
    row = ReporterIdentity.objects.select_related("report__case").filter(report=report_id).first()
    if Role.SUPERVISOR not in actor.roles and not (row and row.shared and _asked_about(row, actor)):
        raise NotPermitted  # The same error whether or not the report has an identity.
    if row is None:
        raise NotFound
    if row.report.case is not None:
        refuse_uncleared(row.report.case, actor=actor)
    if why is IdentityReason.AGREED and not row.shared:
        raise InvalidInput(FieldError("why", "not_agreed", N_("This reporter did not agree that agencies learn it.")))
    log_access(row.report.case_id, AccessKind.IDENTITY, actor=actor)
    name, contact = unseal_identity(bytes(row.sealed))
    return ReporterIdentityView(row.report_id, row.report.case_id, name, contact, row.shared)


def _asked_about(row: ReporterIdentity, actor: Actor) -> bool:
    if row.report.case_id is None:
        return False
    own = Person.objects.filter(pk=number_of(actor)).values("organisation")
    return AuthorityRequest.objects.filter(organisation__in=own, report__case=row.report.case_id).exists()


def named_reports(case_id: int) -> dict[int, bool]:
    """Ids of the case's reports with an identity, and whether the reporter consented to disclosure to agencies."""
    return dict(ReporterIdentity.objects.filter(report__case=case_id).values_list("report_id", "shared"))


def identities_with(occurs: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """The identities in whose name or contact something occurs, as (its id, its report's id); erased ones in none.

    Only for `records.access.privacy.everywhere`, which shows nobody what stands there.
    """
    for row, report, sealed in ReporterIdentity.objects.order_by("pk").values_list("pk", "report", "sealed").iterator():
        try:
            named = unseal_identity(bytes(sealed))
        except Erased:
            continue
        if any(occurs(one) for one in named if one):
            yield row, report
