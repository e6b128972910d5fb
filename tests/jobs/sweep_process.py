"""A worker of the retention test: sweeps as if on another day, and dies by kill -9 at the given point.

Run as `python -m tests.jobs.sweep_process DAYS POINT`: `inside`, `before_files`, `unlinked`, or `never`.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

from jaga.app import keys

keys.make_all()
django.setup()

from jaga.core.clock import frozen, now
from jaga.privacy.verbs import person_search as files
from jaga.privacy.verbs import sweep


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(call: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        call(*args, **kwargs)
        _die()

    return wrapped


def main() -> None:
    days, point = int(sys.argv[1]), sys.argv[2]
    if point == "inside":  # The third kind was deleted, and its commit never comes.
        kinds = list(sweep.DELETES)
        setattr(sweep, "DELETES", {**sweep.DELETES, kinds[2]: _after(sweep.DELETES[kinds[2]])})  # noqa: B010
    elif point == "before_files":
        setattr(files, "_delete_original", _die)  # noqa: B010
    elif point == "unlinked":  # The file is gone, and its row is still there.
        setattr(files, "_delete_original", _after(files._delete_original))  # noqa: B010
    with frozen(now() + timedelta(days=days)):
        while sweep.sweep_retention():
            pass
        sweep.sweep_retention()


main()
