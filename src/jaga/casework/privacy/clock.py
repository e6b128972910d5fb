"""The clock of deletions: a machine that is wrong about the day must not delete everything in one night."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.people import Role
from jaga.records.access.base.doubted_clock import BACK, STEP
from jaga.records.models import RetentionClock

log = structlog.get_logger("jaga.retention")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class NoDoubt(Conflict):
    """No deletion waits for a confirmation."""

    code = "no_clock_doubt"
    sentence = N_("Deletions do not wait for a confirmation of the clock.")
    remedy = N_("Look at the page again; somebody may have confirmed it meanwhile.")


@transaction.atomic
def clock_is_right() -> bool:
    """Note that a sweep runs now; False while the clock is in doubt.

    It is when it is behind the last sweep, or more than `limits.LARGEST_CLOCK_STEP_DAYS` ahead of it, or has gained so
    much in all, in whatever steps, on the time that the machine has been up. That ends with a confirmation, or when the
    clock is right again.
    """
    moment = now()
    clock, _ = RetentionClock.objects.select_for_update().get_or_create(pk=1, defaults={"seen_at": moment})
    if clock.seen_at - BACK <= moment <= clock.seen_at + STEP and _gained(clock, moment) <= STEP:
        clock.seen_at, clock.doubted_at = moment, None
        clock.planned_since = clock.planned_since or moment
        clock.save()
        return True
    if clock.doubted_at is None:
        RetentionClock.objects.filter(pk=1).update(doubted_at=moment)
        append(
            "doubt_clock", {"last": clock.seen_at.isoformat(), "clock": moment.isoformat()}, actor=SYSTEM, case_id=None
        )
        log.error("retention_clock_in_doubt", last=clock.seen_at.isoformat(), clock=moment.isoformat())
    return False


def _uptime() -> tuple[str, float] | None:
    """Which run of the machine this is, and how many seconds it has been up, sleep included; None if unknown.

    Nobody sets this clock.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    try:
        return _BOOT.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME)
    except FileNotFoundError:  # a container that hides it
        return None


def _gained(clock: RetentionClock, moment: datetime) -> timedelta:
    """By how much the clock was set forward since the anchor of this run of the machine, which is set if missing."""
    up = _uptime()
    if up is None:
        return timedelta()
    if clock.anchor_boot != up[0] or clock.anchor_at is None:
        clock.anchor_boot, clock.anchor_up, clock.anchor_at = up[0], up[1], moment
    return moment - clock.anchor_at - timedelta(seconds=up[1] - clock.anchor_up)


@transaction.atomic
def confirm_clock(*, actor: Actor) -> None:
    """A supervisor says that the clock is right: sweeps go on from now. Raises NotPermitted, NoDoubt."""
    person = actor.require(Role.SUPERVISOR)
    clock = RetentionClock.objects.select_for_update().filter(pk=1, doubted_at__isnull=False).first()
    if clock is None:
        raise NoDoubt
    moment = now()
    since = min(clock.planned_since, moment) if clock.planned_since else None  # noted when the clock was wrong
    RetentionClock.objects.filter(pk=1).update(
        seen_at=moment, doubted_at=None, confirmed_by=person, confirmed_at=moment, planned_since=since, anchor_boot=""
    )
    append("confirm_clock", {"last": clock.seen_at.isoformat(), "clock": moment.isoformat()}, actor=actor, case_id=None)
