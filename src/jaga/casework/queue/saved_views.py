"""Saved views of the queue, searches and queries over watches: named filters, private or shared with the team."""

import re
from collections.abc import Collection
from urllib.parse import unquote_plus

from django.db import IntegrityError, transaction

from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.folding import fold
from jaga.core.terms.people import Role
from jaga.records.access.queue.saved_views import AUDIENCE, SavedFor, saved_for, views_of
from jaga.records.models import SavedView

LONGEST_NAME = 60
MOST_VIEWS = 12
_SHORTEST = 3  # A shorter name of an account is an ordinary word too often.


@transaction.atomic
def save_view(name: str, query: str, *, shared: bool = False, actor: Actor) -> int:
    """Save filters of a page (by how they begin: `saved_for`) under a name; replaces the view of that name there.

    Returns its id.

    Reversible: `delete_view`.

    `shared` views are visible to the whole team and need a supervisor. Raises NotPermitted, InvalidInput (`name`).
    """
    page = saved_for(query)
    owner = actor.require(Role.SUPERVISOR) if shared else actor.require(*AUDIENCE[page])
    errors = check_required("name", name, most=LONGEST_NAME, needed=N_("Give the view a name."))
    own = SavedView.objects.filter(views_of(page), owner_id=owner)
    if not errors and SavedView.objects.filter(~views_of(page), owner_id=owner, name=name.strip()).exists():
        errors.append(FieldError("name", "taken", N_("You have a view or a search of that name. Choose another.")))
    if not errors and own.count() >= MOST_VIEWS and not own.filter(name=name.strip()).exists():
        errors.append(
            FieldError("name", "too_many", N_("At most %(most)s views. Delete one first."), {"most": MOST_VIEWS})
        )
    if errors:
        raise InvalidInput(*errors)
    try:
        with transaction.atomic():
            row, _ = SavedView.objects.update_or_create(
                owner_id=owner, name=name.strip(), defaults={"query": query, "shared": shared, "made_at": now()}
            )
    except IntegrityError:  # saved from two windows at once
        row = own.get(name=name.strip())
    return row.pk


@transaction.atomic
def delete_view(view_id: int, page: SavedFor = SavedFor.QUEUE, *, actor: Actor) -> None:
    """Delete one's own view of the page or, as a supervisor, a shared one. Raises NotPermitted, NotFound."""
    owner = actor.require(*AUDIENCE[page])
    row = SavedView.objects.filter(views_of(page), pk=view_id).first()
    if row is None or not (row.owner_id == owner or row.shared):
        raise NotFound
    if row.owner_id != owner and Role.SUPERVISOR not in actor.roles:
        raise NotPermitted
    row.delete()


def forget_views_of(names: Collection[str]) -> int:
    """Delete the views whose name or filters contain one of these names of accounts, in the caller's transaction;
    returns how many. Part of an erasure: such a view finds nothing any more, and still says the name.
    """
    whole = {name.lstrip("@") for name in names}
    local = {name[1:].partition(":")[0] for name in names if name.startswith("@")}  # of an id like @name:server
    wanted = [re.escape(folded) for name in whole | local if len(folded := fold(name)) >= _SHORTEST]
    if not wanted:
        return 0
    named = re.compile(rf"(?<!\w)({'|'.join(wanted)})(?!\w)")
    found = [
        row.pk
        for row in SavedView.objects.only("name", "query")
        if named.search(fold(f"{row.name} {unquote_plus(row.query)}"))
    ]
    return SavedView.objects.filter(pk__in=found).delete()[0]
