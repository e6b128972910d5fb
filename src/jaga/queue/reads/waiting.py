"""The queue's query: each queue has an index in rank order; the fronts are read and merged.

A page costs a few index steps per queue of the person, however many cases wait. The ORM generates the SQL for one
queue, and the database runs it for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from jaga.cases.models.cases import QUEUED, Case, Lease
from jaga.cases.models.decisions import Vote
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import Severity
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import Channel
from jaga.queue.reads.routing import queues_of
from jaga.reporting.models import ReportMessage
from jaga.store.bulk import ask_prepared
from jaga.store.reads import READERS, current_user, visible_to

COUNTED = 100
"""A count is exact up to this number; above, the page says there are more."""
LOOKED_AT = 500
"""Cases at the front of each queue examined for such a count."""


class _ExistsForRow(Exists):
    """`EXISTS` that is asked for each row read, by the inner table's index.

    Of a plain `EXISTS` PostgreSQL makes a join, for which it may read the whole inner table (all votes) although the
    page needs a few rows. It leaves a subquery with an OFFSET as it is.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"


@dataclass(frozen=True)
class QueueFilter:
    """Queue filters; empty matches everything. `whose`: "mine", "free", or "" for all."""

    category: str = ""
    channel: Channel | None = None
    overdue: bool = False
    differing: bool = False
    answered: bool = False
    queue: str = ""
    language: Language | None = None
    severity: Severity | None = None  # At least this severity.
    whose: str = ""
    escalated: bool = False
    apart: bool = False  # Only cases set apart.


@dataclass(frozen=True)
class QueueCursor:
    """The last row of the previous page. The queue has a total order, so no row is skipped or repeated."""

    rank_at: datetime
    case_id: int


@dataclass(frozen=True)
class QueueCount:
    """A count; with `more`, a lower bound."""

    number: int
    more: bool


MOST_COPIES = 2000
"""Near-duplicates in one cluster are counted up to this number; above, the page says there are more."""
_KEY: RawSQL = RawSQL("waiting_queue.key", ())
_CLUSTER: RawSQL = RawSQL("waiting_cluster.id", ())
# One index step per cluster, whatever its number of cases.
_FIRST_OF_EACH = """
SELECT one.* FROM (
    WITH RECURSIVE each(id) AS (
        (SELECT cluster_id FROM records_case
         WHERE state IN ('in_review', 'second_vote', 'adjudication') AND snoozed_until IS NULL AND escalated_at IS NULL
           AND cluster_id IS NOT NULL ORDER BY cluster_id LIMIT 1)
        UNION ALL SELECT (
            SELECT cluster_id FROM records_case
            WHERE state IN ('in_review', 'second_vote', 'adjudication')
              AND snoozed_until IS NULL AND escalated_at IS NULL
              AND cluster_id > each.id ORDER BY cluster_id LIMIT 1) FROM each WHERE each.id IS NOT NULL)
    SELECT id FROM each WHERE id IS NOT NULL) AS waiting_cluster(id) CROSS JOIN LATERAL ({})
    AS one(id, rank_at)
"""
_COPIES = (
    "SELECT waiting_cluster.id, count(DISTINCT one.subject_id), count(*) FROM unnest(%s::bigint[])"
    " AS waiting_cluster(id) CROSS JOIN LATERAL ({}) AS one GROUP BY 1"
)
_OF_EACH = "SELECT one.* FROM unnest(%s::text[]) AS waiting_queue(key) CROSS JOIN LATERAL ({}) AS one"


@dataclass(frozen=True)
class Front:
    """Cases in queue order.

    With `keys` the query is parametrised by queue (`_KEY`) and run for each key. With `lines` it is parametrised by
    cluster (`_CLUSTER`), whose first case represents the rest; `after` then compares with that first case.
    """

    rows: QuerySet[Case, Any]
    keys: tuple[str, ...] | None = None
    lines: bool = False
    after: QueueCursor | None = None

    def filter(self, *conditions: Q, **more: object) -> "Front":
        """The front narrowed by these conditions."""
        return replace(self, rows=self.rows.filter(*conditions, **more))


@dataclass(frozen=True)
class Waiting:
    """Cases waiting for the actor's vote under a filter, without those deferred."""

    actor: Actor
    wanted: QueueFilter
    moment: datetime
    person: int
    visible: Q
    queues: tuple[str, ...]
    skipped: tuple[int, ...]
    aside: tuple[int, ...] = ()  # Skipped cases the actor did not skip but sees in another place.

    def mine(self) -> QuerySet[Case]:
        """Cases assigned to the actor, shown on top."""
        return self._cases(
            Case.objects.filter(
                self._not_held(), self._reachable(), assigned_to_id=self.person, state__in=VOTING_STATES
            )
        )

    def rest(self, after: QueueCursor | None = None) -> list[Front]:
        """All other cases as fronts, each in queue order: the queues, cases whose deferral has just ended, escalated
        cases (for supervisors), and the first waiting case of each cluster.
        """
        fronts = [
            replace(front, rows=front.rows.filter(cluster__isnull=True)) if front.keys is not None else front
            for front in self._fronts()
        ]
        fronts = [replace(front, rows=self._behind(self._cases(self._here(front.rows)), after)) for front in fronts]
        return fronts if self.wanted.escalated else [*fronts, self._lines(after)]

    def one_by_one(self) -> list[Front]:
        """All other cases, near-duplicates included."""
        return [replace(front, rows=self._behind(self._cases(front.rows), None)) for front in self._fronts()]

    def here_one_by_one(self) -> list[Front]:
        """The same without cases set apart (with the filter `apart`: those alone)."""
        return [replace(front, rows=self._here(front.rows)) for front in self.one_by_one()]

    def _lines(self, after: QueueCursor | None) -> Front:
        rows = Case.objects.filter(QUEUED, cluster_id=_CLUSTER, queue__in=self._keys())
        passed = [one for one in self.skipped if one not in self.aside]
        if passed:  # Whoever puts one near-duplicate aside does not want the next one.
            rows = rows.exclude(cluster__in=Case.objects.filter(pk__in=passed, cluster__isnull=False).values("cluster"))
        return Front(self._behind(self._cases(rows), None), lines=True, after=after)

    def line(self, cluster_id: int, after: QueueCursor | None = None) -> QuerySet[Case]:
        """The cases of one cluster."""
        return self._behind(self._cases(Case.objects.filter(QUEUED, cluster=cluster_id, queue__in=self._keys())), after)

    def copies(self, clusters: Sequence[int]) -> dict[int, QueueCount]:
        """For each cluster, how many accounts' cases wait for the actor."""
        if not clusters:
            return {}
        rows = self._cases(Case.objects.filter(QUEUED, cluster_id=_CLUSTER, queue__in=self._keys()))
        try:
            text, given = rows.values("subject_id")[: MOST_COPIES + 1].query.sql_with_params()
        except EmptyResultSet:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(_COPIES.format(text), [list(clusters), *given])
            return {
                number: QueueCount(min(accounts, MOST_COPIES), cases > MOST_COPIES)
                for number, accounts, cases in cursor.fetchall()
            }

    def looked_through(self) -> list[Front]:
        """The first `LOOKED_AT` cases of each front whoever may vote on them, to be filtered with `fitting`.

        Filters supported by the queues' indexes are already applied.
        """
        narrow = {
            name: value
            for name, value in (("category", self.wanted.category), ("channel", self.wanted.channel))
            if value
        }
        return [
            replace(front, rows=self._here(front.rows).filter(**narrow).order_by("rank_at", "pk").values("pk"))
            for front in self._fronts()
        ]

    def fitting(self, number_in: QuerySet[Case, Any]) -> QuerySet[Case]:
        """The cases among these that match the filter."""
        return self._cases(Case.objects.filter(pk__in=number_in))

    def _here(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        """Cases whose account the platform knows, or those set apart."""
        return rows.filter(apart=self.wanted.apart)

    def _fronts(self) -> list[Front]:
        fronts = [] if self.wanted.escalated else [Front(Case.objects.filter(QUEUED, queue=_KEY), self._keys())]
        # The worker lifts it soon.
        fronts.append(
            Front(Case.objects.filter(self._reachable(), snoozed_until__lte=self.moment, state__in=VOTING_STATES))
        )
        if Role.SUPERVISOR in self.actor.roles:
            fronts.append(
                Front(
                    Case.objects.filter(snoozed_until__isnull=True, escalated_at__isnull=False, state__in=VOTING_STATES)
                )
            )
        return fronts

    def _keys(self) -> tuple[str, ...]:
        return tuple(key for key in self.queues if not self.wanted.queue or key == self.wanted.queue)

    def _not_held(self) -> Q:
        return Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=self.moment)

    def _reachable(self) -> Q:
        """A filter for the actor's queues, plus cases with supervisors if the actor is one."""
        queued = Q(escalated_at__isnull=True, queue__in=self._keys())
        if self.wanted.escalated:
            queued = Q(pk__in=[])
        return queued | Q(escalated_at__isnull=False) if Role.SUPERVISOR in self.actor.roles else queued

    def _cases(self, rows: QuerySet[Case]) -> QuerySet[Case]:
        """Cases waiting for a vote the actor can cast and see, under the filter."""
        # The sum keeps the planner from reading all votes of a voter of whom it has few statistics.
        own = Vote.in_force.filter(case=OuterRef("pk")).alias(voter=F("person_id") + 0).filter(voter=self.person)
        rows = rows.filter(self.visible, ~_ExistsForRow(own))
        # The states are named only once: the planner counts each repetition as more selective and would sort.
        if Role.SUPERVISOR not in self.actor.roles:
            rows = rows.exclude(state=CaseState.ADJUDICATION)
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
    def _behind(rows: QuerySet[Case], after: QueueCursor | None) -> QuerySet[Case]:
        if after:
            behind = Q(rank_at__gt=after.rank_at) | Q(rank_at=after.rank_at, pk__gt=after.case_id)
            # The second condition marks where the index scan starts.
            rows = rows.filter(behind, rank_at__gte=after.rank_at)
        return rows.order_by("rank_at", "pk")


def waiting_for(actor: Actor, wanted: QueueFilter | None = None) -> Waiting:
    """The cases waiting for the actor. Raises NotPermitted for anyone who does not judge cases."""
    person, moment = actor.require(*READERS), now()
    me = current_user(person)
    return Waiting(
        actor,
        wanted or QueueFilter(),
        moment,
        person,
        visible_to(actor),
        tuple(queue.key for queue in queues_of(actor)),
        me.skipped if me else (),
    )


def front(fronts: Sequence[Front], length: int) -> list[int]:
    """Ids of the first cases of all fronts merged in queue order."""
    rows = [replace(one, rows=one.rows.values("pk", "rank_at")[: 1 if one.lines else length]) for one in fronts]
    return [
        number
        for number, _ in _together(rows, "SELECT * FROM ({}) w(id, rank_at) ORDER BY rank_at, id LIMIT %s", length)
    ]


# One index step each in the three places of `Waiting._fronts`.
_ANY_APART = """SELECT EXISTS (SELECT FROM records_case WHERE state IN ('in_review', 'second_vote', 'adjudication')
    AND snoozed_until IS NULL AND escalated_at IS NULL AND apart)
OR EXISTS (SELECT FROM records_case WHERE state IN ('in_review', 'second_vote', 'adjudication')
    AND escalated_at IS NOT NULL AND apart)
OR EXISTS (SELECT FROM records_case WHERE snoozed_until IS NOT NULL AND apart)"""


def count_apart(actor: Actor) -> QueueCount:
    """How many cases wait set apart (`QueueFilter.apart`), as `count_waiting`: mostly none, which one step tells."""
    ((some,),) = ask_prepared(_ANY_APART, ())
    return count_waiting(waiting_for(actor, QueueFilter(apart=True))) if some else QueueCount(0, more=False)


def count_waiting(waiting: Waiting) -> QueueCount:
    """How many cases at the front match the filter. Bounded in cost; `more` is set if counting stopped early."""
    fronts = waiting.looked_through()
    found = _count(
        [replace(one, rows=waiting.fitting(one.rows[:LOOKED_AT]).values("pk")[: COUNTED + 1]) for one in fronts]
    )
    more = found > COUNTED or _count([replace(one, rows=one.rows[LOOKED_AT : LOOKED_AT + 1]) for one in fronts]) > 0
    return QueueCount(min(found, COUNTED), more)


def counting(waiting: Waiting, most: int) -> tuple[str, list[Any]] | None:
    """A statement that selects the first cases of each front, up to `most`; None if nothing can match.

    For a number on every page: exact below `most`.
    """
    return _united([replace(one, rows=one.rows.values("pk")[:most]) for one in waiting.here_one_by_one()])


def _count(fronts: Sequence[Front]) -> int:
    rows = _together(fronts, "SELECT count(*) FROM ({}) w")
    return int(rows[0][0]) if rows else 0


def _together(fronts: Sequence[Front], query: str, *more: int) -> list[tuple[Any, ...]]:
    """The rows of a query over all fronts; empty if no front can contain any."""
    united = _united(fronts)
    if united is None:
        return []
    selects, values = united
    with connection.cursor() as cursor:
        cursor.execute(query.format(selects), [*values, *more])
        return list(cursor.fetchall())


def _united(fronts: Sequence[Front]) -> tuple[str, list[Any]] | None:
    """One statement over all fronts, and its values; None if no front can contain any."""
    selects: list[str] = []
    values: list[Any] = []
    for one in fronts:
        try:
            text, given = one.rows.query.sql_with_params()
        except EmptyResultSet:  # A filter that nothing can match.
            continue
        if one.keys is not None:
            text, given = _OF_EACH.format(text), (list(one.keys), *given)
        elif one.lines:
            text = _FIRST_OF_EACH.format(text)
            if one.after:
                text, given = (
                    f"{text} WHERE (one.rank_at, one.id) > (%s, %s)",
                    (*given, one.after.rank_at, one.after.case_id),
                )
        selects.append(f"({text})")
        values += given
    return (" UNION ALL ".join(selects), values) if selects else None


def not_at_work(moment: datetime, person: int) -> Q:
    """A filter over cases: nobody else holds a lease on it."""
    others = Lease.objects.filter(case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=moment)
    return ~Q(Exists(others.exclude(holder_id=person)))


def has_answers() -> Exists:
    """A filter over cases: they have a reporter's message nobody on the team has read."""
    return Exists(ReportMessage.objects.filter(report__case=OuterRef("pk"), from_us=False, read_at__isnull=True))
