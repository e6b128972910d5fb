"""The reports of a case as table rows, for the review page."""

from dataclasses import dataclass
from datetime import date, datetime

from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReportForm, SourceReason
from jaga.records.access.cases.case_view import takes_case
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

REPORTS_SHOWN = 10  # Reports per page, in full.
REPORTS_LISTED = 50  # Rows in the table.


@dataclass(frozen=True)
class ReportLine:
    """One report as a row: channel and weight. The sender is never included."""

    report_id: int
    channel: Channel
    form: ReportForm
    language: Language
    received_at: datetime
    conduct_on: date
    urgent: bool
    signals: int
    source_reason: SourceReason | None
    page: int  # The page of full reports that shows its text.
    withdrawn_at: datetime | None
    reachable: bool  # The sender can be asked.


# Unread answers first, then the newest.
_LINES = """
SELECT r.id, r.channel, r.form, r.language, r.received_at, r.conduct_on, r.urgent, r.source_reason,
    (SELECT count(DISTINCT s.category) FROM records_signal s WHERE s.report_id = r.id), r.withdrawn_at,
    r.set_aside_at IS NOT NULL,
    r.withdrawn_at IS NULL AND (r.receipt_hash IS NOT NULL OR r.officer_id IS NOT NULL)
FROM records_report r WHERE r.case_id = %s
ORDER BY EXISTS (SELECT 1 FROM records_reportmessage m WHERE m.report_id = r.id AND NOT m.from_us
                 AND m.read_at IS NULL) DESC, r.received_at DESC, r.id DESC
LIMIT %s
"""


@takes_case
def lines_of(case: Case, page: int = 1) -> tuple[ReportLine, ...]:
    """The reports of a case already fetched with a permission check, in the order of their full texts: unread answers,
    then newest.

    Returns enough for this page of texts and for the table.
    """
    rows = ask_prepared(_LINES, [case.pk, max(REPORTS_LISTED, page * REPORTS_SHOWN + 1)])
    return tuple(
        ReportLine(
            number,
            Channel(channel),
            ReportForm(form),
            Language(language),
            received_at,
            conduct_on,
            urgent,
            signals,
            counted_as(source_reason, withdrawn=withdrawn_at is not None, set_aside=set_aside),
            place // REPORTS_SHOWN + 1,
            withdrawn_at,
            reachable,
        )
        for place, (
            number,
            channel,
            form,
            language,
            received_at,
            conduct_on,
            urgent,
            source_reason,
            signals,
            withdrawn_at,
            set_aside,
            reachable,
        ) in enumerate(rows)
    )


def counted_as(reason: str, *, withdrawn: bool, set_aside: bool) -> SourceReason | None:
    """Why a report counts as it does: withdrawn and set aside go before what was stored. None: not computed yet."""
    if withdrawn:
        return SourceReason.WITHDRAWN
    if set_aside:
        return SourceReason.SET_ASIDE
    return SourceReason(reason) if reason else None
