"""How many passwords are hashed at a time: Argon2 takes 100 MB and all of a core, and whoever guesses asks for many.

In each web process one for devices that are known and one for all others, so that guesses never take the place of those
who have signed in before; a few wait, the rest are told to come back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from jaga.core.errors import N_, JagaError

AT_ONCE, WAITING = 1, 6
PATIENCE_SECONDS = 8.0


class ManySignIns(JagaError):
    """More passwords come than can be hashed. This one was not looked at, and does not count as a try."""

    code = "many_sign_ins"
    status = 429  # as a fault of ours (503) each would be a line in the log
    sentence = N_("Very many people are signing in just now.")
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
def hashing(*, known: bool) -> Iterator[None]:
    """A place to hash a password in, for a device that is known or for any. Raises ManySignIns."""
    with (_KNOWN if known else _ANYBODY).taken():
        yield
