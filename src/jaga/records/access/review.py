"""What the review page needs beside the case itself: its reports as lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from jaga.core.terms import Channel, Language, ReportForm, VoiceReason
from jaga.records.models import Case, Report


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


def lines_of(case: Case, order: Iterable[int], a_page: int) -> tuple[ReportLine, ...]:
    """The newest reports of a case that was fetched through its gate, in `order`: that of their full texts."""
    places = {number: place for place, number in enumerate(order)}
    rows = (Report.objects.filter(case=case, pk__in=places)
            .annotate(found=Count("signals__category", distinct=True)).order_by("-received_at", "-pk"))
    return tuple(
        ReportLine(row.pk, Channel(row.channel), ReportForm(row.form), Language(row.language), row.received_at,
                   row.conduct_on, row.urgent, row.found,
                   VoiceReason.WITHDRAWN if row.withdrawn_at else
                   VoiceReason(row.voice_reason) if row.voice_reason else None,
                   places[row.pk] // a_page + 1)
        for row in rows
    )
