"""Limits concurrent password hashing: Argon2 takes 100 MB and a full core, and attackers request many.

Each web process has one slot for known devices and one for all others, so guesses never displace people who have signed
in before; a few wait, the rest are refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from jaga.core.errors import N_, JagaError

AT_ONCE, WAITING = 1, 6
PATIENCE_SECONDS = 8.0


class ManySignIns(JagaError):
    """Too many sign-ins to hash. This one was not checked and does not count as an attempt."""

    code = "many_sign_ins"
    status = 429  # As a server error (503) each would be logged.
    sentence = N_("Very many people are signing in at the moment.")
    remedy = N_("Wait %(retry_after)s seconds, then sign in again.")


class _Places:
    def __init__(self) -> None:
        self._hashing, self._inside = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE + WAITING)

    @contextmanager
    def taken(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise ManySignIns(retry_after=5)
        try:
            if not self._hashing.acquire(timeout=PATIENCE_SECONDS):
                raise ManySignIns(retry_after=5)
            try:
                yield
            finally:
                self._hashing.release()
        finally:
            self._inside.release()


_ANYBODY, _KNOWN = _Places(), _Places()


@contextmanager
def hashing(*, known_device: bool) -> Iterator[None]:
    """A hashing slot, for a known device or for any. Raises ManySignIns."""
    with (_KNOWN if known_device else _ANYBODY).taken():
        yield
