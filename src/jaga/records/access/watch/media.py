"""The pictures that flagged observations of a case name, as its page shows them: never an address, never bytes."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.terms.watch import MediaState
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, WatchMedia

SHOWN = 40


@dataclass(frozen=True)
class MediaView:
    """One file. `sha256` is as the source names it, "" if it does not; `why` says why there are no bytes."""

    media_id: int
    report_id: int
    number: int
    sha256: str
    state: MediaState
    asked_by: str
    asked_at: datetime | None
    why: str


@takes_case
def media_of(case: Case) -> tuple[MediaView, ...]:
    """The files that the case's observations name, those of the newest first."""
    rows = (
        WatchMedia.objects.filter(report__case=case)
        .order_by("-report_id", "number")
        .values_list("pk", "report_id", "number", "sha256", "state", "asked_by__display_name", "asked_at", "why")[
            :SHOWN
        ]
    )
    return tuple(
        MediaView(pk, report, number, sha256, MediaState(state), asked_by or "", asked_at, why)
        for pk, report, number, sha256, state, asked_by, asked_at, why in rows
    )
