"""Decisions that wait for their commit, and a person's last step: what happens when, and whether it can be undone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jaga.core.actors import Actor
from jaga.core.cases import CaseState, reference_of
from jaga.core.clock import now
from jaga.core.terms import ActionState, AppealState, DecisionKind, Language, Lapse, ReportRoute, Role, VictimSay
from jaga.records.access.base.clearance import READERS, clearances_of, visible_to
from jaga.records.access.cases.gate import STAGES, CaseStage
from jaga.records.bulk import ask_prepared
from jaga.records.models import Appeal, CommitWait, PendingCommit, Report, ReportMessage, Vote

MOST_TO_READ = 50
REMEMBERED = timedelta(hours=12)
"""How long a person's last vote stays at the bottom of their pages: a long shift."""


_LAST = """
SELECT v.case_id, v.kind, c.state, (SELECT w.why FROM records_votewithdrawal w WHERE w.vote_id = v.id),
    (SELECT p.commit_at FROM records_pendingcommit p WHERE p.case_id = c.id AND p.ended_at IS NULL)
FROM records_vote v JOIN records_case c ON c.id = v.case_id
WHERE v.person_id = %s AND v.cast_at > %s AND c.clearance = ANY(%s) ORDER BY v.cast_at DESC, v.id DESC LIMIT 1
"""


@dataclass(frozen=True)
class NewStatements:
    """What somebody said since the votes. Empty where the case is victim-first: texts stay closed there."""

    report_id: int
    text: str
    language: Language
    at: datetime
    hidden: bool
    speaker: bytes = field(repr=False)


@dataclass(frozen=True)
class PendingDecisionView:
    """What waits. It names no account: the case does. `unheard`: what a supervisor must read before it goes on."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    redacts: bool
    adjudicated: bool
    accounts: int
    made_at: datetime
    commit_at: datetime
    mine: bool
    waits_on: bool = False  # beyond its moment, till a supervisor without a vote has read what was said
    may_let_on: bool = False
    lifting: bool = False  # it takes the case off the victim-first way
    unheard: tuple[NewStatements, ...] = ()
    restricted: bool = False  # done and verified on every account whose platform can
    told: bool = False  # the holder gets, or has, the letter
    alone: bool = False  # one person's dismissal
    appeal_id: int | None = None  # of the holder, against the restriction; it does not stop the closure by itself


@dataclass(frozen=True)
class LastAction:
    """A person's last vote, and what becomes of it. `commit_at`: until then it can be undone; None where not."""

    case_id: int
    reference: str
    kind: DecisionKind
    stage: CaseStage
    waits: bool
    withdrawn: bool
    commit_at: datetime | None
    lapsed: Lapse | None = None  # why it counts no longer; None where people took it back


def list_waiting(*, actor: Actor) -> tuple[PendingDecisionView, ...]:
    """What waits for its commit, the next first: to its voters, and all of it to supervisors. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = PendingCommit.objects.filter(visible_to(actor, path="case__"), ended_at__isnull=True)
    voted = set(Vote.standing.filter(person_id=person, case__in=rows.values("case")).values_list("case_id", flat=True))
    if Role.SUPERVISOR not in actor.roles:
        rows = rows.filter(case__in=voted)
    ever = set(Vote.objects.filter(person_id=person, case__in=rows.values("case")).values_list("case_id", flat=True))
    waits = {wait.commit_id: wait for wait in CommitWait.objects.filter(
        commit__in=rows, let_on_at__isnull=True).select_related("report")}

    def lets(row: PendingCommit) -> bool:
        return row.pk in waits and Role.SUPERVISOR in actor.roles and row.case_id not in ever

    return tuple(
        PendingDecisionView(row.case_id, row.case.reference, row.case.category, DecisionKind(row.vote.kind),
                            row.other is not None and bool(set(row.vote.rooms) & set(row.other.rooms)), row.adjudicated,
                            len(set(row.vote.accounts) & set((row.other or row.vote).accounts)), row.made_at,
                            row.closes_at(),
                            row.case_id in voted, row.pk in waits, lets(row), row.vote.victim == VictimSay.LIFT,
                            unheard_of(row, waits[row.pk]) if lets(row) else (),
                            any(action.state == ActionState.DONE
                                for one in row.held.all() for action in one.actions.all()),
                            bool(row.held.all()), row.other is None,
                            Appeal.objects.filter(decision__in=row.held.all(), state=AppealState.OPEN)
                            .values_list("pk", flat=True).first())
        for row in rows.select_related("case", "vote", "other").prefetch_related("held__actions").order_by(
            "commit_at", "pk")
    )


def unheard_of(pending: PendingCommit, wait: CommitWait) -> tuple[NewStatements, ...]:
    """What was said in the case since the votes that wait, in its order: reports of those who write as victims, and
    messages of reporters. The report that made it wait is always among them.
    """
    # Whoever lets a lifting go on has read what speaks of a victim: that is what it is about.
    lifting = pending.vote.victim == VictimSay.LIFT
    hidden, since = pending.case.victim_first and not lifting, pending.made_at
    said_as_victim = pending.case.reports.filter(route=ReportRoute.VICTIM, filed_at__gte=since)
    reports = list(pending.case.reports.exclude(text="").order_by("-pk")[:MOST_TO_READ] if lifting else said_as_victim)
    messages = ReportMessage.objects.filter(report__case=pending.case_id, report__organisation__isnull=True,
                                            from_us=False, at__gte=since).select_related("report")
    said = [(one.at, one.report, one.text) for one in messages]
    if wait.report_id not in {report.pk for _, report, _ in said}:
        reports = [*(report for report in reports if report.pk != wait.report_id), wait.report]
    said += [(report.filed_at or report.received_at, report, report.told) for report in reports]
    return tuple(NewStatements(report.pk, "" if hidden else text, Language(report.language), at, hidden and bool(text),
                               speaker_of(report))
                 for at, report, text in sorted(said, key=lambda one: (one[0], one[1].pk)))


def speaker_of(report: Report) -> bytes:
    """A keyed hash that is equal for one speaker, as far as anything tells: the network, or else the sender."""
    return bytes(report.network_key or report.contact_key or report.source_key)


def last_action_of(actor: Actor) -> LastAction | None:
    """This person's last vote of the shift; None where there is none, or where that case is closed to
    them by now, and for people who do not vote."""
    if actor.person_id is None or not actor.roles.intersection(READERS):
        return None
    moment = now()
    rows = ask_prepared(_LAST, [actor.person_id, moment - REMEMBERED,
                                ["", *(one.value for one in clearances_of(actor))]])
    if not rows:
        return None
    number, kind, named, why, due = rows[0]
    withdrawn = why is not None
    state = CaseState(named)
    commit_at = due if state is CaseState.COMMITTING and not withdrawn else None
    return LastAction(number, reference_of(number), DecisionKind(kind), STAGES[state],
                      state is CaseState.SECOND_VOTE and not withdrawn, withdrawn,
                      commit_at if commit_at and commit_at > moment else None, Lapse(why) if why else None)
