"""Reads public rooms of watched platforms as a member account. Private rooms are never joined or read."""

from jaga.casework.reporting.monitoring import ObservedText, read_from, take_in
from jaga.core.actors import SYSTEM
from jaga.core.terms.actions import PlatformTask
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import contained, may_begin
from jaga.platforms.kit.checks import can_act
from jaga.records.models import Platform
from jaga.sources.public_rooms import observed


def watched_platforms() -> list[str]:
    """Platforms whose public rooms are watched."""
    return list(Platform.objects.filter(watched=True).order_by("name").values_list("name", flat=True))


def read_public_rooms() -> int:
    """Read all watched platforms once; returns how many observations were filed."""
    return sum(map(read_rooms_of, watched_platforms()))


def read_rooms_of(name: str) -> int:
    """Read one platform once; returns how many observations were filed.

    If it is unavailable or its answer unusable, the cursor stays, so that a later run misses nothing.
    """
    if not may_begin(name, PlatformTask.ROOMS):
        return 0
    with contained(name, PlatformTask.ROOMS):
        adapter = adapter_for(name)
        if not can_act(adapter):  # watched before it was switched to notices, so it cannot be read
            return 0
        batch = observed(adapter.read_public(read_from(name)))
        texts = tuple(ObservedText(one.account_id, one.handle, one.surface, one.native_id, one.text, one.at)
                      for one in batch.observations)
        return len(take_in(name, texts, batch.cursor, set_aside=batch.set_aside, actor=SYSTEM))
    return 0
