"""What the review page needs beside the case itself: its reports as lines."""

from dataclasses import dataclass
from datetime import date, datetime

from jaga.core.terms import Channel, Language, ReportForm, VoiceReason
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

REPORTS_SHOWN = 10  # in full, on one page
REPORTS_LISTED = 50  # in short, in a table


@dataclass(frozen=True)
class ReportLine:
    """One report in a line: by which door it came and what it counts for. Who sent it is told nowhere."""

    report_id: int
    channel: Channel
    form: ReportForm
    language: Language
    received_at: datetime
    conduct_on: date
    urgent: bool
    signals: int
    voice: VoiceReason | None
    page: int  # of the case's reports in full, where its words stand
    withdrawn_at: datetime | None
    reachable: bool  # its sender can be asked


# Those with an unread answer first, then the newest.
_LINES = """
SELECT r.id, r.channel, r.form, r.language, r.received_at, r.conduct_on, r.urgent, r.voice_reason,
    (SELECT count(DISTINCT s.category) FROM records_signal s WHERE s.report_id = r.id), r.withdrawn_at,
    r.withdrawn_at IS NULL AND (r.receipt_hash IS NOT NULL OR r.officer_id IS NOT NULL)
FROM records_report r WHERE r.case_id = %s
ORDER BY EXISTS (SELECT 1 FROM records_reportmessage m WHERE m.report_id = r.id AND NOT m.from_us
                 AND m.read_at IS NULL) DESC, r.received_at DESC, r.id DESC
LIMIT %s
"""


def lines_of(case: Case, page: int = 1) -> tuple[ReportLine, ...]:
    """The reports of a case that was fetched through its gate, in the order of their full texts: those with an unread
    answer, then the newest. Enough of them for that page of texts, and for the table.
    """
    rows = ask_prepared(_LINES, [case.pk, max(REPORTS_LISTED, page * REPORTS_SHOWN + 1)])
    return tuple(
        ReportLine(number, Channel(channel), ReportForm(form), Language(language), received_at, conduct_on, urgent,
                   signals, VoiceReason.WITHDRAWN if withdrawn_at else VoiceReason(voice) if voice else None,
                   place // REPORTS_SHOWN + 1, withdrawn_at, reachable)
        for place, (number, channel, form, language, received_at, conduct_on, urgent, voice, signals, withdrawn_at,
                    reachable) in enumerate(rows)
    )
