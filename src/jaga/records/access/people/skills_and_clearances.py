"""The team for supervisors: skills, and clearances with their reason and expiry."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Clearance, Role
from jaga.records.access.base.clearance import READERS
from jaga.records.models import Person, PersonClearance, PersonSkill

PEOPLE_SHOWN = 200


@dataclass(frozen=True)
class ClearanceView:
    """A clearance, in force or expired."""

    number: int
    clearance: Clearance
    reason: str
    given_by: str
    given_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str
    why_ended: str
    in_force: bool


@dataclass(frozen=True)
class TeamMemberView:
    """A person who judges cases here."""

    person_id: int
    name: str
    supervises: bool
    myself: bool
    skills: tuple[str, ...]
    clearances: tuple[ClearanceView, ...]  # Newest first.

    @property
    def cleared(self) -> ClearanceView | None:
        """The clearance in force, or None."""
        return next((one for one in self.clearances if one.in_force), None)


def list_team(*, actor: Actor) -> tuple[TeamMemberView, ...]:
    """Everyone who judges cases here. Raises NotPermitted for anyone but supervisors and administrators."""
    if not actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotPermitted
    roles = [role.value for role in READERS]
    people = (
        Person.objects.filter(is_active=True, roles__role__in=roles)
        .distinct()
        .order_by("display_name", "pk")[:PEOPLE_SHOWN]
    )
    numbers = [person.pk for person in people]
    skills: dict[int, list[str]] = {number: [] for number in numbers}
    for person, skill in (
        PersonSkill.objects.filter(person__in=numbers).order_by("skill").values_list("person_id", "skill")
    ):
        skills[person].append(skill)
    clearances: dict[int, list[ClearanceView]] = {number: [] for number in numbers}
    given = PersonClearance.objects.filter(person__in=numbers).select_related("given_by", "ended_by")
    for row in given.order_by("-pk"):
        clearances[row.person_id].append(_clearance(row))
    supervisors = set(Person.objects.filter(pk__in=numbers, roles__role=Role.SUPERVISOR).values_list("pk", flat=True))
    return tuple(
        TeamMemberView(
            person.pk,
            person.display_name,
            person.pk in supervisors,
            person.pk == actor.person_id,
            tuple(skills[person.pk]),
            tuple(clearances[person.pk]),
        )
        for person in people
    )


def _clearance(row: PersonClearance) -> ClearanceView:
    return ClearanceView(
        row.pk,
        Clearance(row.clearance),
        row.reason,
        row.given_by.display_name if row.given_by else "",
        row.given_at,
        row.expires_at,
        row.ended_at,
        row.ended_by.display_name if row.ended_by else "",
        row.why_ended,
        row.ended_at is None and row.expires_at > now(),
    )
