"""How much all the answers to one call of an adapter may hold together.

An adapter asks page after page and keeps what they hold. Each page has its own limit (`jaga.platforms.kit.http`); a
server that fills each of fifty pages to it would still take the memory of a worker that works for every platform.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from jaga.core.platforms import PlatformFault

LARGEST_READ = 512 * 1024 * 1024
"""Three hundred thousand messages with all their fields: more than a worker reads in one go."""


class _Read(local):
    left: int | None = None  # None outside of a call


_read = _Read()


@contextmanager
def one_call() -> Iterator[None]:
    """Count what this thread reads in the block. A call within a call counts with the outer one."""
    if _read.left is not None:
        yield
        return
    _read.left = LARGEST_READ
    try:
        yield
    finally:
        _read.left = None


def count_read(size: int) -> None:
    """So many bytes of memory more are taken. Raises PlatformFault where they are too many for one call."""
    if _read.left is None:
        return
    _read.left -= size
    if _read.left < 0:
        raise PlatformFault(why="its answers to one call are too large together")
