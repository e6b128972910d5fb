"""A circuit breaker for each platform, shared by all workers through the database (ADR 0017).

After a number of consecutive failures (policy `breaker`) the circuit opens until `open_until`; then a single trial
request is allowed. Actions postponed meanwhile lose no attempt and resume when the platform answers.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from random import SystemRandom

from django.db import connection, transaction

from jaga.actions.verbs.attempts import OperatorRefused, locked_action, retry_stuck
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Action
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.platforms import Account
from jaga.core.terms.cases import ActionState
from jaga.core.terms.people import Role
from jaga.operators.models import PlatformHealth
from jaga.policy.release import load_release
from jaga.store.kernel.jobs import CARRY_OUT, defer

LONGEST_ASKED_FOR = timedelta(hours=1)
"""The longest pause accepted from a platform; one request an hour burdens nobody."""
_FRESH = timedelta(seconds=30)  # precision of `last_ok_at`, so that not every step writes it
_BACK_EVERY = timedelta(milliseconds=200)  # interval between resumed actions
_CHANCE = SystemRandom()
_OF = "SELECT 1 FROM records_platformhealth h JOIN records_platform p ON p.id = h.platform_id WHERE p.name = %s"
_SILENT = f"{_OF} AND h.open_until IS NOT NULL"  # runs twice for each closure
_WELL = f"{_OF} AND h.open_until IS NULL AND h.failures = 0 AND h.last_ok_at > %s AND h.last_ok_at <= %s"


def may_ask(platform: str) -> datetime | None:
    """None if the platform may be asked now, else when to try again.

    The first caller after `open_until` gets the trial request; the others are postponed until it is answered, or for
    another pause. An `open_until` further away than any pause came from a clock that ran ahead, and is ignored.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SILENT, [platform])
        silent = cursor.fetchone()
    return _try_the_ground(platform) if silent else None  # the usual case takes no lock


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
    """True while the circuit is open. Does not claim the trial request."""
    moment = now()
    return PlatformHealth.objects.filter(
        platform__name=platform, open_until__gt=moment, open_until__lte=moment + _longest()
    ).exists()


def accounts_to_try() -> tuple[Account, ...]:
    """For each platform whose pause is over and that has not answered since, a waiting account to try.

    Chosen at random: one account whose answers are unusable must not make the platform seem unavailable.
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
    """Record a usable answer; returns how many postponed actions resume."""
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
    """Record that the platform gave no usable answer; returns until when the circuit is open, or None.

    `retry_after` is the pause in seconds that the platform asked for; it applies to all requests.
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
    """Postpone an action until its platform may be asked again, without using up an attempt; returns the time.

    Makes no ledger entry: nothing was done or decided, and a long outage would fill the ledger.
    """
    action, case = locked_action(action_id, actor=actor)
    if action.state == ActionState.PENDING:
        action.next_attempt_at = until + timedelta(seconds=_CHANCE.random())
        action.save(update_fields=["next_attempt_at"])
        defer(CARRY_OUT, lock=f"case:{case.pk}", at=action.next_attempt_at, case_id=case.pk)
    return action.next_attempt_at or until


@transaction.atomic
def retry_platform(platform: str, *, actor: Actor) -> int:
    """Retry every stuck action of a platform after an outage, with all attempts; returns how many.

    Actions that fail again become stuck again. Raises NotPermitted.
    """
    actor.require(Role.SUPERVISOR)
    actions = list(
        Action.objects.filter(state=ActionState.STUCK, decision__subject__platform__name=platform)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    tried = 0
    for action_id in actions:
        with suppress(OperatorRefused):  # people refused, so no retry
            retry_stuck(action_id, actor=actor)
            tried += 1
    return tried


def _bring_back(platform: Platform) -> int:
    """Schedule the postponed actions of a platform now, one after the other; returns how many."""
    waiting = Action.objects.filter(
        state=ActionState.PENDING, next_attempt_at__gt=now(), decision__subject__platform=platform
    ).order_by("created_at", "pk")
    found = list(waiting.values_list("pk", "decision__case_id"))
    for place, (action_id, case_id) in enumerate(found):
        at = now() + place * _BACK_EVERY
        Action.objects.filter(pk=action_id, state=ActionState.PENDING).update(next_attempt_at=at)
        defer(CARRY_OUT, lock=f"case:{case_id}", at=at, case_id=case_id)
    return len(found)


def _locked(platform: str) -> PlatformHealth:
    row = Platform.objects.get(name=platform)
    PlatformHealth.objects.get_or_create(platform=row)
    return PlatformHealth.objects.select_for_update(of=("self",)).select_related("platform").get(platform=row)


def _pause(failures: int) -> timedelta:
    """The pause, doubled with each failure beyond the policy's limit."""
    breaker = load_release().enforcement.breaker
    beyond = max(failures - breaker.failures, 0)
    longer: int = 2 ** min(beyond, 16)
    return min(breaker.pause * longer, breaker.longest_pause)


def _longest() -> timedelta:
    return max(load_release().enforcement.breaker.longest_pause, LONGEST_ASKED_FOR)
