"""Saved views of the queue and saved searches: a person's own and the team's."""

from dataclasses import dataclass

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.models import SavedView

VIEWS_SHOWN = 12
SEARCH = "q="
"""How the query of a saved search begins; filters of the queue never do."""


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


def list_views(*, searches: bool = False, actor: Actor) -> tuple[SavedViewView, ...]:
    """The actor's own and the team's views of the queue (or `searches`), by name.

    Raises NotPermitted for anyone who does not judge cases.
    """
    person = actor.require(*READERS)
    of_page = Q(query__startswith=SEARCH)
    rows = SavedView.objects.filter(Q(owner_id=person) | Q(shared=True)).filter(
        of_page if searches else ~of_page).order_by("name", "pk")[:VIEWS_SHOWN]
    return tuple(SavedViewView(row.pk, row.name, row.query, row.shared,
                               row.owner_id == person or Role.SUPERVISOR in actor.roles) for row in rows)
