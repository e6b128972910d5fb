"""The only access to reporters' identities; a test ensures nothing else unseals `ReporterIdentity`.

Only `READERS` have access, on the page as in the read. Reviewers have none: a vote must not depend on who reported, and
questions go through the mailbox. Officers have none either: where the reporter agreed, a supervisor passes it on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from jaga.cases.models.reports import ReporterIdentity
from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason
from jaga.store.codes import unseal_identity
from jaga.store.key_store.tree import Erased
from jaga.store.reads import log_access, refuse_uncleared

READERS = frozenset({Role.SUPERVISOR})
"""Who may open a reporter's identity: the only rule about it."""


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

    Call it through `reporting.verbs.mailbox.open_identity`, which records a ledger entry.

    Raises NotPermitted for anyone but `READERS`, whether or not there is an identity; NotFound; and InvalidInput for a
    reason that does not hold.
    """
    actor.require(*READERS)
    row = ReporterIdentity.objects.select_related("report__case").filter(report=report_id).first()
    if row is None:
        raise NotFound
    if row.report.case is not None:
        refuse_uncleared(row.report.case, actor=actor)
    if why is IdentityReason.AGREED and not row.shared:
        raise InvalidInput(FieldError("why", "not_agreed", N_("This reporter did not agree that agencies learn it.")))
    log_access(row.report.case_id, AccessKind.IDENTITY, actor=actor)
    name, contact = unseal_identity(bytes(row.sealed))
    return ReporterIdentityView(row.report_id, row.report.case_id, name, contact, row.shared)


def named_reports(case_id: int) -> dict[int, bool]:
    """Ids of the case's reports with an identity, and whether the reporter consented to disclosure to agencies."""
    return dict(ReporterIdentity.objects.filter(report__case=case_id).values_list("report_id", "shared"))


def identities_with(occurs: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """The identities in whose name or contact something occurs, as (its id, its report's id); erased ones in none.

    Only for `privacy.reads.own_data`, which shows nobody what stands there.
    """
    for row, report, sealed in ReporterIdentity.objects.order_by("pk").values_list("pk", "report", "sealed").iterator():
        try:
            named = unseal_identity(bytes(sealed))
        except Erased:
            continue
        if any(occurs(one) for one in named if one):
            yield row, report
