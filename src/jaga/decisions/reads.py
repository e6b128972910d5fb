"""Hearings: the questions a holder is asked before a measure, for staff and for the holder of the letter's code.

Decisions waiting for their commit, and a person's latest vote: when it takes effect and whether it can be undone.

Preservations ordered by one person and not yet confirmed by a second.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Preservation, Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import STAGES, CaseStage, takes_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, reference_of
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import ActionState, AppealState, DecisionKind, Lapse, Step, VictimSay
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import ReportRoute
from jaga.decisions.models import DecisionPause, Hearing, PendingDecision
from jaga.policy.limits import ANSWER_FIRST, TAKE_BACK_SECONDS
from jaga.reporting.models import ReportMessage
from jaga.store.bulk import ask_prepared
from jaga.store.codes import appeal_hash
from jaga.store.reads import READERS, clearances_of, host_name, visible_to

MOST_ANSWERS = 3


@dataclass(frozen=True)
class Answered:
    """One answer of the holder."""

    text: str
    written_at: datetime


@dataclass(frozen=True)
class HearingView:
    """The state of the case's hearing. `can_ask`: none was opened, and the platform can deliver a letter."""

    can_ask: bool
    cannot_deliver: bool
    asked_at: datetime | None = None
    delivered_at: datetime | None = None
    answer_until: datetime | None = None
    stuck: bool = False
    why: str = ""
    answers: tuple[Answered, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the time to answer is over, so a measure can be decided."""
        return self.answer_until is not None and self.answer_until <= now()


@dataclass(frozen=True)
class HeldHearing:
    """What the letter's code opens: the question, the answers and the deadline; nothing about the reporter."""

    reference: str
    platform: str
    account: str
    category: str
    host: str
    days: int
    answer_until: datetime | None
    open: bool
    answers: tuple[Answered, ...]


def can_deliver_letters(case: Case) -> bool:
    """Whether the platform itself delivers letters. With an in-app notice, Jaga cannot confirm delivery."""
    platform = case.subject.platform
    return not platform.by_notice and bool(platform.capabilities.get(Step.DELIVER, {}).get("supported"))


def had_hearing(case: Case) -> bool:
    """Whether the holder was asked and had the time to answer."""
    return Hearing.objects.filter(case=case, answer_until__lte=now()).exists()


def takes_answers(hearing: Hearing, case: Case) -> bool:
    """Whether the holder can still answer: until the first vote, which must wait for the deadline, and at most
    `MOST_ANSWERS` times.
    """
    return CaseState(case.state) in (CaseState.RECEIVED, CaseState.IN_REVIEW) and hearing.answers.count() < MOST_ANSWERS


@takes_case
def hearing_of(case: Case) -> HearingView | None:
    """The hearing of a case already fetched with a permission check; None where no hearing is required."""
    if case.category not in ANSWER_FIRST:
        return None
    row, reachable = Hearing.objects.filter(case=case).first(), can_deliver_letters(case)
    if row is None:
        return HearingView(reachable and CaseState(case.state) is CaseState.IN_REVIEW, not reachable)
    return HearingView(
        False,
        not reachable,
        row.asked_at,
        row.delivered_at,
        row.answer_until,
        row.stuck_at is not None,
        row.why,
        _answers(row),
    )


def access_hearing(code: str) -> HeldHearing:
    """The hearing behind the code. Raises NotFound, whether the code is wrong or missing."""
    asked = Hearing.objects.filter(code_hash=appeal_hash(code))
    row = asked.select_related("case__subject__platform__operator").first()
    if row is None:
        raise NotFound
    case, subject = row.case, row.case.subject
    return HeldHearing(
        case.reference,
        subject.platform.display_name,
        subject.account_id,
        case.category,
        host_name() or subject.platform.operator.name,
        row.days,
        row.answer_until,
        takes_answers(row, case),
        _answers(row),
    )


def _answers(row: Hearing) -> tuple[Answered, ...]:
    return tuple(Answered(one.text, one.written_at) for one in row.answers.order_by("pk"))


MOST_TO_READ = 50
REMEMBERED = timedelta(hours=12)
"""How long a person's latest vote stays at the bottom of their pages: a long shift."""
FRESH = timedelta(seconds=15)
"""How long after a vote a page that is opened shows it where it is seen."""


_LAST = """
SELECT v.case_id, v.kind, v.cast_at, c.state, (SELECT w.why FROM records_votewithdrawal w WHERE w.vote_id = v.id),
    (SELECT p.undo_until FROM records_pendingdecision p WHERE p.case_id = c.id AND p.ended_at IS NULL)
FROM records_vote v JOIN records_case c ON c.id = v.case_id
WHERE v.person_id = %s AND v.cast_at > %s AND c.clearance = ANY(%s) ORDER BY v.cast_at DESC, v.id DESC LIMIT 1
"""


@dataclass(frozen=True)
class NewStatements:
    """What was said since the votes. Empty in a victim-first case, whose texts stay closed."""

    report_id: int
    text: str
    language: Language
    at: datetime
    hidden: bool
    speaker: bytes = field(repr=False)


@dataclass(frozen=True)
class PendingDecisionView:
    """A pending decision, without the account. `statements`: new statements a supervisor must read before the
    commit."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    redacts: bool
    adjudicated: bool
    accounts: int
    made_at: datetime
    undo_until: datetime
    mine: bool
    waits_on: bool = False  # Past its commit time until a supervisor without a vote has read the new statements.
    may_let_on: bool = False
    lifting: bool = False  # It takes the case off the victim-first procedure.
    statements: tuple[NewStatements, ...] = ()
    restricted: bool = False  # Carried out and verified on every account whose platform can.
    holder_informed: bool = False  # The holder has received or will receive the letter.
    alone: bool = False  # A dismissal by one person.
    appeal_id: int | None = None  # The holder's appeal against the restriction; does not stop the closure.


@dataclass(frozen=True)
class LastAction:
    """A person's latest vote and its fate. `undo_until`: it can be undone until then; None if it cannot.

    `fresh`: cast a moment ago, so that the page shows it where it is seen. `left`: whole seconds until `undo_until`.
    """

    case_id: int
    reference: str
    kind: DecisionKind
    stage: CaseStage
    waits: bool
    withdrawn: bool
    undo_until: datetime | None
    lapsed: Lapse | None = None  # Why it no longer counts; None where a person withdrew it.
    fresh: bool = False
    left: int = 0


def list_pending(*, actor: Actor) -> tuple[PendingDecisionView, ...]:
    """Pending decisions, the next to commit first: a voter's own, or all for supervisors. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = pending_shown(actor)
    voted = set(Vote.in_force.filter(person_id=person, case__in=rows.values("case")).values_list("case_id", flat=True))
    ever = set(Vote.objects.filter(person_id=person, case__in=rows.values("case")).values_list("case_id", flat=True))
    waits = {
        wait.pending_id: wait
        for wait in DecisionPause.objects.filter(pending__in=rows, resumed_at__isnull=True).select_related("report")
    }

    def lets(row: PendingDecision) -> bool:
        return row.pk in waits and Role.SUPERVISOR in actor.roles and row.case_id not in ever

    return tuple(
        PendingDecisionView(
            row.case_id,
            row.case.reference,
            row.case.category,
            DecisionKind(row.vote.kind),
            row.other is not None and bool(set(row.vote.rooms) & set(row.other.rooms)),
            row.adjudicated,
            len(set(row.vote.accounts) & set((row.other or row.vote).accounts)),
            row.made_at,
            row.closes_at(),
            row.case_id in voted,
            row.pk in waits,
            lets(row),
            row.vote.victim == VictimSay.LIFT,
            new_statements_of(row, waits[row.pk]) if lets(row) else (),
            any(action.state == ActionState.DONE for one in row.held.all() for action in one.actions.all()),
            bool(row.held.all()),
            row.other is None,
            Appeal.objects.filter(decision__in=row.held.all(), state=AppealState.OPEN)
            .values_list("pk", flat=True)
            .first(),
        )
        for row in rows.select_related("case", "vote", "other")
        .prefetch_related("held__actions")
        .order_by("undo_until", "pk")
    )


def pending_shown(actor: Actor) -> QuerySet[PendingDecision]:
    """Decisions that `list_pending` shows this person."""
    rows = PendingDecision.objects.filter(visible_to(actor, path="case__"), ended_at__isnull=True)
    if Role.SUPERVISOR in actor.roles:
        return rows
    return rows.filter(case__in=Vote.in_force.filter(person_id=actor.person_id or 0).values("case"))


def new_statements_of(pending: PendingDecision, wait: DecisionPause) -> tuple[NewStatements, ...]:
    """New statements since the votes, oldest first: reports of people who write as victims, and reporters' messages.

    The report that caused the wait is always included.
    """
    # Whoever approves lifting victim-first has read everything about a victim: the lifting is about that.
    lifting = pending.vote.victim == VictimSay.LIFT
    hidden, since = pending.case.victim_first and not lifting, pending.made_at
    said_as_victim = pending.case.reports.filter(route=ReportRoute.VICTIM, filed_at__gte=since)
    reports = list(pending.case.reports.exclude(text="").order_by("-pk")[:MOST_TO_READ] if lifting else said_as_victim)
    messages = ReportMessage.objects.filter(
        report__case=pending.case_id, report__organisation__isnull=True, from_us=False, at__gte=since
    ).select_related("report")
    statements = [(one.at, one.report, one.text) for one in messages]
    if wait.report_id not in {report.pk for _, report, _ in statements}:
        reports = [*(report for report in reports if report.pk != wait.report_id), wait.report]
    statements += [(report.filed_at or report.received_at, report, report.all_text) for report in reports]
    return tuple(
        NewStatements(
            report.pk, "" if hidden else text, Language(report.language), at, hidden and bool(text), speaker_of(report)
        )
        for at, report, text in sorted(statements, key=lambda one: (one[0], one[1].pk))
    )


def speaker_of(report: Report) -> bytes:
    """A keyed hash of the report's likely author: the network if known, else the contact, else the source."""
    return bytes(report.network_key or report.contact_key or report.source_key)


def last_action_of(actor: Actor) -> LastAction | None:
    """The actor's latest vote of the shift.

    None if there is none, if the case is now closed to them, or if they do not vote.
    """
    if actor.person_id is None or not actor.roles.intersection(READERS):
        return None
    moment = now()
    rows = ask_prepared(
        _LAST, [actor.person_id, moment - REMEMBERED, ["", *(one.value for one in clearances_of(actor))]]
    )
    if not rows:
        return None
    number, kind, cast_at, named, why, due = rows[0]
    withdrawn, state = why is not None, CaseState(named)
    waits = state is CaseState.SECOND_VOTE and not withdrawn
    if waits:
        due = cast_at + timedelta(seconds=TAKE_BACK_SECONDS)
    elif state is not CaseState.COMMITTING or withdrawn:
        due = None
    undo_until = due if due and due > moment else None
    left = int((undo_until - moment).total_seconds()) if undo_until else 0
    return LastAction(
        number,
        reference_of(number),
        DecisionKind(kind),
        STAGES[state],
        waits,
        withdrawn,
        undo_until,
        Lapse(why) if why else None,
        moment - cast_at < FRESH,
        left,
    )


@dataclass(frozen=True)
class PreservationView:
    """A preservation that will lapse. `mine`: the reader ordered it, so someone else must confirm."""

    decision_id: int
    case_id: int
    reference: str
    category: str
    decided_at: datetime
    lapses_at: datetime
    mine: bool


def list_preservations(*, actor: Actor) -> tuple[PreservationView, ...]:
    """Unconfirmed preservations, the next to lapse first. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = Preservation.objects.filter(
        visible_to(actor, path="decision__case__"), agreed_at__isnull=True, lapsed_at__isnull=True
    ).select_related("decision__case")
    return tuple(
        PreservationView(
            row.decision_id,
            row.decision.case_id,
            row.decision.case.reference,
            row.decision.case.category,
            row.decision.decided_at,
            row.lapses_at,
            row.decision.decided_by_id == person,
        )
        for row in rows.order_by("lapses_at", "pk")[:200]
    )
