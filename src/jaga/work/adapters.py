"""The worker's adapters. Only this process reads platform credentials.

Limits how many of a worker's jobs may use one platform, so that a slow platform cannot occupy all of them.

A platform that answers correctly but slowly opens no circuit breaker. So each platform gets at most half of the job
slots that the others leave free, and lookups of handles half of that. Two slow platforms leave a quarter, three an
eighth. A job without a slot does not block: only one waits, for a moment, so that a returned slot is used at once.

A lock that one worker holds at a time, for as long as its database session lives.

Locks on accounts and platforms: one worker at a time for an account, a limited number for a platform (ADR 0017).

A lock belongs to the PostgreSQL session. It ends when the worker is killed, and not before, however long the worker is
silent. A job that was rescued too early therefore finds the account locked, and no two workers act on one account.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Condition, Lock

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Account
from jaga.platforms.kit.credentials import load_configuration
from jaga.platforms.kit.guard import Adapter
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import open_adapter

_Stamp = tuple[int, int, int]


class WrongKindOfPlatform(JagaError):
    """The operation does not fit this kind of platform; nothing was done."""

    code = "wrong_kind_of_platform"
    status = 500
    sentence = N_("The platform %(platform)s cannot be worked on in this way.")
    remedy = N_("Run `jaga admin platform %(platform)s` again after `adapter` was changed in platforms.toml.")


@dataclass(frozen=True)
class _Open:
    """An open adapter and the configuration file it came from."""

    path: Path
    stamp: _Stamp | None
    adapter: Adapter


_open: dict[str, _Open] = {}
_guard = Lock()


def adapter_for(platform: str) -> Adapter:
    """The adapter of a platform, kept open until `platforms.toml` changes.

    A new credential is used from the next call on; a running call keeps its adapter. Raises UnknownPlatform,
    UnknownAdapter, CredentialLocked or a configuration error, each with its remedy.
    """
    path = Path(settings.HOME) / "platforms.toml"
    with _guard:
        stamp = _stamp(path)  # taken before reading, so that a concurrent change is read at the next call
        opened = _open.get(platform)
        if opened is None or (opened.path, opened.stamp) != (path, stamp) or not _is_current(opened.adapter):
            _open.pop(platform, None)
            key_file = KeyFile(path.parent / "secrets" / "platforms")
            opened = _Open(path, stamp, open_adapter(load_configuration(path, platform, key_file)))
            _open[platform] = opened
        return opened.adapter


def _is_current(adapter: Adapter) -> bool:
    """Whether other files the adapter was built from, such as a mapping, are unchanged."""
    asked = getattr(adapter, "is_current", None)
    return asked is None or bool(asked())


def _stamp(path: Path) -> _Stamp | None:
    """A stamp that differs after each change of the file, even within one clock tick."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


JOBS = 8
"""Default number of concurrent jobs of a worker."""
_PATIENCE = 0.3  # seconds


class Work(Enum):
    """What a job does on a platform. The value n means at most 1/n of the slots the others leave free."""

    ACTIONS = 2
    NAMES = 4


class _Places:
    """The job slots of one worker."""

    def __init__(self, jobs: int) -> None:
        self._jobs, self._given_back = jobs, Condition()
        self._held: Counter[tuple[str, Work]] = Counter()
        self._waiting: set[tuple[str, Work]] = set()

    def take(self, platform: str, work: Work) -> bool:
        """Take a slot, waiting for a moment; returns whether there was one.

        Only one caller waits for the same slots.
        """
        wanted = (platform, work)
        with self._given_back:
            if not self._is_free(platform, work):
                if wanted in self._waiting:
                    return False
                self._waiting.add(wanted)
                try:
                    if not self._given_back.wait_for(lambda: self._is_free(platform, work), _PATIENCE):
                        return False
                finally:
                    self._waiting.discard(wanted)
            self._held[wanted] += 1
            return True

    def give_back(self, platform: str, work: Work) -> None:
        with self._given_back:
            self._held[platform, work] -= 1
            self._given_back.notify_all()

    def _is_free(self, platform: str, work: Work) -> bool:
        own = sum(self._held[platform, kind] for kind in Work)
        left = self._jobs - (self._held.total() - own)
        return own < max(1, left // 2) and self._held[platform, work] < max(1, left // work.value)


_places = _Places(JOBS)


def share_out(jobs: int) -> None:
    """Set this worker's number of concurrent jobs. Call it before the first one."""
    global _places
    _places = _Places(jobs)


@contextmanager
def place_on(platform: str, work: Work) -> Iterator[bool]:
    """A slot for the block; False if the platform has its share."""
    places = _places
    free = places.take(platform, work)
    try:
        yield free
    finally:
        if free:
            places.give_back(platform, work)


@contextmanager
def session_lock(key: int | str) -> Iterator[bool]:
    """Whether this process holds the advisory lock of this number or name. Nobody waits for it.

    It ends with the session, at once if the process is killed.
    """
    number = "%s" if isinstance(key, int) else "hashtextextended(%s, 0)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({number})", [key])
        (ours,) = cursor.fetchone()
    try:
        yield bool(ours)
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({number})", [key])


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
