"""The case page as values. Reporters are never included, and victim-first cases have no content."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import OuterRef, Q, Subquery

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, VOTING_STATES, CaseState
from jaga.core.terms import (
    ActionKind,
    ActionState,
    Channel,
    DecisionKind,
    EvidenceKind,
    Language,
    OutcomeKind,
    PendingEnd,
    ReporterCapacity,
    ReportForm,
    Role,
    Step,
    TextKind,
    VerificationResult,
    VictimSay,
)
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.access.cases.code_delivery import reaches_holder
from jaga.records.access.cases.gate import STAGES, CaseStage, has_voted
from jaga.records.access.cases.linked_accounts import JudgedAccount, accounts_voted
from jaga.records.access.cases.originals import originals_of
from jaga.records.models import (
    Action,
    AuthorityRequest,
    Case,
    Decision,
    LinkedAccount,
    Preservation,
    Report,
    Signal,
    Statement,
    Vote,
)

OTHERS_SHOWN = 20


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
        said = self.params.get("places", "").split()
        return tuple((int(start), int(end)) for start, _, end in (one.partition("-") for one in said)) or (
            (self.start, self.end),)


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


@dataclass(frozen=True)
class EvidenceView:
    """A sealed original by its hash. The console never shows the bytes."""

    kind: EvidenceKind
    media_type: str
    size: int
    sha256: str
    sealed_at: datetime


@dataclass(frozen=True)
class OtherCase:
    """Another case of the same account or of a linked one; `account` names the linked one."""

    case_id: int
    reference: str
    account: str
    category: str
    stage: CaseStage
    opened_at: datetime
    outcome: DecisionKind | None


@dataclass(frozen=True)
class SealedVote:
    """A vote shown to the supervisor who settles a difference."""

    person: str
    kind: DecisionKind
    legal_basis: str
    facts: str
    rooms: tuple[str, ...]
    restrict_days: int | None
    accounts: tuple[JudgedAccount, ...]
    cast_at: datetime
    victim: VictimSay | None


@dataclass(frozen=True)
class ActionOutcomeView:
    """The observed result of one step of an action."""

    step: Step
    kind: OutcomeKind
    detail: str
    at: datetime


@dataclass(frozen=True)
class VerificationView:
    """The result of one independent verification of the account."""

    result: VerificationResult
    observed: str
    readings: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True)
class ActionView:
    """One promised effect and its progress."""

    action_id: int
    kind: ActionKind
    state: ActionState
    attempts: int
    next_attempt_at: datetime | None
    finished_at: datetime | None
    outcomes: tuple[ActionOutcomeView, ...]
    verifications: tuple[VerificationView, ...]


@dataclass(frozen=True)
class StatementView:
    """The statement of reasons as written. The appeal code is not stored and so not shown."""

    body_id: str
    body_en: str
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True)
class DecisionView:
    """A decision on one account: who made it and what followed. `reported`: it is the reported account."""

    decision_id: int
    account: str
    platform: str
    reported: bool
    kind: DecisionKind
    legal_basis: str
    facts: str
    rooms: tuple[str, ...]
    ends_at: datetime | None
    policy_hash: str
    decided_by: str
    seconded_by: str | None
    adjudicated: bool
    decided_at: datetime
    overturned: bool
    provisional: bool  # Immediate, by one person, while two are still to vote.
    actions: tuple[ActionView, ...]
    statement: StatementView | None
    delivers: bool  # Whether the platform delivers the statement to the holder.
    in_person: bool = False  # The holder asked for the reasons in person.
    review_at: datetime | None = None  # For a temporary restriction: half of its duration.
    closes_at: datetime | None = None  # When the account will be closed, for a restriction ahead of a pending closure.
    before_closing: bool = False
    taken_back: bool = False  # The closure was withdrawn and the restriction before it lifted.
    lapses_at: datetime | None = None  # For a preservation no second person has agreed to.
    lapsed: bool = False


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
    """Findings without the repeats that each policy release adds when it screens a text again."""
    found: dict[tuple[object, ...], SignalView] = {}
    for row in sorted(rows, key=lambda row: (row.start, -row.end, row.pk)):
        if hidden:
            found.setdefault((row.category,), SignalView(row.category, row.weight))
        else:
            found[row.start, row.end, row.category, row.params.get("phrase")] = SignalView(
                row.category, row.weight, row.msgid, row.params, row.start, row.end)
    return tuple(found.values())


def newest_locator(row: AuthorityRequest) -> str:
    """The officer's latest correction of the locator, or the original one."""
    newest = max(row.locators.all(), key=lambda one: one.pk, default=None)
    return newest.locator if newest else row.locator


def _request(row: AuthorityRequest, hidden: bool) -> CaseRequestView:
    return CaseRequestView(
        row.organisation.name, row.organisation.practice, row.letter_number, row.letter_date, row.legal_basis,
        "" if hidden else row.legal_analysis, "" if hidden else newest_locator(row), row.court_order,
        "" if hidden else row.urgent_reason, row.wants_export,
    )


def evidence_of(case: Case) -> tuple[EvidenceView, ...]:
    """Originals sealed for the case."""
    rows = originals_of([case])
    return tuple(EvidenceView(EvidenceKind(row.kind), row.media_type, row.size, row.sha256, row.sealed_at)
                 for row in rows)


def others_of(case: Case, *, actor: Actor) -> tuple[OtherCase, ...]:
    """Other cases of the reported account and of linked accounts, newest first, without those whose clearance the actor
    lacks.
    """
    linked, blind = LinkedAccount.objects.filter(withdrawn_at__isnull=True), taken_for_blind_review(actor)
    known = [case.subject_id, *linked.filter(case=case).values_list("subject_id", flat=True)]
    # Filter by ids: a subquery makes PostgreSQL scan the whole table of a million cases.
    elsewhere = list(linked.filter(subject_id__in=known).values_list("case_id", flat=True))
    outcome = Decision.objects.filter(case=OuterRef("pk"), subject_id__in=known).order_by("-pk").values("kind")
    rows = (
        Case.objects.filter(visible_to(actor), Q(subject_id__in=known) | Q(pk__in=elsewhere)).exclude(pk=case.pk)
        .select_related("subject").annotate(outcome=Subquery(outcome[:1])).order_by("-pk")[:OTHERS_SHOWN]
    )
    return tuple(
        OtherCase(row.pk, row.reference, "" if row.subject_id == case.subject_id else row.subject.account_id,
                  row.category, STAGES[CaseState(row.state)], row.opened_at,
                  _outcome(row.outcome, row) if row.pk not in blind else None)
        for row in rows
    )


def _outcome(kind: str | None, case: Case) -> DecisionKind | None:
    """The decision. A canary case reads as dismissed, as in search, since it rests on no vote."""
    return DecisionKind(kind) if kind else DecisionKind.DISMISS if case.canary else None


def votes_to_settle(case: Case, *, actor: Actor) -> tuple[SealedVote, ...]:
    """The two differing votes, for a supervisor who cast neither; otherwise empty."""
    if case.state != CaseState.ADJUDICATION or Role.SUPERVISOR not in actor.roles or has_voted(case, actor=actor):
        return ()
    rows = list(Vote.standing.filter(case=case).select_related("person", "case").order_by("cast_at"))
    accounts = accounts_voted(rows)
    return tuple(SealedVote(row.person.display_name, DecisionKind(row.kind), row.legal_basis, row.facts,
                            tuple(row.rooms), row.restrict_days, accounts[row.pk], row.cast_at,
                            VictimSay(row.victim) if row.victim else None) for row in rows)


def decisions_of(case: Case) -> tuple[DecisionView, ...]:
    """Decisions, newest first, with their actions and statements."""
    rows = (
        Decision.objects.filter(case=case)
        .select_related("decided_by", "seconded_by", "statement", "subject__platform", "case", "overturned_by",
                        "reasons_asked", "awaits", "preservation")
        .prefetch_related("actions__outcomes", "actions__verifications").order_by("-pk")
    )
    # An earlier agreement of two would tell the next voters how they judged.
    if CaseState(case.state) in VOTING_STATES:
        rows = rows.exclude(awaits__isnull=False)
    return tuple(_decision(row) for row in rows)


def _decision(row: Decision) -> DecisionView:
    statement: Statement | None = row.statement if hasattr(row, "statement") else None
    if row.provisional and CaseState(row.case.state) in SEALED_STATES:
        statement = None  # Author and wording of the immediate restriction would reveal a vote.
        row.facts, row.legal_basis = "", ""
    kept: Preservation | None = row.preservation if hasattr(row, "preservation") else None
    return DecisionView(
        row.pk, row.subject.account_id, row.subject.platform.display_name, row.subject_id == row.case.subject_id,
        DecisionKind(row.kind), row.legal_basis, row.facts, tuple(row.rooms), row.ends_at, row.policy_hash,
        "" if row.provisional and not row.facts else row.decided_by.display_name,
        row.seconded_by.display_name if row.seconded_by else None, row.adjudicated,
        row.decided_at, hasattr(row, "overturned_by"), row.provisional,
        tuple(_action(action) for action in sorted(row.actions.all(), key=lambda action: action.sequence)),
        StatementView(statement.body_id, statement.body_en, statement.created_at, statement.delivered_at)
        if statement else None,
        reaches_holder(row), hasattr(row, "reasons_asked") and row.reasons_asked.kept_at is not None,
        row.decided_at + (row.ends_at - row.decided_at) / 2 if row.ends_at and not row.awaits else None,
        row.awaits.closes_at() if row.awaits and row.awaits.ended_at is None else None, row.awaits is not None,
        row.awaits is not None and row.awaits.end not in ("", PendingEnd.COMMITTED),
        kept.lapses_at if kept and kept.agreed_at is None and kept.lapsed_at is None else None,
        kept is not None and kept.lapsed_at is not None,
    )


def _action(row: Action) -> ActionView:
    outcomes = sorted(row.outcomes.all(), key=lambda outcome: outcome.pk)
    looks = sorted(row.verifications.all(), key=lambda look: look.pk)
    return ActionView(
        row.pk, ActionKind(row.kind), ActionState(row.state), row.attempts, row.next_attempt_at, row.finished_at,
        tuple(ActionOutcomeView(Step(o.step), OutcomeKind(o.kind), o.detail, o.at) for o in outcomes),
        tuple(VerificationView(VerificationResult(look.result), look.observed,
                               tuple((route, answer) for route, answer in look.readings), look.at) for look in looks),
    )
