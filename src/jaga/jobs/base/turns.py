"""Locks on accounts and platforms: one worker at a time for an account, a limited number for a platform (ADR 0017).

A lock belongs to the PostgreSQL session. It ends when the worker is killed, and not before, however long the worker is
silent. A job that was rescued too early therefore finds the account locked, and no two workers act on one account.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Account

_PATIENCE_MS = 300  # how long to wait for a lock before deferring the job; it is often free after a few calls


class TurnLost(JagaError):
    """The session that held the lock has ended, so another worker may act. Nothing more is done here."""

    code = "turn_lost"
    status = 503
    sentence = N_("The database was lost while an action was being carried out.")
    remedy = N_("It is carried out again automatically; the platform is checked first.")


@dataclass(frozen=True)
class PlatformTurn:
    """A lock that was acquired. Call `still_ours` before each call that changes something."""

    session: int

    def still_ours(self) -> None:
        """Raise TurnLost, or the database's error if it does not answer."""
        if _session() != self.session:
            raise TurnLost


@contextmanager
def turn_on(account: Account) -> Iterator[PlatformTurn | None]:
    """A lock on the account for the block; None if it is taken or the platform has no free slot."""
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
    """Lock the account and one slot of the platform; returns the lock and its keys, or None."""
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
    """Unlock. Locks of a session that has ended are gone already."""
    if connection.connection is None or connection.connection.closed:
        return
    _unlock(keys)


def _lock(key: str) -> int:
    """The session that holds the lock: this one, or 0 if another one holds it."""
    return int(
        str(
            _ask("SELECT CASE WHEN pg_try_advisory_lock(hashtextextended(%s, 0)) THEN pg_backend_pid() ELSE 0 END", key)
        )
    )


def _wait_for(key: str) -> int:
    """`_lock`, waiting for a moment in the database, which is cheaper than polling."""
    try:
        with transaction.atomic():  # the lock belongs to the session and survives this transaction
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
