"""Waits for started processes as long as they live and are active, with periodic messages.

A small machine under load needs minutes to start. Waiting therefore ends only if the process exits or has been inactive
for very long.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

A_WORD_EVERY = 15.0  # Seconds.
IDLE_SECONDS = 600.0  # Without any sign of activity: longer than a suspended or swapping machine needs.
_MOST_SECONDS = 6 * 3600.0  # A process active this long without answering never will.


@contextmanager
def print_progress(what: str) -> Iterator[None]:
    """During the block, print every 15 seconds what the start is waiting for."""
    over, began = threading.Event(), time.monotonic()

    def say() -> None:
        while not over.wait(A_WORD_EVERY):
            click.echo(f"… waiting for {what} ({time.monotonic() - began:.0f} s)", err=True)
            sys.stderr.flush()

    speaker = threading.Thread(target=say, name="waiting", daemon=True)
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join()


class Patience:
    """Activity of a process and its descendants; `signs` are further indicators, such as the size of a log."""

    def __init__(self, pid: int, signs: Callable[[], object] = lambda: None) -> None:
        self._pid, self._signs = pid, signs
        self._began = self._changed = time.monotonic()
        self._last = (work_of(pid), signs())

    def is_over(self) -> str:
        """Why waiting is futile, or an empty string. Call it repeatedly."""
        moment, progress = time.monotonic(), (work_of(self._pid), self._signs())
        if progress != self._last:
            self._last, self._changed = progress, moment
        if moment - self._changed > IDLE_SECONDS:
            return f"it did nothing for {moment - self._changed:.0f} s"
        return f"no answer within {moment - self._began:.0f} s" if moment - self._began > _MOST_SECONDS else ""


def work_of(pid: int) -> int:
    """The CPU time, in kernel ticks, of a process and its descendants; 0 if there is none."""
    parents, ticks = dict[int, int](), dict[int, int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # Ended in the meantime.
            continue
        number = int(stat.parent.name)
        parents[number], ticks[number] = int(fields[1]), sum(map(int, fields[11:15]))
    return sum(ticks[one] for one in ticks if _is_below(one, pid, parents))


def _is_below(one: int, top: int, parents: dict[int, int]) -> bool:
    while one > 1:
        if one == top:
            return True
        one = parents.get(one, 0)
    return False
