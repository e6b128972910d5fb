"""The reports of a case as its page shows them, without who reported; in a victim-first case without their content."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from jaga.core.terms import (
    Channel,
    Language,
    ReporterCapacity,
    ReportForm,
    TextKind,
)
from jaga.records.models import (
    AuthorityRequest,
    Case,
    Report,
    Signal,
)


@dataclass(frozen=True)
class SignalView:
    """A machine's finding. In a victim-first case only its category is given, and no span."""

    category: str
    weight: float
    msgid: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Where its words stand in the text. A rule's are several, kept as `4-11 30-35`."""
        said = self.params.get("places", "").split()
        return tuple((int(start), int(end)) for start, _, end in (one.partition("-") for one in said)) or (
            (self.start, self.end),)


@dataclass(frozen=True)
class CaseRequestView:
    """An authority's request: who, on which letter and basis, and why."""

    organisation: str
    practice: bool
    letter_number: str
    letter_date: date
    legal_basis: str
    legal_analysis: str
    locator: str
    court_order: str
    urgent_reason: str
    wants_export: bool


@dataclass(frozen=True)
class TextView:
    """One text of a report: whose words it holds, and what was found in it."""

    kind: TextKind
    text: str
    signals: tuple[SignalView, ...]


@dataclass(frozen=True)
class ReportView:
    """One source: by which door, in which form, when, and what it said. `texts`: what the account was seen to publish
    first, then its sender's words; none in a victim-first case.
    """

    report_id: int
    channel: Channel
    form: ReportForm
    received_at: datetime
    conduct_on: date
    urgent: bool
    language: Language
    texts: tuple[TextView, ...]
    place: str
    hidden: bool
    signals: tuple[SignalView, ...]
    request: CaseRequestView | None
    capacity: ReporterCapacity | None = None  # as whom, where only certain people may report; nobody has proved it


def reports_of(case: Case, numbers: Sequence[int]) -> tuple[ReportView, ...]:
    """These reports of the case, in this order."""
    rows = (
        Report.objects.filter(case=case, pk__in=numbers).select_related("request__organisation")
        .prefetch_related("signals", "request__locators").in_bulk()
    )
    return tuple(_report(rows[number], case.victim_first) for number in numbers if number in rows)


def _report(report: Report, hidden: bool) -> ReportView:
    request = report.request if hasattr(report, "request") else None
    return ReportView(
        report.pk, Channel(report.channel), ReportForm(report.form), report.received_at, report.conduct_on,
        report.urgent, Language(report.language), () if hidden else _texts(report),
        "" if hidden else report.place, hidden and bool(report.texts),
        _signals(report.signals.all(), hidden), _request(request, hidden) if request else None,
        ReporterCapacity(report.capacity) if report.capacity else None,
    )


def _texts(report: Report) -> tuple[TextView, ...]:
    said = report.texts
    return tuple(TextView(kind, said[kind], _signals([one for one in report.signals.all() if one.text_kind == kind],
                                                     False))
                 for kind in (TextKind.PUBLISHED, TextKind.WORDS, TextKind.EXCERPT) if kind in said)


def _signals(rows: Iterable[Signal], hidden: bool) -> tuple[SignalView, ...]:
    """Each finding once, though every policy release that screened the text has found it again."""
    found: dict[tuple[object, ...], SignalView] = {}
    for row in sorted(rows, key=lambda row: (row.start, -row.end, row.pk)):
        if hidden:
            found.setdefault((row.category,), SignalView(row.category, row.weight))
        else:
            found[row.start, row.end, row.category, row.params.get("phrase")] = SignalView(
                row.category, row.weight, row.msgid, row.params, row.start, row.end)
    return tuple(found.values())


def newest_locator(row: AuthorityRequest) -> str:
    """The officer's last correction, or the first locator."""
    newest = max(row.locators.all(), key=lambda one: one.pk, default=None)
    return newest.locator if newest else row.locator


def _request(row: AuthorityRequest, hidden: bool) -> CaseRequestView:
    return CaseRequestView(
        row.organisation.name, row.organisation.practice, row.letter_number, row.letter_date, row.legal_basis,
        "" if hidden else row.legal_analysis, "" if hidden else newest_locator(row), row.court_order,
        "" if hidden else row.urgent_reason, row.wants_export,
    )
