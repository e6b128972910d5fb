"""What the case page shows, as values. Who reported is not among them; in victim-first cases neither is any content."""

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
    CommitEnd,
    DecisionKind,
    EvidenceKind,
    Language,
    OutcomeKind,
    ReporterCapacity,
    ReportForm,
    Role,
    Step,
    TextKind,
    VerificationResult,
    VictimSay,
)
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import judged_blind
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


@dataclass(frozen=True)
class EvidenceView:
    """A sealed original by its hash. The bytes are never shown in the console."""

    kind: EvidenceKind
    media_type: str
    size: int
    sha256: str
    sealed_at: datetime


@dataclass(frozen=True)
class OtherCase:
    """Another case of the same account, or of one that is linked to this case; `account` names it then."""

    case_id: int
    reference: str
    account: str
    category: str
    stage: CaseStage
    opened_at: datetime
    outcome: DecisionKind | None


@dataclass(frozen=True)
class SealedVote:
    """A vote, opened to the supervisor who must settle the difference."""

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
    """What one step was seen to do."""

    step: Step
    kind: OutcomeKind
    detail: str
    at: datetime


@dataclass(frozen=True)
class VerificationView:
    """What an independent look at the account showed."""

    result: VerificationResult
    observed: str
    readings: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True)
class ActionView:
    """One promised effect and how far it has come."""

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
    """The statement of reasons as it was written; the appeal code is not stored and so not shown."""

    body_id: str
    body_en: str
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True)
class DecisionView:
    """A decision on one account with who made it, and what followed. `reported`: the account that was reported."""

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
    provisional: bool  # at once, by one person, while two still judge
    actions: tuple[ActionView, ...]
    statement: StatementView | None
    delivers: bool  # whether the platform gives the holder the statement
    in_person: bool = False  # the holder wants the reasons from a person
    review_at: datetime | None = None  # of a restriction that has an end: half of its time
    closes_at: datetime | None = None  # before a closure that still waits: when the account is closed
    before_closing: bool = False
    taken_back: bool = False  # the closure was; the restriction before it is lifted
    lapses_at: datetime | None = None  # of a preservation that a second person has not agreed to
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


def evidence_of(case: Case) -> tuple[EvidenceView, ...]:
    """What was sealed for the case."""
    rows = originals_of([case])
    return tuple(EvidenceView(EvidenceKind(row.kind), row.media_type, row.size, row.sha256, row.sealed_at)
                 for row in rows)


def others_of(case: Case, *, actor: Actor) -> tuple[OtherCase, ...]:
    """Other cases of the reported account and of those that are linked to it, newest first. None that needs a clearance
    which this person has not.
    """
    linked, blind = LinkedAccount.objects.filter(withdrawn_at__isnull=True), judged_blind(actor)
    known = [case.subject_id, *linked.filter(case=case).values_list("subject_id", flat=True)]
    # By their numbers: with a subquery here the whole table of cases is read, at a million of them.
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
    """What was decided. A canary case reads as dismissed, as in a search: it rests on no vote."""
    return DecisionKind(kind) if kind else DecisionKind.DISMISS if case.decoy else None


def votes_to_settle(case: Case, *, actor: Actor) -> tuple[SealedVote, ...]:
    """The two differing votes, for a supervisor who cast neither; nothing for anybody else or at any other time."""
    if case.state != CaseState.ADJUDICATION or Role.SUPERVISOR not in actor.roles or has_voted(case, actor=actor):
        return ()
    rows = list(Vote.standing.filter(case=case).select_related("person", "case").order_by("cast_at"))
    accounts = accounts_voted(rows)
    return tuple(SealedVote(row.person.display_name, DecisionKind(row.kind), row.legal_basis, row.facts,
                            tuple(row.rooms), row.restrict_days, accounts[row.pk], row.cast_at,
                            VictimSay(row.victim) if row.victim else None) for row in rows)


def decisions_of(case: Case) -> tuple[DecisionView, ...]:
    """What was decided, the last first, with its actions and statement."""
    rows = (
        Decision.objects.filter(case=case)
        .select_related("decided_by", "seconded_by", "statement", "subject__platform", "case", "overturned_by",
                        "reasons_asked", "awaits", "preservation")
        .prefetch_related("actions__outcomes", "actions__verifications").order_by("-pk")
    )
    if CaseState(case.state) in VOTING_STATES:  # that two agreed before would tell the next voters how they judged
        rows = rows.exclude(awaits__isnull=False)
    return tuple(_decision(row) for row in rows)


def _decision(row: Decision) -> DecisionView:
    statement: Statement | None = row.statement if hasattr(row, "statement") else None
    if row.provisional and CaseState(row.case.state) in SEALED_STATES:
        statement = None  # who ordered it, and in which words, would tell the next voter of a vote
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
        row.awaits is not None and row.awaits.end not in ("", CommitEnd.COMMITTED),
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
