"""A memory limit for all answers during one adapter call.

Each page has its own limit (`jaga.platforms.kit.http`), but a server that fills fifty pages could still exhaust the
memory of a worker that serves every platform.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from jaga.core.platforms import PlatformFault

LARGEST_READ = 512 * 1024 * 1024
"""Three hundred thousand messages with all fields: more than a worker reads at once."""


class _Read(local):
    left: int | None = None  # None outside of a call.


_read = _Read()


@contextmanager
def one_call() -> Iterator[None]:
    """Count what this thread reads within the block. A nested call counts with the outer one."""
    if _read.left is not None:
        yield
        return
    _read.left = LARGEST_READ
    try:
        yield
    finally:
        _read.left = None


def count_read(size: int) -> None:
    """Add this many bytes. Raises PlatformFault above the limit for one call."""
    if _read.left is None:
        return
    _read.left -= size
    if _read.left < 0:
        raise PlatformFault(why="its answers to one call are too large together")
