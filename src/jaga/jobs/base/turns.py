"""Whose turn it is: one worker at a time on an account, and no more at a time on a platform than it is said to bear.

A turn is a lock of this session in PostgreSQL. It ends with the session: at once when a worker is killed, and not
before, however long a stopped or slow one is silent. So a job that was given to another worker too early finds the
account taken, and no two ever act on one account.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Account

_PATIENCE_MS = 300  # to wait for a turn before the job is put off; a place is often free within some calls


class TurnLost(JagaError):
    """The session that held the turn has ended, so that another worker may act now. Nothing more is done here."""

    code = "turn_lost"
    status = 503
    sentence = N_("The database was lost while an action was being carried out.")
    remedy = N_("It is carried out again by itself; the platform is looked at first.")


@dataclass(frozen=True)
class PlatformTurn:
    """A turn that was got. Ask `still_ours` before each call that changes something."""

    session: int

    def still_ours(self) -> None:
        """Raises TurnLost, or the database's own error where it does not answer."""
        if _session() != self.session:
            raise TurnLost


@contextmanager
def turn_on(account: Account) -> Iterator[PlatformTurn | None]:
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


def _take(account: Account, places: int) -> tuple[PlatformTurn, list[str]] | None:
    """The turn with its keys: the account's, and one place on the platform, whichever is free or is so first."""
    mine = f"jaga subject {account.platform} {account.account_id}"
    if not (session := _lock(mine) or _wait_for(mine)):
        return None
    keys = [f"jaga place {account.platform} {place}" for place in random.sample(range(places), places)]
    place = next((key for key in keys if _lock(key)), None) or (keys[0] if _wait_for(keys[0]) else None)
    if place is None:
        _unlock([mine])
        return None
    return PlatformTurn(session), [mine, place]


def _give_back(keys: list[str]) -> None:
    """Where the session has ended, its locks ended with it; unlocking what the new one never held changes nothing."""
    if connection.connection is None or connection.connection.closed:
        return
    _unlock(keys)


def _lock(key: str) -> int:
    """The session that holds the lock now: this one, or 0 where it is another's."""
    return int(str(_ask("SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(%s, 0)) THEN pg_backend_pid()"
                        " ELSE 0 END", key)))


def _wait_for(key: str) -> int:
    """As `_lock`, with patience. The database wakes who waits: to ask again and again costs more than a turn."""
    try:
        with transaction.atomic():  # the lock itself is the session's and stays
            _ask("SELECT set_config('lock_timeout', %s, true)", f"{_PATIENCE_MS}ms")
            _ask("SELECT pg_advisory_lock(hashtextextended(%s, 0))::text", key)
            return _session()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return 0
        raise


def _unlock(keys: list[str]) -> None:
    _ask("SELECT count(pg_advisory_unlock(hashtextextended(key, 0))) FROM unnest(%s::text[]) AS key", keys)


def _session() -> int:
    return int(str(_ask("SELECT pg_backend_pid()")))


def _ask(query: str, *parameters: str | list[str]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]
