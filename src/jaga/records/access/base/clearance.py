"""Who may see cases that are closed to others. Every gate and every list of cases asks here."""

from django.db.models import Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms import Clearance, Role
from jaga.records.access.base.current_user import oneself
from jaga.records.models import Case, Person, PersonClearance

READERS = (Role.REVIEWER, Role.SUPERVISOR)
_WORKERS = [Role.REVIEWER.value, Role.SUPERVISOR.value]
_OUTSIDE = frozenset({Role.OFFICER, Role.CONTACT, Role.FLAGGER})
"""Roles of other organisations: their own requests, notices and reports are theirs, whatever the case needs."""


def clearances_in_force() -> QuerySet[PersonClearance]:
    """Those that are neither ended nor over."""
    return PersonClearance.objects.filter(ended_at__isnull=True, expires_at__gt=now())


def clearances_of(actor: Actor) -> frozenset[Clearance]:
    """What this person may see beyond the rest."""
    person = oneself(actor.person_id) if actor.person_id is not None else None
    return person.clearances if person else frozenset()


def may_see(case: Case, *, actor: Actor) -> bool:
    """Whether the case needs no clearance, or one that this person has."""
    return not case.clearance or Clearance(case.clearance) in clearances_of(actor)


def refuse_uncleared(case: Case, *, actor: Actor) -> None:
    """Raises NotFound for one of our people without the clearance that the case needs.

    Every verb asks this when it locks a case (`casework.cases.state.locked_case`). Machines pass, and so do people who
    have only roles of other organisations: what belongs to those is checked by the verb itself.
    """
    if actor.person_id is None or actor.roles <= _OUTSIDE:
        return
    if not may_see(case, actor=actor):
        raise NotFound


def visible_to(actor: Actor, *, path: str = "") -> Q:
    """For a query over cases (or over rows that lead to one by `path`, e.g. `case__`): those that `may_see` allows."""
    held = ["", *(one.value for one in clearances_of(actor))]
    return Q(**{f"{path}clearance__in": held})


def cleared_people(clearance: Clearance) -> QuerySet[Person]:
    """Those who may see such cases and still work here as reviewers or supervisors."""
    held = clearances_in_force().filter(clearance=clearance).values("person_id")
    return Person.objects.filter(pk__in=held, is_active=True, roles__role__in=_WORKERS).distinct()
