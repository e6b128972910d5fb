"""Rate limits on wrong passwords and codes.

Attempts are counted by address, network and name. A name is never locked: a device that has signed in under it has its
own limit, and while a name is under attack, each other address waits half a minute and then gets one attempt. Limits
use the generic cell rate algorithm; its moments are in the database, shared by all web processes and kept over
restarts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import structlog
from django.db import transaction
from django.db.models import F

from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.limits import ADDRESS, DEVICE, NAME, NETWORK, TURN, Limit
from jaga.core.terms.people import GuessLimit
from jaga.store.codes import guess_key
from jaga.store.models import GuessCount

KEPT_AFTER = timedelta(minutes=30)  # after this an unused turn expires
_MOST_FORGOTTEN = 10_000
log = structlog.get_logger("jaga.guessing")


class TooManyGuesses(JagaError):
    """Too many wrong attempts from one address or network. Params: `retry_after` in seconds."""

    code = "too_many_guesses"
    status = 429
    sentence = N_("Too many wrong passwords or codes came from your network.")
    remedy = N_(
        "Wait %(retry_after)s seconds, then try again. Where you have signed in on a device before, you can "
        "sign in there now."
    )


class WaitForYourTurn(JagaError):
    """The name is under attack and this device is unknown. Raised for existing and unknown names alike."""

    code = "wait_for_your_turn"
    status = 429
    sentence = N_("Somebody is trying out passwords for this name.")
    remedy = N_(
        "Wait %(retry_after)s seconds, then sign in again on this page. On a device on which you have signed "
        "in before there is no wait."
    )


@dataclass(frozen=True)
class Guesser:
    """Where an attempt comes from. `device` is set only if somebody has signed in there under the same name."""

    address: str
    network: str
    device: str = ""


@dataclass
class Guess:
    """One attempt. It counts as wrong unless the block sets `counts` to False."""

    counts: bool = True


@contextmanager
def one_guess(guesser: Guesser, name: str = "") -> Iterator[Guess]:
    """Count an attempt at the password of `name` or, without a name, at a code.

    It is counted before the block runs, in its own commit, so that parallel attempts cannot evade the limit. Raises
    TooManyGuesses, WaitForYourTurn.
    """
    taken = _take(guesser, name)
    guess = Guess()
    try:
        yield guess
    finally:
        if not guess.counts:
            _give_back(taken)


def forget_guesses() -> int:
    """Delete expired counts; returns how many."""
    old = GuessCount.objects.filter(used_until__lt=now() - KEPT_AFTER).values_list("pk", flat=True)[:_MOST_FORGOTTEN]
    return GuessCount.objects.filter(pk__in=list(old)).delete()[0]


_Keys = Mapping[bytes, Limit]


def _take(guesser: Guesser, name: str) -> _Keys:
    """Count the attempt and return the limits that were charged.

    Raises TooManyGuesses, WaitForYourTurn.

    A refused attempt is not counted.
    """
    moment = now()
    refused: TooManyGuesses | WaitForYourTurn | None = None
    with transaction.atomic():
        taken = _on_known_device(guesser, name, moment)
        if taken is not None:
            return taken
        taken = {
            guess_key(GuessLimit.ADDRESS, guesser.address): ADDRESS,
            guess_key(GuessLimit.NETWORK, guesser.network): NETWORK,
        }
        if wait := _charge(taken, moment):
            refused, taken = TooManyGuesses(retry_after=ceil(wait.total_seconds())), {}
        elif name:
            names = {guess_key(GuessLimit.NAME, name): NAME}
            if not _charge(names, moment):
                return {**taken, **names}
            refused = _in_turn(guesser, name, moment)
    if refused is not None:  # raised after the commit, so that the start of the wait is kept
        _give_back(taken)
        raise refused
    return taken


def _on_known_device(guesser: Guesser, name: str, moment: datetime) -> _Keys | None:
    """Charge the device's own limit; None for an unknown device or one over its limit."""
    if not guesser.device:
        return None
    own = {guess_key(GuessLimit.DEVICE, f"{guesser.device}:{name}"): DEVICE}
    return None if _charge(own, moment) else own


def _charge(limits: _Keys, moment: datetime) -> timedelta:
    """Charge each limit if all of them allow the attempt; otherwise return how long to wait."""
    rows = _locked({key: limit.kind for key, limit in limits.items()}, moment)
    wait = max(limits[key].wait(row.used_until, moment) for key, row in rows.items())
    if wait:
        return wait
    for key, row in rows.items():
        limit = limits[key]
        row.used_until = limit.after(row.used_until, moment)
        if limit.wait(row.used_until, moment):
            log.warning("guessing", limit=limit.kind.value)  # log neither the name nor the address
    GuessCount.objects.bulk_update(rows.values(), ["used_until"])
    return wait


def _locked(kinds: Mapping[bytes, GuessLimit], moment: datetime) -> dict[bytes, GuessCount]:
    """The rows of these keys, created where missing, locked until the commit."""
    GuessCount.objects.bulk_create(
        (GuessCount(key=key, kind=kinds[key], used_until=moment) for key in sorted(kinds)), ignore_conflicts=True
    )
    rows = GuessCount.objects.select_for_update().filter(key__in=list(kinds)).order_by("key")
    return {bytes(row.key): row for row in rows}


def _in_turn(guesser: Guesser, name: str, moment: datetime) -> WaitForYourTurn | None:
    """None if this address has waited its turn for the name, which grants one attempt; else the remaining wait."""
    key = guess_key(GuessLimit.TURN, f"{guesser.address}:{name}")
    row, new = GuessCount.objects.select_for_update().get_or_create(
        key=key, defaults={"kind": GuessLimit.TURN, "used_until": moment + TURN}
    )
    if not new and row.used_until <= moment:
        row.used_until = moment + TURN
        row.save(update_fields=["used_until"])
        return None
    return WaitForYourTurn(retry_after=ceil((row.used_until - moment).total_seconds()))


@transaction.atomic
def _give_back(taken: _Keys) -> None:
    for key in sorted(taken):
        GuessCount.objects.filter(key=key).update(used_until=F("used_until") - taken[key].every)
