"""What was captured of the public pages that a watch flagged, as the page of their case shows it."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.terms.watch import CaptureState
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, WatchCapture

SHOWN = 50


@dataclass(frozen=True)
class CaptureView:
    """One page. `why` says in a few words why something is missing."""

    state: CaptureState
    report_id: int
    found_at: datetime
    ended_at: datetime | None
    why: str


@takes_case
def captures_of(case: Case) -> tuple[CaptureView, ...]:
    """The captures of the case's observations, newest first."""
    rows = (
        WatchCapture.objects.filter(finding__report__case=case)
        .order_by("-found_at", "-pk")
        .values_list("state", "finding__report", "found_at", "ended_at", "why")[:SHOWN]
    )
    return tuple(
        CaptureView(CaptureState(state), report, found_at, ended_at, why)
        for state, report, found_at, ended_at, why in rows
    )
