"""The queue's query. Each queue has an index in the explained order; the front of each is read, and they are merged.

So a page costs a few steps into an index for each queue of the person, however many cases wait and in whatever queues.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms import Channel, Language, Role, Severity
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import READERS
from jaga.records.access.console_mailbox import has_answers
from jaga.records.access.queues import queues_of
from jaga.records.models import Case, Lease, Skip, Vote
from jaga.records.models.cases import QUEUED

COUNTED = 100
"""A saved view's number is exact up to here; above, it says that there are more."""
LOOKED_AT = 2000
"""Cases at the front of each queue that are looked through for such a number."""


@dataclass(frozen=True)
class Wanted:
    """What of the queue is wanted; an empty one is all of it. `whose`: "mine", "free", or "" for all."""

    category: str = ""
    channel: Channel | None = None
    overdue: bool = False
    differing: bool = False
    answered: bool = False
    queue: str = ""
    language: Language | None = None
    severity: Severity | None = None  # at least
    whose: str = ""
    escalated: bool = False


@dataclass(frozen=True)
class Place:
    """The last row of the page before: the queue's order is total, so that no row is skipped or shown twice."""

    rank_at: datetime
    case_id: int


@dataclass(frozen=True)
class Count:
    """How many there are; with `more`, at least so many."""

    number: int
    more: bool


@dataclass(frozen=True)
class Waiting:
    """The cases that wait for a vote of this person, as filtered, without those set aside for later."""

    actor: Actor
    wanted: Wanted
    moment: datetime
    person: int
    visible: Q
    queues: tuple[str, ...]
    skipped: tuple[int, ...]

    def mine(self) -> QuerySet[Case]:
        """Those that are assigned to this person. They stand on top."""
        return self._cases(Case.objects.filter(self._not_held(), self._reachable(), assigned_to_id=self.person))

    def rest(self, after: Place | None = None) -> list[QuerySet[Case]]:
        """All others, in one query for each queue and one for each way past it; each in the queue's order."""
        fronts = [] if self.wanted.escalated else [Case.objects.filter(QUEUED, queue=key) for key in self._keys()]
        fronts.append(Case.objects.filter(self._reachable(), held_until__lte=self.moment))  # the worker lifts it soon
        if Role.SUPERVISOR in self.actor.roles:
            fronts.append(Case.objects.filter(held_until__isnull=True, escalated_at__isnull=False))
        return [self._behind(self._cases(front), after) for front in fronts]

    def _keys(self) -> tuple[str, ...]:
        return tuple(key for key in self.queues if not self.wanted.queue or key == self.wanted.queue)

    def _not_held(self) -> Q:
        return Q(held_until__isnull=True) | Q(held_until__lte=self.moment)

    def _reachable(self) -> Q:
        """In a queue of this person, or with the supervisors, if it is one."""
        queued = Q(escalated_at__isnull=True, queue__in=self._keys())
        if self.wanted.escalated:
            queued = Q(pk__in=[])
        return queued | Q(escalated_at__isnull=False) if Role.SUPERVISOR in self.actor.roles else queued

    def _cases(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        """As filtered, and waiting for a vote that this person can cast. Never what they may not see."""
        states = [state for state in VOTING_STATES
                  if state is not CaseState.ADJUDICATION or Role.SUPERVISOR in self.actor.roles]
        own = Vote.standing.filter(case=OuterRef("pk"), person_id=self.person)
        rows = rows.filter(self.visible, ~Exists(own), state__in=states)
        if self.skipped:
            rows = rows.exclude(pk__in=self.skipped)
        wanted = self.wanted
        if wanted.queue:
            rows = rows.filter(queue=wanted.queue)
        if wanted.category:
            rows = rows.filter(category=wanted.category)
        if wanted.channel:
            rows = rows.filter(channel=wanted.channel)
        if wanted.language:
            rows = rows.filter(language=wanted.language)
        if wanted.severity:
            rows = rows.filter(severity__gte=wanted.severity)
        if wanted.overdue:
            rows = rows.filter(due_at__lt=self.moment)
        if wanted.differing:
            rows = rows.filter(state=CaseState.ADJUDICATION)
        if wanted.answered:
            rows = rows.filter(has_answers())
        if wanted.whose == "mine":
            rows = rows.filter(assigned_to_id=self.person)
        elif wanted.whose == "free":
            rows = rows.filter(Q(assigned_to__isnull=True) | Q(assigned_to_id=self.person))
        return rows

    @staticmethod
    def _behind(rows: QuerySet[Case], after: Place | None) -> QuerySet[Case]:
        if after:
            behind = Q(rank_at__gt=after.rank_at) | Q(rank_at=after.rank_at, pk__gt=after.case_id)
            rows = rows.filter(behind, rank_at__gte=after.rank_at)  # the second is where the index begins
        return rows.order_by("rank_at", "pk")


def waiting_for(actor: Actor, wanted: Wanted | None = None) -> Waiting:
    """What waits for this person. Raises NotPermitted for people who do not judge cases."""
    person, moment = actor.require(*READERS), now()
    skipped = tuple(Skip.objects.filter(person_id=person, until__gt=moment).values_list("case_id", flat=True))
    return Waiting(actor, wanted or Wanted(), moment, person, visible_to(actor),
                   tuple(queue.key for queue in queues_of(actor)), skipped)


def front(queries: list[QuerySet[Case]], length: int) -> list[int]:
    """The numbers of the first cases of all of these together, in the queue's order."""
    fronts = [query.values_list("pk", "rank_at")[:length] for query in queries]
    merged = _together(fronts)
    return [number for number, _ in (merged.order_by("rank_at", "id") if len(fronts) > 1 else merged)[:length]]


def count_waiting(waiting: Waiting) -> Count:
    """How many of the cases at the front fit the filter. Cheap however many wait; where it stops early, it says so."""
    wanted = Wanted(queue=waiting.wanted.queue, escalated=waiting.wanted.escalated)
    every = replace(waiting, wanted=wanted).rest()
    fitting = [query.order_by().filter(pk__in=all_.values("pk")[:LOOKED_AT]).values("pk")[:COUNTED + 1]
               for query, all_ in zip(waiting.rest(), every, strict=True)]
    found = _together(fitting).count()
    more = found > COUNTED or _together([rows.values("pk")[LOOKED_AT:LOOKED_AT + 1] for rows in every]).count() > 0
    return Count(min(found, COUNTED), more)


def _together(queries: list[QuerySet[Case, Any]]) -> QuerySet[Case, Any]:
    first, *others = queries
    return first.union(*others, all=True) if others else first


def not_at_work(moment: datetime, person: int) -> Q:
    """For a query over cases: nobody else holds the case now."""
    others = Lease.objects.filter(case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=moment)
    return ~Q(Exists(others.exclude(holder_id=person)))
