"""When something was erased, for pages: an erased text is shown as such, not as one that nobody wrote."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from jaga.core.clock import now
from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner, is_destroyed
from jaga.records.models import ErasedKey


def erased_at(owner: Owner) -> datetime | None:
    """When the owner was erased; None if it was not. Asks the database only about what was erased."""
    return erased_last([owner])


def erased_last(owners: Iterable[Owner]) -> datetime | None:
    """When the last of those owners that were erased was; None if none was."""
    gone = [owner for owner in owners if is_destroyed(owner)]
    if not gone:
        return None
    return max(_recorded(gone).values(), default=now())  # Without a record yet: the next start makes one.


def erased_of(owners: Iterable[Owner]) -> Mapping[Owner, datetime]:
    """Those of these owners that were erased, with the moment; also those whose key the worker is about to destroy."""
    wanted = list(dict.fromkeys(owners))
    return {owner: now() for owner in wanted if is_destroyed(owner)} | _recorded(wanted)


def _recorded(owners: list[Owner]) -> dict[Owner, datetime]:
    return {
        Owner(KeyOwner(row.kind), row.number): row.at
        for kind in {owner.kind for owner in owners}
        for row in ErasedKey.objects.filter(
            kind=kind, number__in=[owner.number for owner in owners if owner.kind is kind]
        )
    }
