"""Searches for persons' data that wait to be permitted, and those that were carried out."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.models import PersonSearch

SHOWN = 100


@dataclass(frozen=True)
class PersonSearchView:
    """One search; `mine`: the reader asked for it, so somebody else permits it."""

    search_id: int
    reason: str
    asked_by: str
    asked_at: datetime
    permitted_by: str
    permitted_at: datetime | None
    carried_out_at: datetime | None
    found: int | None
    mine: bool


def list_person_searches(*, actor: Actor) -> list[PersonSearchView]:
    """The newest searches, for supervisors, administrators and auditors. Raises NotPermitted."""
    person = actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
    rows = PersonSearch.objects.select_related("asked_by", "permitted_by").order_by("-pk")[:SHOWN]
    return [
        PersonSearchView(
            row.pk,
            row.reason,
            row.asked_by.display_name,
            row.asked_at,
            row.permitted_by.display_name if row.permitted_by else "",
            row.permitted_at,
            row.carried_out_at,
            row.found,
            row.asked_by_id == person,
        )
        for row in rows
    ]
