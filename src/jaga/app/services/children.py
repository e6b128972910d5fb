"""A child process of an installation: started, watched, and stopped with all its descendants."""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaga.app.services import tied
from jaga.app.services.errors import ServiceFailed
from jaga.app.services.files import open_log
from jaga.app.services.processes import Process, last_lines
from jaga.app.services.waiting import Patience, print_progress

log = logging.getLogger("jaga.supervisor")
_FULL = 1 << 20  # Bytes of free space; with less, lines may be missing in a log.
_LOOK_EVERY = 1.0  # Seconds between two checks of its activity.
_TIED = (sys.executable, "-I", "-S", tied.__file__)


@dataclass(frozen=True)
class ProcessPlan:
    """What to start: name, command, environment and needs."""

    name: str
    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str]
    patience: float = 10  # How long it may take to stop before it is killed.


class Child:
    """A started plan.

    It leads its own process group, so that Ctrl-C in the terminal reaches only the supervisor and the group can be
    stopped as a whole. It receives a signal when the thread that started it ends for any reason (`tied`). Its pid is
    kept in `<home>/run/`, so that the next start finds leftovers (`sweep`).
    """

    def __init__(self, plan: ProcessPlan, home: Path) -> None:
        self.plan = plan
        self.log = home / "log" / f"{plan.name}.log"
        self._note = home / "run" / f"{plan.name}.pid"
        self._log_begins = 0  # The size of its log when it was started.
        self._popen: subprocess.Popen[bytes] | None = None
        self._process: Process | None = None

    def start(self) -> None:
        """Start it, with output appended to its log. Raises OSError if the disk is full."""
        with open_log(self.log) as output:
            self._log_begins = os.fstat(output.fileno()).st_size
            self._popen = subprocess.Popen(
                [*_TIED, str(os.getpid()), *self.plan.command],
                cwd=self.plan.folder,
                env=dict(self.plan.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
            )
        self._process = Process.of(self._popen.pid)
        if self._process is not None:
            try:
                self._process.write(self._note)
            except OSError as full:  # It runs and will end with us; only a later start would not find it.
                log.warning("%s runs, but its number could not be written: %s", self.plan.name, full)

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    def ended(self) -> int | None:
        """Its exit status, or None while it runs. Reaps the process."""
        return self._popen.poll() if self._popen else None

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until `ready` returns true, as long as the process lives and is active.

        Raises `ServiceFailed` if it exits or is inactive for very long (`waiting`), and what `ready` raises.
        """
        patience = Patience(self.pid or 0, lambda: self.log.stat().st_size if self.log.exists() else 0)
        next_check = time.monotonic() + _LOOK_EVERY
        with print_progress(f"{self.plan.name} to answer"):
            while not ready():
                if (status := self.ended()) is not None:
                    raise self._failed(f"it ended with status {status}")
                if time.monotonic() > next_check:
                    if why := patience.is_over():
                        raise self._failed(why)
                    next_check = time.monotonic() + _LOOK_EVERY
                time.sleep(0.05)

    def _failed(self, why: str) -> ServiceFailed:
        return ServiceFailed(service=self.plan.name, log=self.log, reason=f"{why}: {self.last_lines()}")

    def last_lines(self, count: int = 3) -> str:
        """The last lines that it wrote to its log since its start, on one line; or why there are none."""
        full = shutil.disk_usage(self.log.parent).free < _FULL
        return last_lines(self.log, count, self._log_begins) or (
            "nothing, the disk is full" if full else "nothing since its start"
        )

    def stop(self) -> None:
        """Stop it and its group; idempotent."""
        if self._popen is None:
            return
        if self._process is not None and self._popen.poll() is None:
            self._process.stop(patience=self.plan.patience, group=True)
        self._popen.wait()
        self._note.unlink(missing_ok=True)

    def sweep(self) -> bool:
        """Stop what a killed run of this installation left under this name; returns whether there was any."""
        left = Process.read(self._note)
        if left is None or left.pid == os.getpid():
            return False
        left.stop(patience=self.plan.patience, group=True)
        self._note.unlink(missing_ok=True)
        return True
