"""A worker of the batch tests: works on all batches, and dies by kill -9 at the given point.

Run as `python -m tests.jobs.batch_process POINT`: `look`, `inside NUMBER`, `after NUMBER`, or `never`.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

from jaga.app import keys

keys.make_all()
django.setup()

from jaga.batches import jobs as batches
from jaga.batches.verbs import rows as filing

CHUNK = 500


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(call: Callable[..., Any], number: int) -> Callable[..., Any]:
    left = [number]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            die()
        return call(*args, **kwargs)

    return wrapped


def main() -> None:
    setattr(batches, "CHUNK", CHUNK)  # noqa: B010
    point, number = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
    if point == "look":
        setattr(batches, "note_rows", _before(batches.note_rows, number))  # noqa: B010
    elif point == "inside":  # the reports are stored, and their commit never comes
        setattr(filing, "keep", _before(filing.keep, number))  # noqa: B010
    elif point == "after":
        setattr(batches, "file_chunk", _before(batches.file_chunk, number + 1))  # noqa: B010
    for _ in range(200):
        if not batches.open_batches():
            return
        batches.work_on_batches()


main()
