"""Values for the reports on the case page, without who reported; in a victim-first case without their content."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm, TextKind
from jaga.records.access.cases.case_view import takes_case
from jaga.records.key_store.sealing import is_erased
from jaga.records.models import (
    AuthorityRequest,
    Case,
    Report,
    Signal,
)


@dataclass(frozen=True)
class SignalView:
    """A screening finding. In a victim-first case only its category, without a text span."""

    category: str
    weight: float
    msgid: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = 0

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """The spans of the matched words. A rule's several spans are stored as `4-11 30-35`."""
        spans = self.params.get("places", "").split()
        return tuple((int(start), int(end)) for start, _, end in (one.partition("-") for one in spans)) or (
            (self.start, self.end),
        )


@dataclass(frozen=True)
class CaseRequestView:
    """An authority's request: sender, letter, legal basis and reason."""

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
    """One text of a report: its author and the screening findings."""

    kind: TextKind
    text: str
    signals: tuple[SignalView, ...]


@dataclass(frozen=True)
class ReportView:
    """One report: channel, form, time and content.

    `texts` holds the account's own publications first, then the sender's words; empty in a victim-first case.
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
    # The reporter's claimed capacity, unverified, where only certain people may report.
    capacity: ReporterCapacity | None = None
    erased: bool = False


@takes_case
def reports_of(case: Case, numbers: Sequence[int]) -> tuple[ReportView, ...]:
    """These reports of the case, in this order."""
    rows = (
        Report.objects.filter(case=case, pk__in=numbers)
        .select_related("request__organisation")
        .prefetch_related("signals", "request__locators")
        .in_bulk()
    )
    return tuple(_report(rows[number], case.victim_first) for number in numbers if number in rows)


def _report(report: Report, hidden: bool) -> ReportView:
    request = report.request if hasattr(report, "request") else None
    return ReportView(
        report.pk,
        Channel(report.channel),
        ReportForm(report.form),
        report.received_at,
        report.conduct_on,
        report.urgent,
        Language(report.language),
        () if hidden else _texts(report),
        "" if hidden else report.place,
        hidden and bool(report.texts),
        _signals(report.signals.all(), hidden),
        _request(request, hidden) if request else None,
        ReporterCapacity(report.capacity) if report.capacity else None,
        any(map(is_erased, (report.text, report.excerpt, report.published))),
    )


def _texts(report: Report) -> tuple[TextView, ...]:
    texts = report.texts
    return tuple(
        TextView(kind, texts[kind], _signals([one for one in report.signals.all() if one.text_kind == kind], False))
        for kind in (TextKind.PUBLISHED, TextKind.WORDS, TextKind.EXCERPT)
        if kind in texts
    )


def _signals(rows: Iterable[Signal], hidden: bool) -> tuple[SignalView, ...]:
    """Findings without the repeats that each policy release adds when it screens a text again."""
    found: dict[tuple[object, ...], SignalView] = {}
    for row in sorted(rows, key=lambda row: (row.start, -row.end, row.pk)):
        if hidden:
            found.setdefault((row.category,), SignalView(row.category, row.weight))
        else:
            found[row.start, row.end, row.category, row.params.get("phrase")] = SignalView(
                row.category, row.weight, row.msgid, row.params, row.start, row.end
            )
    return tuple(found.values())


def newest_locator(row: AuthorityRequest) -> str:
    """The officer's latest correction of the locator, or the original one."""
    newest = max(row.locators.all(), key=lambda one: one.pk, default=None)
    return newest.locator if newest else row.locator


def _request(row: AuthorityRequest, hidden: bool) -> CaseRequestView:
    return CaseRequestView(
        row.organisation.name,
        row.organisation.practice,
        row.letter_number,
        row.letter_date,
        row.legal_basis,
        "" if hidden else row.legal_analysis,
        "" if hidden else newest_locator(row),
        row.court_order,
        "" if hidden else row.urgent_reason,
        row.wants_export,
    )
