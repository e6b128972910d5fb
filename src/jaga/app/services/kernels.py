"""Compiles the screening engine's kernels beside the start of everything else, once for all processes.

`jaga run` compiles them in a separate process. The workers start meanwhile and wait at a lock before they take jobs;
otherwise each of them would compile the same kernels again.
"""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from jaga.app import config
from jaga.app.services.supervisor import print_progress


class Kernels:
    """The compilation of one start; a context manager that ends it when the start ends before."""

    def __init__(self, home: Path) -> None:
        self._path = _lock_of(home)

    def __enter__(self) -> "Kernels":
        self._lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # In a separate session: Ctrl-C in the terminal reaches only `jaga run`, which ends it without a traceback.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "jaga.app.screening.warm"], cwd=config.project_folder(), start_new_session=True
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self._child.terminate()
        self._child.wait()
        os.close(self._lock)

    def wait(self) -> None:
        """Wait until they are compiled, and let the workers go on. Raises SystemExit if they cannot be compiled."""
        with print_progress("the screening engine to be compiled"):
            status = self._child.wait()
        if status:
            raise SystemExit("The screening engine cannot be compiled; its error is printed above.")
        fcntl.flock(self._lock, fcntl.LOCK_UN)


def wait_for_kernels(home: Path) -> None:
    """In a worker: wait while a `jaga run` of this installation compiles the kernels, however it ends."""
    try:
        lock = os.open(_lock_of(home), os.O_RDWR)
    except FileNotFoundError:  # Never started by `jaga run`.
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _lock_of(home: Path) -> Path:
    return home / "run" / "kernels.lock"
