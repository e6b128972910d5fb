"""Validation shared by all verbs that take text from people.

Malformed values from platforms: counted by platform and task, set aside as raw bytes, and backed off from.

A fault belongs to one platform and one task of the worker. Reading its rooms may pause for minutes while its actions,
and all other platforms, continue.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from jaga.cases.models.cases import Platform
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.platforms import PlatformFault, PlatformUnreachable, SetAside
from jaga.core.terms.cases import PlatformTask, SetAsideKind
from jaga.core.terms.people import Role
from jaga.policy.local_time import has_begun
from jaga.reporting.models import InAppCursor, PeriodicTaskFault, PlatformTaskHealth, SetAsideValue
from jaga.store.codes import seal_raw
from jaga.store.kernel.ledger import append, append_many

MOST_KEPT = 1000
"""Quarantined values of one platform that wait for a person. Beyond this they are counted without their bytes."""
LARGEST_KEPT = 64 * 1024
AFTER = 3  # consecutive failures before the first pause
_FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)  # after unusable answers
LONGEST_SILENCE = timedelta(minutes=1)  # after no answer, so that a platform that recovers is soon read again
LONGEST_ASKED_FOR = timedelta(hours=1)
_SEEN_AGAIN = timedelta(minutes=1)  # a value that repeats with each read is counted at most this often


def left_alone(platform: str, task: PlatformTask) -> bool:
    """Whether the task should pause on this platform. An implausibly late retry time is ignored."""
    moment = now()
    return PlatformTaskHealth.objects.filter(
        platform__name=platform, task=task, retry_at__gt=moment, retry_at__lte=moment + LONGEST_ASKED_FOR
    ).exists()


@transaction.atomic
def record_failure(platform: str, task: PlatformTask, failed: PlatformUnreachable, *, actor: Actor) -> datetime | None:
    """Record that a task failed on a platform; returns until when the task pauses there, or None.

    A PlatformFault is also added to a permanent count, and its values are set aside. Other tasks of the platform are
    not affected.
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
    """Record a usable answer, which ends the pause."""
    PlatformTaskHealth.objects.filter(platform__name=platform, task=task, failures__gt=0).update(
        failures=0, retry_at=None, why=""
    )


def keep_set_aside(platform: Platform, task: PlatformTask, values: Sequence[SetAside], *, actor: Actor) -> int:
    """Set values aside with their raw bytes, encrypted, in the caller's transaction; returns how many are new.

    Each value is stored once. The ledger records its hash.
    """
    if not values:
        return 0
    moment = now()
    came = {(value.kind, hashlib.sha256(value.raw).digest()): value for value in values}
    here = SetAsideValue.objects.filter(platform=platform)
    stored = {
        (SetAsideKind(kind), bytes(digest)): number
        for number, kind, digest in here.filter(digest__in=[digest for _, digest in came]).values_list(
            "pk", "kind", "digest"
        )
    }
    again = [number for key, number in stored.items() if key in came]
    here.filter(pk__in=again, last_seen_at__lt=moment - _SEEN_AGAIN).update(times=F("times") + 1, last_seen_at=moment)
    room = max(MOST_KEPT - here.filter(settled_at__isnull=True).count(), 0)
    new = [key for key in came if key not in stored]
    SetAsideValue.objects.bulk_create(
        (
            SetAsideValue(
                platform=platform,
                kind=kind,
                why=came[kind, digest].why[:200],
                digest=digest,
                size=len(came[kind, digest].raw),
                sealed=seal_raw(came[kind, digest].raw[:LARGEST_KEPT]),
                first_seen_at=moment,
                last_seen_at=moment,
            )
            for kind, digest in new[:room]
        ),
        ignore_conflicts=True,
    )
    append_many(
        [
            ("set_aside", {"platform": platform.name, "kind": kind, "sha256": digest.hex()}, actor, None)
            for kind, digest in new[:room]
        ]
    )
    if beyond := len(new) - len(new[:room]):
        health = _locked(platform, task)
        health.not_kept += beyond
        health.save(update_fields=["not_kept"])
    return len(new[:room])


@transaction.atomic
def settle_set_aside(platform: str, *, actor: Actor) -> int:
    """Mark a platform's values that were set aside as reviewed and erase their raw bytes; returns how many.

    Irreversible.

    Raises NotPermitted, NotFound.
    """
    actor.require(Role.SUPERVISOR)
    row = Platform.objects.filter(name=platform).first()
    if row is None:
        raise NotFound
    waiting = SetAsideValue.objects.filter(platform=row, settled_at__isnull=True)
    settled = waiting.update(sealed=b"", settled_at=now(), settled_by=actor.person_id)
    PlatformTaskHealth.objects.filter(platform=row).update(not_kept=0)
    if settled:
        append("settle_set_aside", {"platform": row.name, "values": settled}, actor=actor, case_id=None)
    return settled


@transaction.atomic
def read_anew(platform: str, task: PlatformTask, *, actor: Actor) -> None:
    """Reset a task's cursor that no longer works on the platform.

    Irreversible. Raises NotPermitted, NotFound.

    Reports are read again from the first that the platform still has; each is accepted once. A watch has a verb of its
    own (`watch.verbs.reading.go_on_from_present`).
    """
    actor.require(Role.SUPERVISOR)
    row = Platform.objects.filter(name=platform).first()
    if row is None or task is not PlatformTask.REPORTS:
        raise NotFound
    InAppCursor.objects.filter(platform=row).delete()
    PlatformTaskHealth.objects.filter(platform=row, task=task).update(failures=0, retry_at=None)
    append("read_anew", {"platform": row.name, "task": task}, actor=actor, case_id=None)


def record_task_fault(name: str, why: str) -> None:
    """Record that a periodic task of the worker failed. It is restarted automatically."""
    PeriodicTaskFault.objects.update_or_create(
        name=name,
        defaults={"failures": F("failures") + 1, "last_failed_at": now(), "why": why[:200]},
        create_defaults={"failures": 1, "last_failed_at": now(), "why": why[:200]},
    )


def record_task_well(name: str) -> None:
    """Record that the periodic task works again."""
    PeriodicTaskFault.objects.filter(name=name).delete()


def _locked(platform: Platform, task: PlatformTask) -> PlatformTaskHealth:
    PlatformTaskHealth.objects.get_or_create(platform=platform, task=task)
    return PlatformTaskHealth.objects.select_for_update().get(platform=platform, task=task)


def _pause(failures: int, longest: timedelta) -> timedelta:
    """Zero for the first failures; then doubled with each further one."""
    if failures < AFTER:
        return timedelta(0)
    longer: int = 2 ** min(failures - AFTER, 16)
    return min(_FIRST_PAUSE * longer, longest)


LONGEST_WORDS = 1000
MIN_REASON = 10
MAX_TEXT = 5000


def check_text(name: str, text: str, most: int = MAX_TEXT) -> list[FieldError]:
    """Errors for text that PostgreSQL cannot store or that is longer than `most` characters."""
    if "\x00" in text or not _encodable(text):
        return [FieldError(name, "not_text", N_("This contains characters that are not text."))]
    if len(text) > most:
        return [FieldError(name, "too_long", N_("At most %(most)s characters."), {"most": most})]
    return []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def check_conduct(name: str, conduct_on: date | None) -> list[FieldError]:
    """An error if the date of the conduct is in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def check_required(field: str, text: str, *, least: int = 1, most: int = MAX_TEXT, needed: str) -> list[FieldError]:
    """The errors of `check_text`, and one for fewer than `least` characters after stripping.

    `needed` is the sentence that asks for the text; it may contain `%(least)s`.
    """
    errors = check_text(field, text, most)
    if len(text.strip()) < least:
        errors.append(FieldError(field, "missing", needed, {"least": least} if "%(least)s" in needed else {}))
    return errors


def required_text(
    field: str, text: str, *, least: int = MIN_REASON, most: int = MAX_TEXT, needed: str = N_("Say why in a few words.")
) -> str:
    """The stripped text, for instance a reason, a note or an answer. Raises InvalidInput with what `check_required`
    finds."""
    if errors := check_required(field, text, least=least, most=most, needed=needed):
        raise InvalidInput(*errors)
    return text.strip()
