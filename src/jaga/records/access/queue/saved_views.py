"""Saved queue views: a person's own and the team's."""

from dataclasses import dataclass

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.models import SavedView

VIEWS_SHOWN = 12


@dataclass(frozen=True)
class SavedViewView:
    """A view with its name and filters.

    `may_delete`: it is the reader's own, or shared and the reader is a supervisor.
    """

    view_id: int
    name: str
    query: str
    shared: bool
    may_delete: bool


def list_views(*, actor: Actor) -> tuple[SavedViewView, ...]:
    """The actor's own and the team's views, by name. Raises NotPermitted for anyone who does not judge cases."""
    person = actor.require(*READERS)
    rows = SavedView.objects.filter(Q(owner_id=person) | Q(shared=True)).order_by("name", "pk")[:VIEWS_SHOWN]
    return tuple(SavedViewView(row.pk, row.name, row.query, row.shared,
                               row.owner_id == person or Role.SUPERVISOR in actor.roles) for row in rows)
