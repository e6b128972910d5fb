"""Look-ups of accounts without a case, and what one of them finds."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.store.codes import open_observed
from jaga.watch.models.kept import AccountLookup, WatchFinding

SHOWN = 100
MOST_FOUND = 200


@dataclass(frozen=True)
class LookupView:
    """One look-up; `mine`: the reader asked for it, so somebody else permits it."""

    lookup_id: int
    platform: str
    reason: str
    asked_by: str
    asked_at: datetime
    permitted_by: str
    permitted_at: datetime | None
    carried_out_at: datetime | None
    found: int | None
    mine: bool


@dataclass(frozen=True)
class FoundText:
    """A flagged text of the account that no case took, where it stood and when it was seen."""

    text: str
    surface: str
    locator: str
    category: str
    seen_at: datetime


def list_lookups(*, actor: Actor) -> list[LookupView]:
    """The newest look-ups, for supervisors, administrators and auditors. Raises NotPermitted."""
    person = actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
    rows = AccountLookup.objects.select_related("asked_by", "permitted_by", "platform").order_by("-pk")[:SHOWN]
    return [
        LookupView(
            row.pk,
            row.platform.display_name,
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


def lookups_to_permit(actor: Actor) -> QuerySet[AccountLookup]:
    """Look-ups that wait for a second person, who may be this one."""
    return AccountLookup.objects.filter(permitted_at__isnull=True).exclude(asked_by_id=actor.person_id)


def found_texts(account: bytes) -> tuple[FoundText, ...]:
    """What is kept of an account by its keyed hash. Only for `watch.verbs.lookups`, which two people permit."""
    rows = WatchFinding.objects.filter(account=account, report__isnull=True).order_by("-seen_at")[:MOST_FOUND]
    return tuple(found for row in rows if (found := _opened(row)) is not None)


def _opened(row: WatchFinding) -> FoundText | None:
    assert row.sealed is not None
    try:
        kept = open_observed(bytes(row.sealed))
    except InvalidToken:  # Its key was replaced: nobody can read it any more.
        return None
    return FoundText(kept["text"], kept["surface"], kept["locator"], row.category, row.seen_at)
