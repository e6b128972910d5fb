"""Shift handover cards for everyone who works in the queue. Cases closed to the reader are only counted."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.terms.cases import HandedWhy, Severity
from jaga.records.access.base.clearance import READERS, clearances_of
from jaga.records.access.queue.routing import TeamNoteView, notes_of
from jaga.records.models import HandedCase, ShiftHandover

CARDS_SHOWN = 20
FEW = 3
"""Smaller vote counts are not shown, since the number alone could reveal on which case someone voted."""


@dataclass(frozen=True)
class HandedCaseView:
    """One case of a card in its current state."""

    case_id: int
    reference: str
    category: str
    severity: Severity
    why: HandedWhy
    due_at: datetime
    overdue: bool
    waits: bool
    snoozed_until: datetime | None
    last_note: TeamNoteView | None


@dataclass(frozen=True)
class ShiftCardView:
    """A handover card. `votes` is None if too few to show; `closed` counts cases the reader may not see."""

    handover_id: int
    made_by: str
    mine: bool
    made_at: datetime
    text: str
    votes: int | None
    cases: tuple[HandedCaseView, ...]
    closed: int
    taken_by: str
    taken_at: datetime | None


def list_cards(*, untaken: bool = False, actor: Actor) -> tuple[ShiftCardView, ...]:
    """The latest cards, newest first; with `untaken`, those made by others that nobody has taken over.

    Raises NotPermitted for anyone who does not judge cases.
    """
    person, held = actor.require(*READERS), clearances_of(actor)
    rows = cards_untaken(actor) if untaken else ShiftHandover.objects.all()
    rows = rows.select_related("made_by", "taken_by").prefetch_related("cases__case")
    return tuple(_card(row, person, {"", *held}) for row in rows.order_by("-pk")[:CARDS_SHOWN])


def cards_untaken(actor: Actor) -> QuerySet[ShiftHandover]:
    """Cards that others made and nobody has taken over."""
    return ShiftHandover.objects.filter(taken_at__isnull=True).exclude(made_by_id=actor.person_id)


def _card(row: ShiftHandover, person: int, visible: set[str]) -> ShiftCardView:
    cases = sorted(row.cases.all(), key=lambda one: (one.case.due_at, one.case_id))
    shown = [one for one in cases if one.case.clearance in visible]
    return ShiftCardView(
        row.pk,
        row.made_by.display_name,
        row.made_by_id == person,
        row.made_at,
        row.text,
        row.votes_waiting if row.votes_waiting >= FEW else None,
        tuple(_case(one) for one in shown),
        len(cases) - len(shown),
        row.taken_by.display_name if row.taken_by else "",
        row.taken_at,
    )


def _case(row: HandedCase) -> HandedCaseView:
    case, moment = row.case, now()
    waits = case.state in VOTING_STATES
    return HandedCaseView(
        case.pk,
        case.reference,
        case.category,
        Severity(case.severity),
        HandedWhy(row.why),
        case.due_at,
        case.due_at < moment,
        waits,
        case.snoozed_until if waits else None,
        next(iter(notes_of(case)), None),
    )
