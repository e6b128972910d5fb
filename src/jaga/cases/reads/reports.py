"""Values for the reports on the case page, without who reported; in a victim-first case without their content.

The account's stable id and handles on the case page, for platforms where handles change owners.

The labels of a case, for staff who judge it.

Which sealed originals belong to a case.

The sealed originals of a case as its page shows them: by their hashes, never their bytes.

An account's public text as recorded by staff. This text may be quoted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.cases.models.cases import Case, CaseLabel, Signal
from jaga.cases.models.decisions import Decision, Outcome, Preservation, Verification
from jaga.cases.models.reports import AuthorityRequest, Evidence, Report
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.locators import is_stable
from jaga.core.terms.cases import DecisionKind, EvidenceKind
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import DataKind
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm, TextKind
from jaga.privacy.models import RetentionErasure
from jaga.store.key_store.store import is_erased
from jaga.store.key_store.tree import Erased
from jaga.store.reads import visible_to
from jaga.store.vault import EvidenceDamaged, unseal

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


@takes_case
def labels_of(case: Case) -> tuple[str, ...]:
    """The labels of a case already fetched with a permission check, in alphabetical order."""
    rows = CaseLabel.objects.filter(case=case, withdrawn_at__isnull=True)
    return tuple(rows.order_by("label").values_list("label", flat=True))


_PRESERVED = (EvidenceKind.PROFILE, EvidenceKind.MEDIA, EvidenceKind.MESSAGES)


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """The originals of these cases.

    An original filed with a report belongs to the case the report is in now, any other to the case it was sealed for;
    the row itself never changes. Excluded are preservations that lapsed because no second person agreed, a holder's
    appeal attachments, and what was deleted when its period was over.
    """
    return stored_originals_of([case.pk for case in cases]).exclude(is_deleted()).order_by("pk")


def stored_originals_of(numbers: Collection[int]) -> QuerySet[Evidence]:
    """`originals_of` with those whose deletion is on record."""
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs, appeal__isnull=True).exclude(is_lapsed())


def is_deleted() -> Q:
    """A filter for originals whose period was over (`privacy.verbs`): their rows stay, their files are gone."""
    deleted = RetentionErasure.objects.filter(case=Coalesce(OuterRef("report__case"), OuterRef("case")))
    return Q(Exists(deleted.filter(kind=DataKind.PICTURES)), appeal__isnull=True) | Q(
        Exists(deleted.filter(kind=DataKind.APPEAL)), appeal__isnull=False
    )


def is_lapsed() -> Q:
    """A filter for originals sealed for a lapsed preservation and not for a measure of the same case."""
    lapsed = Preservation.objects.filter(
        decision__case=OuterRef("case"),
        lapsed_at__isnull=False,
        decision__decided_at__lte=OuterRef("sealed_at"),
        lapsed_at__gte=OuterRef("sealed_at"),
    )
    measures = Decision.objects.filter(
        case=OuterRef("case"),
        kind__in=(DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE, DecisionKind.REFER),
    )
    return Q(Exists(lapsed) & ~Exists(measures), report__isnull=True, kind__in=_PRESERVED)


def preserved_for(decision: Decision) -> QuerySet[Evidence]:
    """Originals sealed for this preservation; none where a measure of the same case needs them."""
    if decision.case.decisions.exclude(kind__in=(DecisionKind.PRESERVE, DecisionKind.DISMISS)).exists():
        return Evidence.objects.none()
    return Evidence.objects.filter(
        case=decision.case_id, report__isnull=True, kind__in=_PRESERVED, sealed_at__gte=decision.decided_at
    )


def of_account(originals: QuerySet[Evidence], case: Case, subject_id: int) -> QuerySet[Evidence]:
    """The originals of this account only. Whoever asks about one account must not receive material about another."""
    if subject_id == case.subject_id:
        return originals.filter(linked_subject__isnull=True)
    return originals.filter(linked_subject=subject_id)


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


@dataclass(frozen=True)
class EvidenceView:
    """A sealed original by its hash. The console never shows the bytes."""

    kind: EvidenceKind
    media_type: str
    size: int
    sha256: str
    sealed_at: datetime


@takes_case
def evidence_of(case: Case) -> tuple[EvidenceView, ...]:
    """Originals sealed for the case."""
    rows = originals_of([case])
    return tuple(
        EvidenceView(EvidenceKind(row.kind), row.media_type, row.size, row.sha256, row.sealed_at) for row in rows
    )


_OUR_OWN = "^(verification|second-look|words):"
"""Observation kinds that hold Jaga's own text instead of the account's, and recorded text, which is read from the
sealed original."""
PUBLIC_WORDS = "public-words.txt"
"""Name of these originals. Since originals go to authorities, only the ledger says who recorded them."""


@dataclass(frozen=True)
class PublicWords:
    """Public text, where it stood, and when it was recorded. `day`: of an observation; staff write it into `where`."""

    where: str
    text: str
    recorded_at: datetime
    day: date | None = None

    @property
    def where_and_when(self) -> str:
        """Place and day on one line."""
        return ", ".join(filter(None, (self.where.strip(), self.day.isoformat() if self.day else "")))


@takes_case
def public_words_of(case: Case) -> tuple[PublicWords, ...]:
    """Text recorded for the case, oldest first; empty in a victim-first case."""
    if case.victim_first:
        return ()
    rows = originals_of([case]).filter(report__isnull=True, kind=EvidenceKind.TEXT, name=PUBLIC_WORDS)
    return tuple(_read(row) for row in rows)


def recorded_words(case_id: int, *, actor: Actor) -> tuple[PublicWords, ...]:
    """Recorded text by case id, for the appeal page; empty if the actor may not see the case."""
    case = Case.objects.filter(visible_to(actor), pk=case_id).first()
    return public_words_of(case) if case else ()


@takes_case
def shown_publicly(case: Case) -> tuple[PublicWords, ...]:
    """The reported account's public text on record: monitoring observations, then text recorded by staff.

    Empty in a victim-first case.
    """
    if case.victim_first:
        return ()
    observations = (
        Report.objects.filter(case=case, subject=case.subject_id, form=ReportForm.OBSERVATION)
        .exclude(origin_ref__regex=_OUR_OWN)
        .order_by("pk")
    )
    rows = observations.values_list("place", "conduct_on", "published", "received_at")
    watched = (PublicWords(place, text, at, day) for place, day, text, at in rows if text.strip())
    return (*watched, *public_words_of(case))


def _read(row: Evidence) -> PublicWords:
    try:
        where, _, text = unseal(row.sha256, row.key_owner()).decode("utf-8", "replace").partition("\n\n")
    except (EvidenceDamaged, Erased):
        where, text = "", ""
    return PublicWords(where, text, row.sealed_at)
