"""Whether a platform answers: a circuit breaker, whose memory is shared by all workers.

After so many failures in a row (policy `breaker`) nothing is sent until `open_until`; then one attempt tries the
ground. What is put off meanwhile uses up no attempt, and comes back as soon as the platform answers again.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from random import SystemRandom

from django.db import connection, transaction

from jaga.casework.actions.attempts import OperatorRefused, locked_action, retry_stuck
from jaga.casework.kernel.jobs import CARRY_OUT, promise
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.platforms import Account
from jaga.core.terms import ActionState, Role
from jaga.policy import load_release
from jaga.records.models import Action, Platform, PlatformHealth

LONGEST_ASKED_FOR = timedelta(hours=1)
"""No pause that a platform asks for is believed for longer: asking once an hour burdens nobody."""
_FRESH = timedelta(seconds=30)  # `last_ok_at` is this exact; one write a step would be for nothing
_BACK_EVERY = timedelta(milliseconds=200)  # what waited comes back one after the other
_CHANCE = SystemRandom()
_OF = "SELECT 1 FROM records_platformhealth h JOIN records_platform p ON p.id = h.platform_id WHERE p.name = %s"
_SILENT = f"{_OF} AND h.open_until IS NOT NULL"  # asked twice for each closure
_WELL = f"{_OF} AND h.open_until IS NULL AND h.failures = 0 AND h.last_ok_at > %s AND h.last_ok_at <= %s"


def may_ask(platform: str) -> datetime | None:
    """None where the platform may be asked now; else when to come again.

    Whoever is the first after `open_until` tries the ground for everybody: the others are put off until this attempt
    has been answered, or for one more pause. A moment that lies further away than any pause was set by a clock that
    ran ahead, and is not believed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, [platform])
        silent = cursor.fetchone()
    return _try_the_ground(platform) if silent else None  # the ordinary case takes no lock


@transaction.atomic
def _try_the_ground(platform: str) -> datetime | None:
    silent = PlatformHealth.objects.filter(platform__name=platform, open_until__isnull=False)
    health = silent.select_for_update(of=("self",)).first()
    if health is None or health.open_until is None:
        return None
    moment = now()
    if moment < health.open_until <= moment + _longest():
        return health.open_until
    health.open_until = moment + _pause(health.failures)
    health.save(update_fields=["open_until"])
    return None


def left_alone(platform: str) -> bool:
    """Whether nothing should be sent now; asks for no turn to try the ground."""
    moment = now()
    return PlatformHealth.objects.filter(
        platform__name=platform, open_until__gt=moment, open_until__lte=moment + _longest()).exists()


def accounts_to_try() -> tuple[Account, ...]:
    """By an account that waits, each platform whose pause is over and that has not answered since.

    Any of them, not always the oldest: one whose answers cannot be used must not make the platform seem silent.
    """
    waiting = (
        Action.objects.filter(state=ActionState.PENDING, decision__subject__platform__health__open_until__lte=now())
        .order_by("created_at", "pk")
        .values_list("decision__subject__platform__name", "decision__subject__account_id", "decision__subject__handle")
    )
    found: dict[str, list[Account]] = {}
    for platform, account_id, handle in waiting:
        found.setdefault(platform, []).append(Account(platform, account_id, handle))
    return tuple(_CHANCE.choice(accounts) for accounts in found.values())


def record_answer(platform: str) -> int:
    """The platform gave a usable answer. Returns how many actions come back now because it had been silent before."""
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_WELL, [platform, moment - _FRESH, moment])
        well = cursor.fetchone()
    return 0 if well else _answered(platform, moment)


@transaction.atomic
def _answered(platform: str, moment: datetime) -> int:
    health = _locked(platform)
    silent = health.open_until is not None
    health.failures, health.open_until, health.why, health.last_ok_at = 0, None, "", moment
    health.save()
    return _bring_back(health.platform) if silent else 0


@transaction.atomic
def record_silence(platform: str, why: str, *, retry_after: float | None = None) -> datetime | None:
    """The platform gave no usable answer. Returns until when it is left alone, None where it is not.

    `retry_after` seconds is how long it asked us to stay away; that counts for everything that is sent there.
    """
    health = _locked(platform)
    moment = now()
    health.failures += 1
    health.last_failed_at, health.why = moment, why[:200]
    if health.failures >= load_release().enforcement.breaker.failures:
        health.open_until = moment + _pause(health.failures)
    if retry_after is not None:
        asked = moment + min(timedelta(seconds=retry_after), LONGEST_ASKED_FOR)
        health.open_until = max(asked, health.open_until or asked)
    health.save()
    return health.open_until


@transaction.atomic
def put_off(action_id: int, until: datetime, *, actor: Actor) -> datetime:
    """Promise the action's next attempt for when its platform may be asked again. It counts as no attempt.

    Not in the ledger: nothing was done and nothing decided, and a day's silence would fill it.
    """
    action, case = locked_action(action_id, actor=actor)
    if action.state == ActionState.PENDING:
        action.next_attempt_at = until + timedelta(seconds=_CHANCE.random())
        action.save(update_fields=["next_attempt_at"])
        promise(CARRY_OUT, lock=f"case:{case.pk}", at=action.next_attempt_at, case_id=case.pk)
    return action.next_attempt_at or until


@transaction.atomic
def retry_platform(platform: str, *, actor: Actor) -> int:
    """Let every stuck action of a platform be tried again, with its attempts from the start; returns how many.

    For after a long outage. Reversible like `attempts.retry_stuck`: what fails again becomes stuck again.
    """
    actor.require(Role.SUPERVISOR)
    actions = list(
        Action.objects.filter(state=ActionState.STUCK, decision__subject__platform__name=platform)
        .order_by("pk").values_list("pk", flat=True)
    )
    tried = 0
    for action_id in actions:
        with suppress(OperatorRefused):  # people said no; that is between people
            retry_stuck(action_id, actor=actor)
            tried += 1
    return tried


def _bring_back(platform: Platform) -> int:
    """Promise for now, one after the other, what waits for this platform."""
    waiting = Action.objects.filter(state=ActionState.PENDING, next_attempt_at__gt=now(),
                                    decision__subject__platform=platform).order_by("created_at", "pk")
    found = list(waiting.values_list("pk", "decision__case_id"))
    for place, (action_id, case_id) in enumerate(found):
        at = now() + place * _BACK_EVERY
        Action.objects.filter(pk=action_id, state=ActionState.PENDING).update(next_attempt_at=at)
        promise(CARRY_OUT, lock=f"case:{case_id}", at=at, case_id=case_id)
    return len(found)


def _locked(platform: str) -> PlatformHealth:
    row = Platform.objects.get(name=platform)
    PlatformHealth.objects.get_or_create(platform=row)
    return PlatformHealth.objects.select_for_update(of=("self",)).select_related("platform").get(platform=row)


def _pause(failures: int) -> timedelta:
    """Twice as long with each failure beyond the policy's number."""
    breaker = load_release().enforcement.breaker
    beyond = max(failures - breaker.failures, 0)
    longer: int = 2 ** min(beyond, 16)
    return min(breaker.pause * longer, breaker.longest_pause)


def _longest() -> timedelta:
    return max(load_release().enforcement.breaker.longest_pause, LONGEST_ASKED_FOR)
