"""The account's stable id and handles on the case page, for platforms where handles change owners."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.locators import is_stable
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Outcome, Verification

LATE = timedelta(hours=1)
"""Past this age of a report, the page warns that the handle may have belonged to someone else when it was filed."""


@dataclass(frozen=True)
class HandleView:
    """The stable id (empty if unknown), the reported handle, and the handle last seen.

    `looked_up_at` is when the platform was last asked about a report; `late` means long after that report was filed.
    """

    stable_id: str
    reported_as: str
    name_now: str
    name_seen_at: datetime | None
    looked_up_at: datetime | None
    late: bool


@takes_case
def identity_of(case: Case) -> HandleView | None:
    """The handles of a case already fetched with a permission check; None where the account name is its stable id."""
    subject = case.subject
    if not subject.platform.stable_id:
        return None
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    looked_up = case.reports.filter(handle_looked_up_at__isnull=False)
    rows = looked_up.values_list("handle_looked_up_at", "received_at")
    moments = [(at, received_at) for at, received_at in rows if at]
    late = any(at - received_at > LATE for at, received_at in moments)
    name, seen_at = _name_last_seen(subject.pk) if stable else ("", None)
    return HandleView(
        subject.account_id if stable else "",
        subject.handle if stable else subject.account_id,
        name,
        seen_at,
        max((at for at, _ in moments), default=None),
        late,
    )


@takes_case
def merged_into(case: Case) -> str:
    """The reference of the case that took over this case's reports, or an empty string."""
    if case.reports_count or case.reports_moved_to is None:
        return ""
    return case.reports_moved_to.reference


def _name_last_seen(subject_id: int) -> tuple[str, datetime | None]:
    """The handle seen at the latest observation for an action, and when. It differs after a rename."""
    shown = [
        row
        for model in (Outcome, Verification)
        for row in model.objects.filter(action__decision__subject_id=subject_id).order_by("-at")[:10]
    ]
    for row in sorted(shown, key=lambda row: row.at, reverse=True):
        for route, answer in row.readings:
            if route == "handle":
                return str(answer), row.at
    return "", None
