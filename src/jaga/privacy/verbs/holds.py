"""Legal holds: nothing of the case is deleted while one holds. Two people begin and extend it; it ends by itself.

The clock of deletions: a machine that is wrong about the day must not delete everything in one night.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from django.db import transaction

from jaga.cases.verbs.state import locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Clearance, Role
from jaga.policy.limits import CONFIRM_HOLD_HOURS, LONGEST_HOLD_DAYS
from jaga.policy.local_time import day_of, end_of_day_of_local_time, today
from jaga.privacy.models import LegalHold, RetentionClock
from jaga.privacy.reads.retention import owners
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.validation import check_required
from jaga.store.reads import BACK, STEP, refuse_uncleared

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


HOLDERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
MAX_REASON = 1000
_WHY = N_("Say why in a sentence of at least %(least)s characters.")
_LEAST = 10


class OwnHold(NotPermitted):
    """Whoever asked for a hold does not confirm it."""

    code = "own_legal_hold"
    sentence = N_("You asked for this legal hold, so somebody else confirms it.")
    remedy = N_("Ask another supervisor or administrator.")


class HoldAlreadyRequested(Conflict):
    """Nobody keeps a case alone by asking again and again for a hold that nobody confirms."""

    code = "asked_legal_hold_before"
    sentence = N_("You asked for a legal hold of this case before, and nobody has confirmed it.")
    remedy = N_(
        "If data must still be kept, let another supervisor or administrator ask for a hold; you can then confirm it."
    )


class HoldOver(Conflict):
    """The hold was confirmed, refused or ended before, or is over."""

    code = "legal_hold_over"
    sentence = N_("This legal hold is no longer waiting for anyone.")
    remedy = N_("Look at the list of legal holds. If data must still be kept, ask for a new one.")


@dataclass(frozen=True)
class NewHold:
    """What somebody asks for. `until` is the last day; `extends` an earlier hold of the same case."""

    case_id: int
    owner: str  # A user name.
    reason: str
    until: date | None
    extends: int | None = None


@transaction.atomic
def ask_hold(new: NewHold, *, actor: Actor) -> LegalHold:
    """Ask for a legal hold of a case. It holds at once, for as long as a second person has to confirm it.

    At most `limits.LONGEST_HOLD_DAYS` at a time. The owner is somebody who can see the case and the list of holds.
    Raises NotPermitted, NotFound, InvalidInput, and HoldAlreadyRequested where nobody confirmed an earlier one of this
    person.
    """
    person = actor.require(*HOLDERS)
    case = locked_case(new.case_id, actor=actor)
    owner = owners(Clearance(case.clearance) if case.clearance else None).filter(username=new.owner.strip()).first()
    if errors := [
        *_wrong(new),
        *(
            []
            if owner
            else [
                FieldError(
                    "owner",
                    "unknown",
                    N_("This person cannot answer for it: only a supervisor or auditor who may see the case can."),
                )
            ]
        ),
    ]:
        raise InvalidInput(*errors)
    assert owner
    assert new.until
    if (
        new.extends is not None
        and not LegalHold.objects.filter(pk=new.extends, case=case, confirmed_at__isnull=False).exists()
    ):
        raise NotFound
    if LegalHold.objects.filter(case=case, asked_by=person, confirmed_at__isnull=True).exists():
        raise HoldAlreadyRequested
    moment = now()
    row = LegalHold.objects.create(
        case=case,
        extends_id=new.extends,
        owner=owner,
        reason=new.reason.strip(),
        asked_by_id=person,
        asked_at=moment,
        confirm_until=moment + timedelta(hours=CONFIRM_HOLD_HOURS),
        ends_at=end_of_day_of_local_time(new.until),
    )
    append(
        "ask_legal_hold",
        {
            "hold": row.pk,
            "owner": owner.pk,
            "until": new.until.isoformat(),
            **({"extends": new.extends} if new.extends else {}),
        },
        actor=actor,
        case_id=case.pk,
    )
    return row


def _wrong(new: NewHold) -> list[FieldError]:
    errors = check_required("reason", new.reason, least=_LEAST, most=MAX_REASON, needed=_WHY)
    last = day_of(now() + timedelta(days=LONGEST_HOLD_DAYS)) - timedelta(days=1)
    if new.until is None:
        errors.append(FieldError("until", "missing", N_("Choose the last day.")))
    elif not today() <= new.until <= last:
        errors.append(
            FieldError(
                "until",
                "out_of_bounds",
                N_(
                    "Choose a day from today to %(last)s. A hold is extended by two people when it is still needed "
                    "then."
                ),
                {"last": last.isoformat()},
            )
        )
    return errors


@transaction.atomic
def confirm_hold(hold_id: int, *, actor: Actor) -> None:
    """Confirm a hold, as the second person. Raises NotPermitted, NotFound, OwnHold, HoldOver."""
    person = actor.require(*HOLDERS)
    lock_people(person)
    row = _locked(hold_id, actor)
    if row.asked_by_id == person:
        raise OwnHold
    moment = now()
    if row.confirmed_at or row.ended_at or row.confirm_until <= moment or row.ends_at <= moment:
        raise HoldOver
    row.confirmed_by_id, row.confirmed_at = person, moment
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    append("confirm_legal_hold", {"hold": row.pk}, actor=actor, case_id=row.case_id)


@transaction.atomic
def end_hold(hold_id: int, why: str, *, actor: Actor) -> None:
    """End a hold before its day, or refuse one that waits, with a reason. One person is enough: the case's other
    bindings stay, and nothing is deleted for `limits.HOLD_ENDED_HOURS`, in which somebody else can ask for a new one.
    Irreversible. Raises NotPermitted, NotFound, InvalidInput, HoldOver.
    """
    person = actor.require(*HOLDERS)
    row = _locked(hold_id, actor)
    if errors := check_required("why", why, least=_LEAST, most=MAX_REASON, needed=_WHY):
        raise InvalidInput(*errors)
    moment = now()
    if row.ended_at or row.ends_at <= moment or (row.confirmed_at is None and row.confirm_until <= moment):
        raise HoldOver
    row.ended_by_id, row.ended_at, row.ended_why = person, moment, why.strip()
    row.save(update_fields=["ended_by", "ended_at", "ended_why"])
    append(
        "end_legal_hold" if row.confirmed_at else "refuse_legal_hold",
        {"hold": row.pk},
        actor=actor,
        case_id=row.case_id,
    )


def _locked(hold_id: int, actor: Actor) -> LegalHold:
    """The hold with its case locked, so that no sweep deletes meanwhile. Raises NotFound."""
    case = LegalHold.objects.filter(pk=hold_id).values_list("case", flat=True).first()
    if case is None:
        raise NotFound
    refuse_uncleared(locked_case(case, actor=actor), actor=actor)
    return LegalHold.objects.select_for_update().get(pk=hold_id)
