"""Runs an installation's processes: web server and worker.

They start in order and stop in reverse; one that exits is restarted, after increasing delays.

Waits for started processes as long as they live and are active, with periodic messages.

A small machine under load needs minutes to start. Waiting therefore ends only if the process exits or has been inactive
for very long.

A child process of an installation: started, watched, and stopped with all its descendants.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from jaga.app import config
from jaga.app.services import tied
from jaga.app.services.errors import AlreadyRunning, ServiceFailed, open_log, rotate_logs
from jaga.app.services.processes import Process, another_answers, last_lines
from jaga.store.grants import PARTS, Part

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


_A_LOOK = 30.0  # Seconds for one answer of the web server, before it is asked again.
_SHORTEST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_LOGS_EVERY = 60.0  # Seconds between two checks of the logs' size.
_SETTLED_SECONDS = 60  # After running this long, a process restarts with the shortest delay.


class Supervisor:
    """The processes of one installation; a context manager that stops everything it started."""

    def __init__(
        self,
        home: Path,
        plans: Sequence[ProcessPlan],
        health: str,
        before_workers: Callable[[], Sequence[Child]] = tuple,
        run: str = "",
    ) -> None:
        """`before_workers` prepares, while the web server starts, what the other processes need. It returns children
        that someone else starts and stops, to be watched like ours.

        `run`: a token that identifies the web server of these plans (`plans`); empty: any answer will do.
        """
        self.children = [Child(plan, home) for plan in plans]
        self._watched = list(self.children)
        self._before_workers = before_workers
        self._logs = home / "log"
        self._health, self._run = health, run
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_children, name="supervisor")

    def __enter__(self) -> "Supervisor":
        try:
            first, *others = self.children
            first.start()
            self._watched = [*self._before_workers(), *self.children]
            for child in others:
                child.start()
            first.wait_until(self._answers)
        except BaseException:
            self._stop_children()
            raise
        self._watch.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stopping.set()
        self._watch.join()

    def _answers(self) -> bool:
        """Whether this installation's web server answers. Raises PortTaken if another one does."""
        try:
            answer = httpx.get(self._health, timeout=_A_LOOK)
            if not self._run:
                return answer.is_success
            answered = answer.json() if answer.is_success else None
        except httpx.TransportError:
            return False
        except ValueError:
            answered = {}
        if answered is None:
            return False
        if not isinstance(answered, dict) or answered.get("run") != self._run:
            raise another_answers(urlsplit(self._health).port or 0, "JAGA_PORT")
        return True

    def _stop_children(self) -> None:
        for child in reversed(self.children):
            child.stop()

    def _watch_children(self) -> None:
        """Runs until told to stop, then stops the children.

        It ends last, since children are signalled when their starting thread ends.
        """
        starts = {child: _Starts(time.monotonic()) for child in self._watched}
        rotate_at = time.monotonic()
        while not self._stopping.wait(0.2):
            for child, tried in starts.items():
                self._tend(child, tried)
            if time.monotonic() >= rotate_at:
                rotate_logs(self._logs)
                rotate_at = time.monotonic() + _LOGS_EVERY
        self._stop_children()

    def _tend(self, child: Child, tried: "_Starts") -> None:
        """Restart the child if it exited and its delay is over. A full disk is retried later."""
        if tried.due is None:
            status = child.ended()
            if status is None:
                return
            log.warning(
                "%s ended with status %s; it is started again in %.0f s. Its log says: %s",
                child.plan.name,
                status,
                tried.wait_longer(),
                child.last_lines(1),
            )
        elif time.monotonic() >= tried.due:
            try:
                child.start()
            except OSError as lack:
                log.warning(
                    "%s cannot be started: %s; tried again in %.0f s", child.plan.name, lack, tried.wait_longer()
                )
            else:
                tried.started()


class _Starts:
    """When a child was started, and when to start it next."""

    def __init__(self, began: float) -> None:
        self._began, self._wait = began, _SHORTEST_WAIT
        self.due: float | None = None

    def wait_longer(self) -> float:
        """Double the delay, unless the child ran well; returns seconds."""
        moment = time.monotonic()
        settled = self.due is None and moment - self._began > _SETTLED_SECONDS
        self._wait = _SHORTEST_WAIT if settled else min(self._wait * 2, _LONGEST_WAIT)
        self.due = moment + self._wait
        return self._wait

    def started(self) -> None:
        """It runs."""
        self._began, self.due = time.monotonic(), None


class OnlyOne:
    """Locks the installation for one `jaga run`; a second one is refused with the first one's pid and address.

    Stops leftovers of a killed run first. Raises `AlreadyRunning`.
    """

    def __init__(self, home: Path, address: str, names: Sequence[str]) -> None:
        self._folder, self._home = home / "run", home
        self._address, self._names = address, names

    def __enter__(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        note = self._folder / "jaga.lock"
        self._lock = os.open(note, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            os.close(self._lock)
            pid, _, address = note.read_text().strip().partition(" ")
            raise AlreadyRunning(pid=pid or "?", address=address or "?") from held
        note.write_text(f"{os.getpid()} {self._address}\n")
        for name in self._names:
            if Child(ProcessPlan(name, [], self._home, {}), self._home).sweep():
                log.warning("stopped the %s that a killed run had left behind", name)

    def __exit__(self, *failure: object) -> None:
        os.close(self._lock)


def environment_of(part: Part, environment: Mapping[str, str], addresses: Mapping[Part, str]) -> dict[str, str]:
    """The environment of a part's process, with only its own database address."""
    others = ("DATABASE_URL", "JAGA_WEB_DATABASE_URL", "JAGA_WORKER_DATABASE_URL")
    kept = {name: value for name, value in environment.items() if name not in others}
    own = "JAGA_WEB_DATABASE_URL" if part == "web" else "JAGA_WORKER_DATABASE_URL"
    return {**kept, "DATABASE_URL": addresses[part], own: addresses[part]}


def plans(checkout: Path, port: int, addresses: Mapping[Part, str], run: str = "") -> list[ProcessPlan]:
    """The web server and the two workers as `jaga run` starts them; settings come from the environment.

    `addresses`: where each part connects to the database (`jaga.app.services.database.prepare`). `run`: a token of this
    start, which the web server repeats at /health/live to local clients.
    """
    binaries = Path(sys.executable).parent
    common = {**os.environ, "DJANGO_SETTINGS_MODULE": "jaga.app.settings", "PYTHONUNBUFFERED": "1"}
    for_web, for_worker = (environment_of(part, common, addresses) for part in PARTS)
    for_web["JAGA_RUN"] = run
    web = [
        str(binaries / "granian"),
        "jaga.app.asgi:application",
        "--interface",
        "asginl",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        str(config.WEB_PROCESSES),
        "--http",
        "1",
        "--respawn-failed-workers",  # The others keep answering.
        "--backlog",
        str(config.WEB_OPEN),
        "--backpressure",
        str(config.WEB_OPEN),
        "--http1-header-read-timeout",
        str(config.WEB_HEAD_SECONDS * 1000),
        "--no-ws",
        "--no-access-log",
        "--log-level",
        "warning",
        "--log-config",
        str(config.PACKAGE / "app" / "web_log.json"),
        "--workers-kill-timeout",
        "5s",
    ]
    worker = [sys.executable, "-m", "jaga.app.cli", "worker", "--priority"]
    return [
        ProcessPlan("web", web, checkout, for_web),
        ProcessPlan("worker", [*worker, "ordinary"], checkout, for_worker, patience=25),
        ProcessPlan("urgent", [*worker, "urgent"], checkout, for_worker, patience=25),
    ]
