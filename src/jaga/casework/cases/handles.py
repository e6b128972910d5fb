"""Names that can pass to another account: what a report called the account, and whether that was looked up since.

Both are sealed beside the report too, so that it can be shown later whose name it was when the report was read.
"""

from django.db.models import QuerySet

from jaga.casework.cases.evidence import seal
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.locators import is_stable
from jaga.core.platforms import Account
from jaga.core.terms import EvidenceKind
from jaga.records.models import Case, Report, Subject


def keep_name(case: Case, report: Report, account_id: str, *, actor: Actor) -> None:
    """Seal what the report called the account, where that name can pass to another one. Part of the filing's commit."""
    if not is_stable(report.subject.platform.stable_id, account_id):
        report.called_as = account_id
        report.save(update_fields=["called_as"])
        seal(case, report, EvidenceKind.LINK, f"report-{report.pk}-handle.txt", account_id.encode(),
             media="text/plain", actor=actor)


def keep_identity(report: Report, asked: Account, found: Account | None, *, actor: Actor) -> None:
    """Seal whose name it was at this moment: the report no longer waits. Seal it before the report goes elsewhere."""
    report.handle_looked_up_at = now()
    report.save(update_fields=["handle_looked_up_at"])
    said = {"name": asked.account_id, "account": found.account_id if found else None,
            "its_name": found.handle if found else None, "looked_up_at": report.handle_looked_up_at}
    seal(report.in_case, report, EvidenceKind.LINK, f"report-{report.pk}-identity.json", canonical_json(said),
         media="application/json", actor=actor)


def waiting(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Those that named a handle nobody has looked up yet."""
    return reports.filter(handle_looked_up_at__isnull=True, case__isnull=False).exclude(called_as="")


def looked_up(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Those whose handle was looked up."""
    return reports.filter(handle_looked_up_at__isnull=False)


def called(subject: Subject) -> str:
    """The name that the subject's waiting reports gave: it is known by that alone, or last had it. Else its id."""
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return subject.handle if stable and subject.handle else subject.account_id


def is_settled(subject: Subject) -> bool:
    """Whether it is known which account this is, and that each report on it is about this one."""
    if not subject.platform.stable_id:
        return True
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return stable and not waiting(Report.objects.filter(subject=subject, case__state__in=JOINABLE_STATES)).exists()
