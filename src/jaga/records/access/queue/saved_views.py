"""Saved views of the queue, saved searches and saved queries over watches: a person's own and the team's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.models import SavedView

VIEWS_SHOWN = 12


class SavedFor(StrEnum):
    """The page that a saved view is for, by how its query begins; filters of the queue begin with neither."""

    QUEUE = ""
    SEARCH = "q="
    WATCHED = "watched=1"


AUDIENCE: Mapping[SavedFor, tuple[Role, ...]] = MappingProxyType(
    {
        SavedFor.QUEUE: READERS,
        SavedFor.SEARCH: READERS,
        SavedFor.WATCHED: (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR),
    }
)
"""Who may have views of each page."""


def saved_for(query: str) -> SavedFor:
    """The page of a stored query."""
    return next((page for page in SavedFor if page.value and query.startswith(page.value)), SavedFor.QUEUE)


def views_of(page: SavedFor) -> Q:
    """A filter for the views of one page."""
    if page is not SavedFor.QUEUE:
        return Q(query__startswith=page.value)
    others = Q()
    for other in SavedFor:
        if other.value:
            others |= Q(query__startswith=other.value)
    return ~others


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


def list_views(page: SavedFor = SavedFor.QUEUE, *, actor: Actor) -> tuple[SavedViewView, ...]:
    """The actor's own and the team's views of the page, by name. Raises NotPermitted for anyone who has no such
    page.
    """
    person = actor.require(*AUDIENCE[page])
    rows = SavedView.objects.filter(views_of(page), Q(owner_id=person) | Q(shared=True)).order_by("name", "pk")[
        :VIEWS_SHOWN
    ]
    return tuple(
        SavedViewView(row.pk, row.name, row.query, row.shared, row.owner_id == person or Role.SUPERVISOR in actor.roles)
        for row in rows
    )
