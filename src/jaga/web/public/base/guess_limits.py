"""Limits on guessing receipts and codes, by address and network.

Kept in process memory on purpose: with 53 bits per receipt and 100 per appeal code, guessing must only be slow, not
counted exactly; and the origin of wrong codes is never written to disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from time import monotonic

from django.http import HttpRequest

from jaga.core.buckets import Buckets, Rate
from jaga.core.errors import N_, JagaError, NotFound
from jaga.web.public.base.clients import network, one_address

OF_AN_ADDRESS = Rate(burst=10, per_second=1 / 60)
# Many phones share a network: one person's mistakes must not lock out the others.
OF_A_NETWORK = Rate(burst=40, per_second=4 / 60)
WRONG = Buckets()


class TooManyTries(JagaError):
    """Too many wrong codes from one address or network. Params: `retry_after` in seconds."""

    code = "too_many_tries"
    status = 429
    sentence = N_("Too many wrong codes were entered from your network.")
    remedy = N_("Wait %(retry_after)s seconds, then enter the code exactly as you noted it.")


@contextmanager
def braked(request: HttpRequest) -> Iterator[None]:
    """Count an attempt that ends in NotFound within the block.

    Raises TooManyTries before the block if there were too many.

    Counted before the block, so that concurrent attempts cannot bypass it, and returned if the code was right.
    """
    allowed = {f"address:{one_address(request)}": OF_AN_ADDRESS, f"network:{network(request)}": OF_A_NETWORK}
    taken = list[str]()
    for key, rate in allowed.items():
        if wait := WRONG.take(key, rate, monotonic()):
            _give_back(taken)
            raise TooManyTries(retry_after=ceil(wait))
        taken.append(key)
    try:
        yield
    except NotFound:
        taken.clear()
        raise
    finally:
        _give_back(taken)


def _give_back(keys: list[str]) -> None:
    for key in keys:
        WRONG.give_back(key)
