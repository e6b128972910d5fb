"""A running watch, and texts that it sees."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from jaga.cases.models.cases import Platform
from jaga.cases.verbs.accounts import FiledReport
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.observations import Observation, ObservedBatch
from jaga.core.terms.people import Role
from jaga.core.terms.reports import SourceKind
from jaga.people.models import Person
from jaga.people.verbs import people
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.watch.models.watches import Watch, WatchProgress
from jaga.watch.verbs import reading, watches

AT = datetime(2026, 11, 1, 18, tzinfo=UTC)
LOUD = "open BO malam ini, wa 0812-0000-1111"


def pair(platform: str) -> tuple[Actor, Actor]:
    """Two people who may propose and start watches: a supervisor and an administrator."""
    organisation = Platform.objects.get(name=platform).operator_id
    found = []
    for name, role in (("pengawas", Role.SUPERVISOR), ("pengurus", Role.ADMINISTRATOR)):
        row = Person.objects.filter(username=name).first() or people.create_person(
            people.NewPerson(name, name.title(), organisation, (role,)), actor=CLI
        )
        found.append(people.actor_for(row))
    return found[0], found[1]


def new_watch(platform: str = "obrolan", **changes: Any) -> watches.NewWatch:
    """A watch of public rooms for a week."""
    basis = watches.usable_bases(load_release())[0].key
    return watches.NewWatch(
        **{
            "platform": platform,
            "kind": SourceKind.PUBLIC_ROOMS,
            "legal_basis": basis,
            "budget": 1000,
            "purpose": "Iklan jasa seksual di ruang umum.",
            "until": today() + timedelta(days=7),
            **changes,
        }
    )


def running(platform: str = "obrolan", cursor: str = "", **changes: Any) -> int:
    """The number of a running watch, the one that runs already if it is of the same platform; `cursor` is set anew."""
    row = Watch.objects.filter(platform__name=platform, started_at__isnull=False, ended_at__isnull=True).first()
    if row is None or changes:
        one, other = pair(platform)
        row = watches.propose_watch(new_watch(platform, **changes), actor=one)
        watches.start_watch(row.pk, actor=other)
    if cursor:
        WatchProgress.objects.filter(watch=row).update(cursor=cursor)
    return row.pk


def seen(
    text: str, native_id: str = "$1", account: str = "@mawar:localhost", at: datetime = AT, **changes: Any
) -> Observation:
    """A text in a public room."""
    return Observation(
        **{
            "surface": "Nongkrong",
            "native_id": native_id,
            "account_id": account,
            "handle": account.lstrip("@").partition(":")[0],
            "text": text,
            "at": at,
            "locator": f"!ruang:localhost/{native_id}",
            "source_version": "public_rooms/1",
            **changes,
        }
    )


def take_in(
    platform: str, observed: Sequence[Observation], cursor: str = "c1", *, actor: Actor = SYSTEM
) -> tuple[FiledReport, ...]:
    """What a running watch of the platform files of these texts."""
    return reading.take_in(running(platform), ObservedBatch(tuple(observed), cursor), actor=actor).reports


def permitted(path: Path, platform: str = "obrolan", **changes: Any) -> int:
    """The number of a running watch that permits to take this file in."""
    digest = sha256(path.read_bytes()).hexdigest()
    return running(platform, kind=SourceKind.BACKLOG, surfaces=(digest,), **changes)
