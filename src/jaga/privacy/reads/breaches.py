"""Breaches as staff see them: the list, one breach with its counts and records, and the letters to send."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.privacy import BreachGroup, BreachScopeKind
from jaga.privacy.models import Breach, BreachNotice, BreachScope
from jaga.privacy.reads.holder_data import LEADING, ConcernedCounts, count_concerned, is_everybody_recorded


@dataclass(frozen=True)
class ListedBreach:
    """A breach in the list."""

    breach_id: int
    reference: str
    what: str
    found_at: datetime
    due_at: datetime
    closed_at: datetime | None
    drill: bool
    authority_recorded: bool  # The authority was told, or a reason says why not.
    everybody_recorded: bool  # Also each group of people, as large as it is now.

    @property
    def overdue(self) -> bool:
        """Whether the time is over and the authority or somebody concerned has no record."""
        return self.closed_at is None and not self.everybody_recorded and self.due_at <= now()


@dataclass(frozen=True)
class ScopeView:
    """Something that a breach concerns. `page` for a kind of page, `name` for the others."""

    kind: BreachScopeKind
    name: str
    page: AccessKind | None


@dataclass(frozen=True)
class NoticeView:
    """What is recorded of a group: the last record counts."""

    group: BreachGroup
    people: int
    sent: bool
    how: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class BreachView:
    """One breach."""

    listed: ListedBreach
    data: str
    measures: str
    advice: str
    began_at: datetime
    stopped_at: datetime
    declared_by: str
    declared_at: datetime
    lessons: str
    closed_by: str
    scopes: tuple[ScopeView, ...]
    counts: ConcernedCounts
    notices: Mapping[BreachGroup, NoticeView]

    @property
    def groups(self) -> tuple[tuple[BreachGroup, int, NoticeView | None], ...]:
        """Each group with its number of people and its record; the authority first, groups without people left out."""
        return tuple(
            (group, self.counts.of(group), self.notices.get(group))
            for group in BreachGroup
            if group is BreachGroup.AUTHORITY or self.counts.of(group) or group in self.notices
        )


def open_breaches() -> QuerySet[Breach]:
    """Breaches that are not closed; no drills."""
    return Breach.objects.filter(closed_at__isnull=True, drill=False)


def count_overdue_breaches() -> int:
    """Breaches whose time is over although the authority or somebody concerned has no record."""
    return sum(not is_everybody_recorded(row) for row in open_breaches().filter(due_at__lte=now()))


def list_breaches(*, actor: Actor) -> tuple[ListedBreach, ...]:
    """Open breaches by deadline, then closed ones. Raises NotPermitted."""
    actor.require(*LEADING)
    rows = Breach.objects.order_by(F("closed_at").desc(nulls_first=True), "due_at").prefetch_related("notices")
    found = [_listed(row) for row in rows[:200]]
    return (*(one for one in found if one.closed_at is None), *(one for one in found if one.closed_at is not None))


def access_breach(breach_id: int, *, actor: Actor) -> BreachView:
    """One breach with how many are concerned. Raises NotPermitted, NotFound."""
    actor.require(*LEADING)
    row = Breach.objects.select_related("declared_by", "closed_by").filter(pk=breach_id).first()
    if row is None:
        raise NotFound
    notices = BreachNotice.objects.filter(breach=row).select_related("recorded_by").order_by("pk")
    return BreachView(
        _listed(row),
        row.data,
        row.measures,
        row.advice,
        row.began_at,
        row.stopped_at,
        row.declared_by.display_name,
        row.declared_at,
        row.lessons,
        row.closed_by.display_name if row.closed_by else "",
        tuple(_scope(one) for one in row.scopes.select_related("person", "case").order_by("pk")),
        count_concerned(row),
        {
            BreachGroup(one.group): NoticeView(
                BreachGroup(one.group), one.people, one.sent, one.how, one.recorded_by.display_name, one.recorded_at
            )
            for one in notices
        },
    )


def _listed(row: Breach) -> ListedBreach:
    recorded = any(one.group == BreachGroup.AUTHORITY for one in row.notices.all())
    return ListedBreach(
        row.pk,
        row.reference,
        row.what,
        row.found_at,
        row.due_at,
        row.closed_at,
        row.drill,
        recorded,
        row.closed_at is not None or is_everybody_recorded(row),
    )


def _scope(row: BreachScope) -> ScopeView:
    name = row.person.display_name if row.person else row.case.reference if row.case else row.key
    return ScopeView(BreachScopeKind(row.kind), name, AccessKind(row.page) if row.page else None)
