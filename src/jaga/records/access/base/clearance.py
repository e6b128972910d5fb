"""Clearances: who may see cases that are closed to others. Every access function and case list uses this."""

from django.db.models import Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.people import Clearance, Role
from jaga.records.access.base.current_user import current_user
from jaga.records.models import Case, Person, PersonClearance

READERS = (Role.REVIEWER, Role.SUPERVISOR)
_WORKERS = [Role.REVIEWER.value, Role.SUPERVISOR.value]
_OUTSIDE = frozenset({Role.OFFICER, Role.CONTACT, Role.FLAGGER})
"""Roles of other organisations. Their own requests, notices and reports are open to them whatever clearance the case
needs."""


def clearances_in_force() -> QuerySet[PersonClearance]:
    """Clearances that are neither revoked nor expired."""
    return PersonClearance.objects.filter(ended_at__isnull=True, expires_at__gt=now())


def clearances_of(actor: Actor) -> frozenset[Clearance]:
    """The clearances the actor holds."""
    person = current_user(actor.person_id) if actor.person_id is not None else None
    return person.clearances if person else frozenset()


def may_see(case: Case, *, actor: Actor) -> bool:
    """Whether the case needs no clearance or one the actor has."""
    return not case.clearance or Clearance(case.clearance) in clearances_of(actor)


def refuse_uncleared(case: Case, *, actor: Actor) -> None:
    """Raises NotFound for a staff member without the clearance that the case needs.

    Every action checks this when it locks a case (`casework.cases.state.locked_case`). Machines pass, and so do people
    with only roles of other organisations: the action itself checks what belongs to them.
    """
    if actor.person_id is None or actor.roles <= _OUTSIDE:
        return
    if not may_see(case, actor=actor):
        raise NotFound


def visible_to(actor: Actor, *, path: str = "") -> Q:
    """A filter for the cases that `may_see` allows; `path` leads from the row to the case, e.g. `case__`."""
    held = ["", *(one.value for one in clearances_of(actor))]
    return Q(**{f"{path}clearance__in": held})


def cleared_people(clearance: Clearance) -> QuerySet[Person]:
    """Reviewers and supervisors still active who hold this clearance."""
    held = clearances_in_force().filter(clearance=clearance).values("person_id")
    return Person.objects.filter(pk__in=held, is_active=True, roles__role__in=_WORKERS).distinct()
