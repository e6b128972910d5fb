"""Handles that can be reassigned: what a report called the account, and whether its owner was looked up since.

Handle and lookup result are also sealed as evidence of the report, so that the owner at that time can be proven later.
"""

from django.db.models import QuerySet

from jaga.casework.cases.evidence import seal
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.locators import is_stable
from jaga.core.platforms import Account
from jaga.core.terms.cases import EvidenceKind
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Report, Subject


def handle_file(report_id: int) -> str:
    """The name of the evidence that holds the handle which a report named."""
    return f"report-{report_id}-handle.txt"


def keep_name(case: Case, report: Report, account_id: str, *, actor: Actor) -> None:
    """Seal the handle that a report named, unless the account id is stable. Runs in the transaction of the filing."""
    if not is_stable(report.subject.platform.stable_id, account_id):
        report.called_as = account_id
        report.save(update_fields=["called_as"])
        seal(
            case,
            report,
            EvidenceKind.LINK,
            handle_file(report.pk),
            account_id.encode(),
            media="text/plain",
            actor=actor,
        )


def keep_identity(report: Report, asked: Account, found: Account | None, *, actor: Actor) -> None:
    """Seal the result of a lookup, after which the report no longer waits. Call it before moving the report."""
    report.handle_looked_up_at = now()
    report.save(update_fields=["handle_looked_up_at"])
    resolved = {
        "name": asked.account_id,
        "account": found.account_id if found else None,
        "its_name": found.handle if found else None,
        "looked_up_at": report.handle_looked_up_at,
    }
    seal(
        report.in_case,
        report,
        EvidenceKind.LINK,
        f"report-{report.pk}-identity.json",
        canonical_json(resolved),
        media="application/json",
        actor=actor,
    )


def unresolved(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Reports whose handle was not looked up yet."""
    return reports.filter(handle_looked_up_at__isnull=True, case__isnull=False).exclude(called_as="")


def resolved(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Reports whose handle was looked up."""
    return reports.filter(handle_looked_up_at__isnull=False)


def called(subject: Subject) -> str:
    """The handle that the subject is known by or last had, else its account id."""
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return subject.handle if stable and subject.handle else subject.account_id


@takes_case
def is_account_settled(case: Case) -> bool:
    """As `is_resolved`, of the account that a case is about."""
    return is_resolved(case.subject)


def is_resolved(subject: Subject) -> bool:
    """Whether the account is identified and none of its open reports waits for a lookup."""
    if not subject.platform.stable_id:
        return True
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return stable and not unresolved(Report.objects.filter(subject=subject, case__state__in=JOINABLE_STATES)).exists()
