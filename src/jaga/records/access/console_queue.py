"""The queue: cases that wait for a vote of this person, in the order of their rank, and the person's own votes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import OuterRef, Subquery

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.terms import Channel, DecisionKind, Language, Severity
from jaga.policy import load_release
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import READERS, STAGES, Stage, listed_account, number_of
from jaga.records.access.console_accounts import JudgedAccount, accounts_voted
from jaga.records.access.console_mailbox import has_answers
from jaga.records.access.exposure import exposure_of, may_be_given
from jaga.records.access.waiting import Place, Wanted, front, not_at_work, waiting_for
from jaga.records.models import Case, Lease, Vote

__all__ = [
    "PAGE", "OwnVote", "Place", "QueuePage", "QueueRow", "Wanted", "list_own_votes", "list_queue", "list_skipped",
    "next_in_queue", "own_vote",
]

PAGE = 25
OWN_SHOWN = 100
VOTES_SHOWN = 100


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
    flagged: bool
    holder: str | None
    mine: bool
    differing: bool
    answered: bool  # a reporter wrote something that nobody of the team has read
    rank_at: datetime
    queue: str
    language: Language
    assignee: str  # whose it is to do first; empty: anybody's
    assigned_to_me: bool
    escalated: bool


@dataclass(frozen=True)
class QueuePage:
    """Some rows, the first page with this person's own on top, and where the next page starts; None on the last one."""

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
    withdrawn: bool  # with the decision that it was part of, before its commit

    @property
    def settled(self) -> bool:
        """Whether the case was decided, so that each account has its outcome."""
        return self.stage not in (Stage.NEW, Stage.REVIEW, Stage.SUPERVISOR, Stage.COMMITTING)


def list_queue(wanted: Wanted, *, after: Place | None = None, actor: Actor) -> QueuePage:
    """One page of the queue, for whoever may vote. Raises NotPermitted for other roles."""
    waiting = waiting_for(actor, wanted)
    mine = list(waiting.mine().order_by("rank_at", "pk").values_list("pk", flat=True)[:OWN_SHOWN])
    rest = front(replace(waiting, skipped=(*waiting.skipped, *mine)).rest(after), PAGE + 1)
    shown = mine if after is None else []
    rows = _rows([*shown, *rest[:PAGE]], actor, waiting.moment)
    last = rows[-1] if len(rest) > PAGE else None
    return QueuePage(rows, Place(last.rank_at, last.case_id) if last else None)


def list_skipped(*, actor: Actor) -> tuple[QueueRow, ...]:
    """What this person has put at the end of their own queue for a while. Raises NotPermitted."""
    waiting = waiting_for(actor)
    if not waiting.skipped:
        return ()
    everything = replace(waiting, skipped=())
    rows = [row.filter(pk__in=waiting.skipped) for row in everything.rest()]
    return _rows(front(rows, PAGE), actor, waiting.moment)


def _rows(numbers: list[int], actor: Actor, moment: datetime) -> tuple[QueueRow, ...]:
    """The rows of these cases, in this order."""
    if not numbers:
        return ()
    lease = Lease.objects.filter(case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=moment)
    found = Case.objects.filter(pk__in=numbers).select_related("subject__platform", "assigned_to").annotate(
        holder_name=Subquery(lease.values("holder__display_name")[:1]),
        holder_number=Subquery(lease.values("holder_id")[:1]),
        answered=has_answers(),
    )
    rows = {case.pk: _row(case, case.holder_name, case.holder_number == actor.person_id, case.answered, moment,
                          actor.person_id) for case in found}
    return tuple(rows[number] for number in numbers if number in rows)


def _row(case: Case, holder: str | None, mine: bool, answered: bool, moment: datetime,
         person: int | None) -> QueueRow:
    return QueueRow(
        case.pk, case.reference, case.subject.platform.display_name,
        listed_account(case, case.subject.account_id),
        case.category, Channel(case.channel), Severity(case.severity), case.victim_first, case.urgent, case.due_at,
        case.due_at < moment, case.reports_count, case.sources_count, case.flagged, holder, mine,
        case.state == CaseState.ADJUDICATION, answered, case.rank_at, case.queue, Language(case.language),
        case.assigned_to.display_name if case.assigned_to else "", case.assigned_to_id == person,
        case.escalated_at is not None,
    )


def next_in_queue(*, but: int | None = None, actor: Actor) -> int | None:
    """The first waiting case that nobody else is at: this person's own before all others, what is assigned to somebody
    else after the rest, what they skipped last; lighter ones where that is due. None when there is none.
    """
    waiting = waiting_for(actor)
    aside = (but,) if but is not None else ()
    waiting = replace(waiting, skipped=(*waiting.skipped, *aside))
    free = not_at_work(waiting.moment, waiting.person) & may_be_given(actor)
    found = waiting.mine().filter(free).order_by("rank_at", "pk").values_list("pk", flat=True).first()
    if found is not None:
        return found
    nobodys = [rows.filter(free, assigned_to__isnull=True) for rows in waiting.rest()]
    others = [rows.filter(free) for rows in waiting.rest()]
    skipped = [rows.filter(free) for rows in replace(waiting, skipped=aside).rest()]
    return next((number for rows in (nobodys, others, skipped) for number in front(rows, 1)), None)


def next_among(rows: Iterable[QueueRow], *, but: int, actor: Actor) -> int | None:
    """The same among rows of `list_queue` that are at hand; where none of them fits, the queue is asked."""
    lighter_only, severe = exposure_of(actor).lighter_only, load_release().wellness.severe_from
    for row in rows:
        free = (row.mine or not row.holder) and (row.assigned_to_me or not row.assignee)
        given = not lighter_only or row.severity < severe or (row.urgent and row.victim_first)
        if row.case_id != but and free and given:
            return row.case_id
    return next_in_queue(but=but, actor=actor)


def list_own_votes(*, actor: Actor) -> tuple[OwnVote, ...]:
    """This person's last votes, newest first, without cases that are closed to them by now. Raises NotPermitted for
    people who do not vote.
    """
    person = actor.require(*READERS)
    votes = list(
        Vote.objects.filter(visible_to(actor, path="case__"), person_id=person).select_related("case", "withdrawal")
        .order_by("-cast_at", "-pk")[:VOTES_SHOWN])
    accounts = accounts_voted(votes)
    return tuple(_own(vote, accounts[vote.pk]) for vote in votes)


def own_vote(case: Case, *, actor: Actor) -> OwnVote | None:
    """This person's vote on the case, if there is one."""
    vote = Vote.standing.filter(case=case, person_id=number_of(actor)).select_related("case").first()
    return _own(vote, accounts_voted([vote])[vote.pk]) if vote else None


def _own(vote: Vote, accounts: tuple[JudgedAccount, ...]) -> OwnVote:
    state, withdrawn = CaseState(vote.case.state), hasattr(vote, "withdrawal")
    return OwnVote(vote.case_id, vote.case.reference, vote.case.category, DecisionKind(vote.kind), vote.cast_at,
                   STAGES[state], state is CaseState.SECOND_VOTE and not withdrawn, vote.restrict_days, accounts,
                   withdrawn)
