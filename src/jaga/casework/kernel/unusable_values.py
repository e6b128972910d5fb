"""What platforms send that cannot be used: counted and left alone by platform and task, kept by its raw bytes.

A fault belongs to one platform and one task of the worker: reading its rooms may be left alone for some minutes, while
its actions go on, and every other platform at its usual pace.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from jaga.casework.kernel.ledger import enter, enter_many
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.platforms import PlatformFault, PlatformUnreachable, SetAside
from jaga.core.terms import PlatformTask, Role, SetAsideKind
from jaga.records.codes import seal_raw
from jaga.records.models import InAppCursor, Platform, PlatformTaskHealth, RoundFault, SetAsideValue, WatchCursor

MOST_KEPT = 1000
"""Values of one platform that wait for a person. Beyond that they are counted, and their bytes are not kept."""
LARGEST_KEPT = 64 * 1024
AFTER = 3  # failures in a row
_FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)  # after answers that could not be used
LONGEST_SILENCE = timedelta(minutes=1)  # after no answer: a platform that is back is read again soon
LONGEST_ASKED_FOR = timedelta(hours=1)
_SEEN_AGAIN = timedelta(minutes=1)  # what comes at each read is counted once in so long


def left_alone(platform: str, task: PlatformTask) -> bool:
    """Whether the task should leave the platform alone now. A moment that lies too far away is not believed."""
    moment = now()
    return PlatformTaskHealth.objects.filter(
        platform__name=platform, task=task, retry_at__gt=moment, retry_at__lte=moment + LONGEST_ASKED_FOR).exists()


@transaction.atomic
def record_failure(platform: str, task: PlatformTask, failed: PlatformUnreachable, *, actor: Actor) -> datetime | None:
    """The task did not succeed there; returns until when it leaves the platform alone, None where it does not.

    A PlatformFault is counted for good, and what it set aside is kept. Nothing else on this platform is held up by it.
    """
    row = Platform.objects.get(name=platform)
    health = _locked(row, task)
    moment = now()
    fault = isinstance(failed, PlatformFault)
    health.failures += 1
    health.faults += fault
    health.last_failed_at, health.why = moment, str(failed.params.get("why") or failed.code)[:200]
    pause = _pause(health.failures, LONGEST_PAUSE if fault else LONGEST_SILENCE)
    if failed.retry_after is not None:
        pause = max(pause, min(timedelta(seconds=failed.retry_after), LONGEST_ASKED_FOR))
    health.retry_at = moment + pause if pause else None
    health.save()
    if failed.set_aside:
        keep_set_aside(row, task, failed.set_aside, actor=actor)
    return health.retry_at


def record_success(platform: str, task: PlatformTask) -> None:
    """The platform gave an answer that could be used."""
    PlatformTaskHealth.objects.filter(platform__name=platform, task=task, failures__gt=0).update(
        failures=0, retry_at=None, why="")


def keep_set_aside(platform: Platform, task: PlatformTask, values: Sequence[SetAside], *, actor: Actor) -> int:
    """Keep values with their raw bytes, sealed, in the caller's transaction; returns how many are new.

    The same value is kept once. In the ledger stands that it came, by its hash.
    """
    if not values:
        return 0
    moment = now()
    came = {(value.kind, hashlib.sha256(value.raw).digest()): value for value in values}
    here = SetAsideValue.objects.filter(platform=platform)
    known = {(SetAsideKind(kind), bytes(digest)): number for number, kind, digest in here.filter(
        digest__in=[digest for _, digest in came]).values_list("pk", "kind", "digest")}
    again = [number for key, number in known.items() if key in came]
    here.filter(pk__in=again, last_seen_at__lt=moment - _SEEN_AGAIN).update(times=F("times") + 1, last_seen_at=moment)
    room = max(MOST_KEPT - here.filter(settled_at__isnull=True).count(), 0)
    new = [key for key in came if key not in known]
    SetAsideValue.objects.bulk_create((
        SetAsideValue(
            platform=platform, kind=kind, why=came[kind, digest].why[:200], digest=digest,
            size=len(came[kind, digest].raw), sealed=seal_raw(came[kind, digest].raw[:LARGEST_KEPT]),
            first_seen_at=moment, last_seen_at=moment)
        for kind, digest in new[:room]), ignore_conflicts=True)
    enter_many([("set_aside", {"platform": platform.name, "kind": kind, "sha256": digest.hex()}, actor, None)
                for kind, digest in new[:room]])
    if beyond := len(new) - len(new[:room]):
        health = _locked(platform, task)
        health.not_kept += beyond
        health.save(update_fields=["not_kept"])
    return len(new[:room])


@transaction.atomic
def settle_set_aside(platform: str, *, actor: Actor) -> int:
    """A person has looked at what this platform sent; the raw bytes are erased. Returns how many. Not reversible."""
    actor.require(Role.SUPERVISOR)
    row = Platform.objects.filter(name=platform).first()
    if row is None:
        raise NotFound
    waiting = SetAsideValue.objects.filter(platform=row, settled_at__isnull=True)
    settled = waiting.update(sealed=b"", settled_at=now(), settled_by=actor.person_id)
    PlatformTaskHealth.objects.filter(platform=row).update(not_kept=0)
    if settled:
        enter("settle_set_aside", {"platform": row.name, "values": settled}, actor=actor, case_id=None)
    return settled


@transaction.atomic
def read_anew(platform: str, task: PlatformTask, *, actor: Actor) -> None:
    """Forget how far the task has read there, since its cursor leads nowhere; it is tried at once.

    Rooms are then read from the present on, so that what was said meanwhile is left out: a person decides that, on
    record. Reports are read from the first that the platform still keeps, each once. Not reversible.
    """
    actor.require(Role.SUPERVISOR)
    row = Platform.objects.filter(name=platform).first()
    if row is None or task not in (PlatformTask.ROOMS, PlatformTask.REPORTS):
        raise NotFound
    if task is PlatformTask.ROOMS:
        WatchCursor.objects.filter(platform=row).delete()
    else:
        InAppCursor.objects.filter(platform=row).delete()
    PlatformTaskHealth.objects.filter(platform=row, task=task).update(failures=0, retry_at=None)
    enter("read_anew", {"platform": row.name, "task": task}, actor=actor, case_id=None)


def record_round_fault(name: str, why: str) -> None:
    """A round of the worker failed; it is started anew by itself."""
    RoundFault.objects.update_or_create(
        name=name, defaults={"failures": F("failures") + 1, "last_failed_at": now(), "why": why[:200]},
        create_defaults={"failures": 1, "last_failed_at": now(), "why": why[:200]})


def record_round_well(name: str) -> None:
    """The round works again."""
    RoundFault.objects.filter(name=name).delete()


def _locked(platform: Platform, task: PlatformTask) -> PlatformTaskHealth:
    PlatformTaskHealth.objects.get_or_create(platform=platform, task=task)
    return PlatformTaskHealth.objects.select_for_update().get(platform=platform, task=task)


def _pause(failures: int, longest: timedelta) -> timedelta:
    """None at first; then twice as long with each failure more."""
    if failures < AFTER:
        return timedelta(0)
    longer: int = 2 ** min(failures - AFTER, 16)
    return min(_FIRST_PAUSE * longer, longest)
