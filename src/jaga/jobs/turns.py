"""Whose turn it is: one worker at a time on an account, and no more at a time on a platform than it is said to bear.

A turn is a lock of this session in PostgreSQL. It ends with the session: at once when a worker is killed, and not
before, however long a stopped or slow one is silent. So a job that was given to another worker too early finds the
account taken, and no two ever act on one account.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Account

_PATIENCE = 0.2  # seconds to wait for a turn before the job is put off; a place is often free within one call
_PAUSE = 0.02


class TurnLost(JagaError):
    """The session that held the turn has ended, so that another worker may act now. Nothing more is done here."""

    code = "turn_lost"
    status = 503
    sentence = N_("The database was lost while an action was being carried out.")
    remedy = N_("It is carried out again by itself; the platform is looked at first.")


@dataclass(frozen=True)
class Turn:
    """A turn that was got. Ask `still_ours` before each call that changes something."""

    session: int

    def still_ours(self) -> None:
        """Raises TurnLost, or the database's own error where it does not answer."""
        if _session() != self.session:
            raise TurnLost


@contextmanager
def turn_on(account: Account) -> Iterator[Turn | None]:
    """A turn on the account for the block; None where somebody else is at it, or the platform has enough to do."""
    concurrency = _ask("SELECT concurrency FROM records_platform WHERE name = %s", account.platform)
    taken = _take(account, max(int(str(concurrency)), 1))
    if taken is None:
        yield None
        return
    turn, keys = taken
    try:
        yield turn
    finally:
        _give_back(keys)


def _take(account: Account, places: int) -> tuple[Turn, list[str]] | None:
    mine = f"jaga subject {account.platform} {account.account_id}"
    order = random.sample(range(places), places)
    until = time.monotonic() + _PATIENCE
    while True:
        if _lock(mine):
            for place in order:
                if session := _lock(key := f"jaga place {account.platform} {place}"):
                    return Turn(session), [mine, key]
            _unlock([mine])
        if time.monotonic() > until:
            return None
        time.sleep(_PAUSE)


def _give_back(keys: list[str]) -> None:
    """Where the session has ended, its locks ended with it; unlocking what the new one never held changes nothing."""
    if connection.connection is None or connection.connection.closed:
        return
    _unlock(keys)


def _lock(key: str) -> int:
    """The session that holds the lock now: this one, or 0 where it is another's."""
    return int(str(_ask("SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(%s, 0)) THEN pg_backend_pid()"
                        " ELSE 0 END", key)))


def _unlock(keys: list[str]) -> None:
    _ask("SELECT count(pg_advisory_unlock(hashtextextended(key, 0))) FROM unnest(%s::text[]) AS key", keys)


def _session() -> int:
    return int(str(_ask("SELECT pg_backend_pid()")))


def _ask(query: str, *parameters: str | list[str]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]
