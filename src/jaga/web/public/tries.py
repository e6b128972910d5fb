"""A brake on guessing receipts and codes.

Counted in this process's memory, on purpose: a receipt has 53 bits and an appeal code 100, so the brake only has to
keep guessing slow, not to be exact over all processes; and where wrong codes came from is written to no disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.http import HttpRequest

from jaga.core.errors import N_, JagaError, NotFound
from jaga.web.public.clients import network

MOST = 10
WINDOW_SECONDS = 600


class TooManyTries(JagaError):
    """Too many wrong codes from one network."""

    code = "too_many_tries"
    status = 429
    sentence = N_("Too many wrong codes were entered from your network.")
    remedy = N_("Wait ten minutes, then enter the code exactly as you noted it.")


@contextmanager
def braked(request: HttpRequest) -> Iterator[None]:
    """Count a NotFound of the block as a wrong try. Raises TooManyTries, before the block, once there were too many."""
    key = f"wrong-codes:{network(request)}"
    if cache.get(key, 0) >= MOST:
        raise TooManyTries
    try:
        yield
    except NotFound:
        cache.add(key, 0, WINDOW_SECONDS)
        cache.incr(key)
        raise
