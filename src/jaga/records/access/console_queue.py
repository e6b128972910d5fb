"""The queue: cases that wait for a vote of this person, in the order of their rank, and the person's own votes."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import Channel, DecisionKind, Role, Severity
from jaga.records.access.console import READERS, STAGES, Stage, number_of
from jaga.records.access.console_accounts import JudgedAccount, accounts_voted
from jaga.records.models import Case, Lease, Vote

PAGE = 25
VOTES_SHOWN = 100


@dataclass(frozen=True)
class Wanted:
    """What of the queue is wanted; an empty one is all of it."""

    category: str = ""
    channel: Channel | None = None
    overdue: bool = False
    differing: bool = False


@dataclass(frozen=True)
class Place:
    """The last row of the page before: the queue's order is total, so that no row is skipped or shown twice."""

    rank_at: datetime
    case_id: int


@dataclass(frozen=True)
class QueueRow:
    """One waiting case. It says nothing about votes, but for `differing`, which only a supervisor's queue holds."""

    case_id: int
    reference: str
    platform: str
    account: str
    category: str
    channel: Channel
    severity: Severity
    victim_first: bool
    urgent: bool
    due_at: datetime
    overdue: bool
    reports: int
    sources: int
    holder: str | None
    mine: bool
    differing: bool
    rank_at: datetime


@dataclass(frozen=True)
class QueuePage:
    """Some rows, and where the next page starts; None on the last one."""

    rows: tuple[QueueRow, ...]
    after: Place | None


@dataclass(frozen=True)
class OwnVote:
    """One vote of this person, and where the case stands since."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    cast_at: datetime
    stage: Stage
    waits: bool
    restrict_days: int | None
    accounts: tuple[JudgedAccount, ...]

    @property
    def settled(self) -> bool:
        """Whether the case was decided, so that each account has its outcome."""
        return self.stage not in (Stage.NEW, Stage.REVIEW, Stage.SUPERVISOR)


def _waiting(actor: Actor) -> QuerySet[Case]:
    person = actor.require(*READERS)
    states = [CaseState.IN_REVIEW, CaseState.SECOND_VOTE]
    if Role.SUPERVISOR in actor.roles:
        states.append(CaseState.ADJUDICATION)
    own = Vote.objects.filter(case=OuterRef("pk"), person_id=person)
    return Case.objects.filter(~Exists(own), state__in=states)


def list_queue(wanted: Wanted, *, after: Place | None = None, actor: Actor) -> QueuePage:
    """One page of the queue, for whoever may vote. Raises NotPermitted for other roles."""
    moment = now()
    rows = _waiting(actor)
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.overdue:
        rows = rows.filter(due_at__lt=moment)
    if wanted.differing:
        rows = rows.filter(state=CaseState.ADJUDICATION)
    if after:
        rows = rows.filter(Q(rank_at__gt=after.rank_at) | Q(rank_at=after.rank_at, pk__gt=after.case_id))
    lease = Lease.objects.filter(case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=moment)
    found = list(
        rows.select_related("subject__platform").order_by("rank_at", "pk").annotate(
            holder_name=Subquery(lease.values("holder__display_name")[:1]),
            holder_number=Subquery(lease.values("holder_id")[:1]),
        )[:PAGE + 1]
    )
    shown = tuple(_row(case, case.holder_name, case.holder_number == actor.person_id, moment) for case in found[:PAGE])
    return QueuePage(shown, Place(shown[-1].rank_at, shown[-1].case_id) if len(found) > PAGE else None)


def _row(case: Case, holder: str | None, mine: bool, moment: datetime) -> QueueRow:
    return QueueRow(
        case.pk, case.reference, case.subject.platform.display_name,
        "" if case.victim_first else case.subject.account_id,  # a name alone may point at a victim: not in a list
        case.category, Channel(case.channel), Severity(case.severity), case.victim_first, case.urgent, case.due_at,
        case.due_at < moment, case.reports_count, case.sources_count, holder, mine,
        case.state == CaseState.ADJUDICATION, case.rank_at,
    )


def next_in_queue(*, but: int | None = None, actor: Actor) -> int | None:
    """The first waiting case that nobody else holds; None when there is none."""
    held = Lease.objects.filter(
        case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=now()
    ).exclude(holder_id=actor.person_id)
    rows = _waiting(actor).filter(~Exists(held)).order_by("rank_at", "pk")
    if but is not None:
        rows = rows.exclude(pk=but)
    return rows.values_list("pk", flat=True).first()


def list_own_votes(*, actor: Actor) -> tuple[OwnVote, ...]:
    """This person's last votes, newest first. Raises NotPermitted for people who do not vote."""
    person = actor.require(*READERS)
    votes = list(
        Vote.objects.filter(person_id=person).select_related("case").order_by("-cast_at", "-pk")[:VOTES_SHOWN])
    accounts = accounts_voted(votes)
    return tuple(_own(vote, accounts[vote.pk]) for vote in votes)


def own_vote(case: Case, *, actor: Actor) -> OwnVote | None:
    """This person's vote on the case, if there is one."""
    vote = Vote.objects.filter(case=case, person_id=number_of(actor)).select_related("case").first()
    return _own(vote, accounts_voted([vote])[vote.pk]) if vote else None


def _own(vote: Vote, accounts: tuple[JudgedAccount, ...]) -> OwnVote:
    state = CaseState(vote.case.state)
    return OwnVote(vote.case_id, vote.case.reference, vote.case.category, DecisionKind(vote.kind), vote.cast_at,
                   STAGES[state], state is CaseState.SECOND_VOTE, vote.restrict_days, accounts)
