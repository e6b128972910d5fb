"""The policy release in force, its history, the proposal that waits, and processes or folders that differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.outside import AdoptionKind, AdoptionState
from jaga.core.terms.people import Role
from jaga.people.models import Person
from jaga.store.models import CONFIRMED_LATER, ReleaseAdoption, ReleaseInUse, StoredRelease

AUDIENCE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
SHOWN = 100
RECENT = timedelta(minutes=1)
"""A process says every 20 seconds which release it works under; older rows are of ended ones."""
FOLLOWS_WITHIN = timedelta(minutes=1)
_JUDGED = (AdoptionState.PROPOSED, AdoptionState.IN_FORCE, AdoptionState.REPLACED, AdoptionState.REFUSED)


@dataclass(frozen=True)
class AdoptionView:
    """One release put before people, and what became of it. Names are empty where nobody acted."""

    adoption_id: int
    kind: AdoptionKind
    state: AdoptionState
    name: str
    version: str
    hash: str
    before: str  # The hash of the release in force at the time; empty for the first.
    reason: str
    proposed_by: str
    proposed_at: datetime
    confirm_until: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None
    in_force_at: datetime | None
    replaced_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    note: str
    mine: bool  # The reader proposed it, so somebody else confirms it.
    in_time: bool  # It can still be confirmed.

    @property
    def waits(self) -> bool:
        """Whether it is a proposal that a second person has not judged."""
        return self.state is AdoptionState.PROPOSED

    @property
    def unconfirmed(self) -> bool:
        """Whether one person put it into force and no other has confirmed that."""
        return self.kind in CONFIRMED_LATER and self.state is AdoptionState.IN_FORCE and self.confirmed_at is None


@dataclass(frozen=True)
class ReleaseAlarms:
    """What is not as adopted."""

    in_force: str = ""  # Hash; empty before the first adoption.
    folders: tuple[str, ...] = ()  # Hashes of folders that hold a release nobody judged; empty text: unreadable.
    processes: tuple[str, ...] = ()  # Processes that work under another release, or could not load it.
    unconfirmed: bool = False  # One person put it into force, and no other confirmed that within a day.

    @property
    def any(self) -> bool:
        """Whether somebody should look."""
        return bool(self.folders or self.processes or self.unconfirmed)


@dataclass(frozen=True)
class StoredFiles:
    """The files of a stored release by name, unchecked."""

    hash: str
    files: Mapping[str, bytes] = field(repr=False)


def list_adoptions(*, actor: Actor) -> tuple[AdoptionView, ...]:
    """Adoptions, newest first. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    rows = (
        ReleaseAdoption.objects.select_related("release", "before", "proposed_by", "confirmed_by", "ended_by")
        .defer("release__files", "before__files")
        .order_by("-pk")[:SHOWN]
    )
    moment = now()
    return tuple(
        AdoptionView(
            row.pk,
            AdoptionKind(row.kind),
            AdoptionState(row.state),
            row.release.name,
            row.release.version,
            row.release.hash,
            row.before.hash if row.before else "",
            row.reason,
            _name(row.proposed_by),
            row.proposed_at,
            row.confirm_until,
            _name(row.confirmed_by),
            row.confirmed_at,
            row.in_force_at,
            row.replaced_at,
            _name(row.ended_by),
            row.ended_at,
            row.note,
            row.proposed_by_id is not None and row.proposed_by_id == actor.person_id,
            row.confirm_until is not None and moment <= row.confirm_until,
        )
        for row in rows
    )


def stored_pair(before: str, after: str, *, actor: Actor) -> tuple[StoredFiles, StoredFiles] | None:
    """The files of two stored releases, to show their difference; None if one is missing. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    found = {
        row.hash: StoredFiles(row.hash, {name: text.encode() for name, text in json.loads(row.files).items()})
        for row in StoredRelease.objects.filter(hash__in=(before, after))
    }
    return (found[before], found[after]) if before in found and after in found else None


def release_alarms() -> ReleaseAlarms:
    """What differs from the release in force."""
    row = (
        ReleaseAdoption.objects.select_related("release")
        .defer("release__files")
        .filter(state=AdoptionState.IN_FORCE)
        .first()
    )
    if row is None:
        return ReleaseAlarms()
    moment = now()
    running = list(ReleaseInUse.objects.filter(seen_at__gt=moment - RECENT).order_by("process"))
    judged = set(StoredRelease.objects.filter(adoptions__state__in=_JUDGED).values_list("hash", flat=True))
    settled = row.in_force_at is None or moment - row.in_force_at > FOLLOWS_WITHIN
    return ReleaseAlarms(
        row.release.hash,
        tuple(sorted({one.folder_hash for one in running} - judged)),
        tuple(one.process for one in running if one.hash != row.release.hash and (settled or not one.hash)),
        row.kind in CONFIRMED_LATER
        and row.confirmed_at is None
        and row.confirm_until is not None
        and moment > row.confirm_until,
    )


def see_release_alarms(*, actor: Actor) -> ReleaseAlarms:
    """The same for the console. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return release_alarms()


def _name(person: Person | None) -> str:
    return person.display_name if person else ""
