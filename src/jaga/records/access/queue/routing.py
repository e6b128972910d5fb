"""Routing on the case page: queue and reason, assignee, deferral and team notes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Clearance, Role
from jaga.records.access.base.clearance import READERS, cleared_people
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.related_records import Related
from jaga.records.models import Case, CaseNote, Person, Skip

NOTES_SHOWN = 50
PEOPLE_SHOWN = 200


@dataclass(frozen=True)
class TeamNoteView:
    """A team note."""

    person: str
    kind: NoteKind
    text: str
    at: datetime


@dataclass(frozen=True)
class CasePlacement:
    """Where a case waits. `waits`: it can still be moved."""

    waits: bool
    queue_key: str
    by_hand: bool
    assignee: str
    assigned_to_me: bool
    snoozed_until: datetime | None
    snoozed_by: str
    snooze_reason: str
    escalated_at: datetime | None
    skipped_until: datetime | None
    due_at: datetime
    notes: tuple[TeamNoteView, ...]
    people: tuple[tuple[int, str], ...]  # People a supervisor may assign it to.


@takes_case
def place_of(case: Case, has: Collection[Related], *, actor: Actor) -> CasePlacement:
    """The placement of a case already fetched with a permission check. `has` comes from `beside`."""
    person, moment = actor.require(*READERS), now()
    waits = case.state in VOTING_STATES
    held = case.snoozed_until if waits and case.snoozed_until and case.snoozed_until > moment else None
    skipped = (
        Skip.objects.filter(case=case, person_id=person, until__gt=moment).values_list("until", flat=True).first()
        if Related.OWN_SKIP in has
        else None
    )
    return CasePlacement(
        waits,
        case.queue,
        case.queue_fixed,
        case.assigned_to.display_name if case.assigned_to else "",
        case.assigned_to_id == person,
        held,
        case.snoozed_by.display_name if held and case.snoozed_by else "",
        case.snooze_reason if held else "",
        case.escalated_at if waits else None,
        skipped,
        case.due_at,
        notes_of(case) if Related.NOTES in has else (),
        _people(case) if waits and Role.SUPERVISOR in actor.roles else (),
    )


def notes_of(case: Case) -> tuple[TeamNoteView, ...]:
    """Team notes on a case already fetched with a permission check, newest first."""
    rows = CaseNote.objects.filter(case=case).select_related("person").order_by("-pk")[:NOTES_SHOWN]
    return tuple(TeamNoteView(row.person.display_name, NoteKind(row.kind), row.text, row.at) for row in rows)


def people_to_assign(*, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Everybody a supervisor may assign cases to; who lacks a case's clearance is refused for that case.

    Raises NotPermitted.
    """
    actor.require(Role.SUPERVISOR)
    rows = Person.objects.filter(is_active=True, roles__role__in=[role.value for role in READERS]).distinct()
    return tuple(rows.order_by("display_name", "pk").values_list("pk", "display_name")[:PEOPLE_SHOWN])


def _people(case: Case) -> tuple[tuple[int, str], ...]:
    roles = [role.value for role in READERS]
    rows = (
        cleared_people(Clearance(case.clearance))
        if case.clearance
        else Person.objects.filter(is_active=True, roles__role__in=roles).distinct()
    )
    return tuple(rows.order_by("display_name", "pk").values_list("pk", "display_name")[:PEOPLE_SHOWN])
