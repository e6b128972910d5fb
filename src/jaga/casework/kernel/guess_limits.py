"""How often somebody may be wrong about a password or a code, and how long they wait then.

Whoever guesses is counted by address, by network and by name. A name is never closed: a device on which somebody has
signed in under it is counted by itself, and while a name is being guessed at, every other address waits for its turn,
half a minute, and then has one try. Counts are moments (the generic cell rate algorithm): until when wrong tries have
used up the allowance. They lie in the database, so that all web processes share them and a restart forgets none.
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
from jaga.core.guesses import ADDRESS, DEVICE, NAME, NETWORK, TURN, Limit
from jaga.core.terms import GuessLimit
from jaga.records.codes import guess_key
from jaga.records.models import GuessCount

KEPT_AFTER = timedelta(minutes=30)  # a turn that nobody took is given up then
_MOST_FORGOTTEN = 10_000
log = structlog.get_logger("jaga.guessing")


class TooManyGuesses(JagaError):
    """Too many wrong tries from one address or network. Params: `retry_after` in seconds."""

    code = "too_many_guesses"
    status = 429
    sentence = N_("Too many wrong passwords or codes came from your network.")
    remedy = N_("Wait %(retry_after)s seconds, then try again. Where you have signed in on a device before, you can "
                "sign in there now.")


class WaitForYourTurn(JagaError):
    """The name is being guessed at, and this device is not known. Said of any name, whether it exists or not."""

    code = "wait_for_your_turn"
    status = 429
    sentence = N_("Somebody is trying out passwords for this name.")
    remedy = N_("Wait %(retry_after)s seconds, then sign in again on this page. On a device on which you have signed "
                "in before there is no wait.")


@dataclass(frozen=True)
class Guesser:
    """Where a try comes from. `device` only if somebody has signed in there under the very name that is tried."""

    address: str
    network: str
    device: str = ""


@dataclass
class Guess:
    """One try. It counts as wrong unless the block says that it does not."""

    counts: bool = True


@contextmanager
def one_guess(guesser: Guesser, name: str = "") -> Iterator[Guess]:
    """Count a try at a name's password or, without a name, at a code. Raises TooManyGuesses, WaitForYourTurn.

    It is counted before the block runs, in a commit of its own, so that many at once are no way around the count.
    """
    taken = _take(guesser, name)
    guess = Guess()
    try:
        yield guess
    finally:
        if not guess.counts:
            _give_back(taken)


def forget_guesses() -> int:
    """Delete counts whose time is over; returns how many."""
    old = GuessCount.objects.filter(used_until__lt=now() - KEPT_AFTER).values_list("pk", flat=True)[:_MOST_FORGOTTEN]
    return GuessCount.objects.filter(pk__in=list(old)).delete()[0]


_Keys = Mapping[bytes, Limit]


def _take(guesser: Guesser, name: str) -> _Keys:
    """Count the try before it is made; returns by what. Raises TooManyGuesses, WaitForYourTurn; then nothing counts."""
    moment = now()
    refused: TooManyGuesses | WaitForYourTurn | None = None
    with transaction.atomic():
        taken = _on_known_device(guesser, name, moment)
        if taken is not None:
            return taken
        taken = {guess_key(GuessLimit.ADDRESS, guesser.address): ADDRESS,
                 guess_key(GuessLimit.NETWORK, guesser.network): NETWORK}
        if wait := _charge(taken, moment):
            refused, taken = TooManyGuesses(retry_after=ceil(wait.total_seconds())), {}
        elif name:
            names = {guess_key(GuessLimit.NAME, name): NAME}
            if not _charge(names, moment):
                return {**taken, **names}
            refused = _in_turn(guesser, name, moment)
    if refused is not None:  # raised behind the commit: that somebody began to wait must not be undone
        _give_back(taken)
        raise refused
    return taken


def _on_known_device(guesser: Guesser, name: str, moment: datetime) -> _Keys | None:
    """The device's own count; None for an unknown one, and for one whose allowance is used up."""
    if not guesser.device:
        return None
    own = {guess_key(GuessLimit.DEVICE, f"{guesser.device}:{name}"): DEVICE}
    return None if _charge(own, moment) else own


def _charge(limits: _Keys, moment: datetime) -> timedelta:
    """Count a try by each limit, if all of them allow it. Returns the wait where one does not."""
    rows = _locked({key: limit.kind for key, limit in limits.items()}, moment)
    wait = max(limits[key].wait(row.used_until, moment) for key, row in rows.items())
    if wait:
        return wait
    for key, row in rows.items():
        limit = limits[key]
        row.used_until = limit.after(row.used_until, moment)
        if limit.wait(row.used_until, moment):
            log.warning("guessing", limit=limit.kind.value)  # whose name, and from where, is written to no log
    GuessCount.objects.bulk_update(rows.values(), ["used_until"])
    return wait


def _locked(kinds: Mapping[bytes, GuessLimit], moment: datetime) -> dict[bytes, GuessCount]:
    """The rows of these keys, made where there are none, locked until the commit."""
    GuessCount.objects.bulk_create((GuessCount(key=key, kind=kinds[key], used_until=moment) for key in sorted(kinds)),
                                   ignore_conflicts=True)
    rows = GuessCount.objects.select_for_update().filter(key__in=list(kinds)).order_by("key")
    return {bytes(row.key): row for row in rows}


def _in_turn(guesser: Guesser, name: str, moment: datetime) -> WaitForYourTurn | None:
    """None where this address has waited for the name, which gives it one try; otherwise how long it still waits."""
    key = guess_key(GuessLimit.TURN, f"{guesser.address}:{name}")
    row, new = GuessCount.objects.select_for_update().get_or_create(
        key=key, defaults={"kind": GuessLimit.TURN, "used_until": moment + TURN})
    if not new and row.used_until <= moment:
        row.used_until = moment + TURN
        row.save(update_fields=["used_until"])
        return None
    return WaitForYourTurn(retry_after=ceil((row.used_until - moment).total_seconds()))


@transaction.atomic
def _give_back(taken: _Keys) -> None:
    for key in sorted(taken):
        GuessCount.objects.filter(key=key).update(used_until=F("used_until") - taken[key].every)
