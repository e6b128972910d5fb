"""Which account a case is about, as its page shows it where people name accounts by handles that change hands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.locators import is_stable
from jaga.records.models import Case, Outcome, Verification

LATE = timedelta(hours=1)
"""From this long after the report on, the page warns that the name may have been somebody else's when it came."""


@dataclass(frozen=True)
class HandleView:
    """The stable id (empty where it is not known), the name that was reported, and the name that was last seen.

    `looked_up_at` is when the platform was last asked for a report; `late`: long after that report had come.
    """

    stable_id: str
    reported_as: str
    name_now: str
    name_seen_at: datetime | None
    looked_up_at: datetime | None
    late: bool


def identity_of(case: Case) -> HandleView | None:
    """None where an account's name is its stable id anyway. For a case that was fetched through its gate."""
    subject = case.subject
    if not subject.platform.stable_id:
        return None
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    looked_up = case.reports.filter(handle_looked_up_at__isnull=False)
    moments = list(looked_up.values_list("handle_looked_up_at", "received_at"))
    late = any(at - received_at > LATE for at, received_at in moments)
    name, seen_at = _name_last_seen(subject.pk) if stable else ("", None)
    return HandleView(
        subject.account_id if stable else "", subject.handle if stable else subject.account_id, name, seen_at,
        max((at for at, _ in moments), default=None), late)


def went_to(case: Case) -> str:
    """The case that took the reports of one that has none left; empty otherwise."""
    if case.reports_count or case.reports_moved_to is None:
        return ""
    return case.reports_moved_to.reference


def _name_last_seen(subject_id: int) -> tuple[str, datetime | None]:
    """By what the routes showed when the account was looked at for an action; a renamed one has another name then."""
    shown = [
        row for model in (Outcome, Verification)
        for row in model.objects.filter(action__decision__subject_id=subject_id).order_by("-at")[:10]
    ]
    for row in sorted(shown, key=lambda row: row.at, reverse=True):
        for route, answer in row.readings:
            if route == "handle":
                return str(answer), row.at
    return "", None
