"""Runs an installation's processes: web server and worker.

They start in order and stop in reverse; one that exits is restarted, after increasing delays.
"""

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from jaga.app import config
from jaga.app.services.children import Child, ProcessPlan
from jaga.app.services.errors import AlreadyRunning
from jaga.app.services.files import rotate_logs
from jaga.app.services.ports import another_answers
from jaga.records.grants import PARTS, Part

log = logging.getLogger("jaga.supervisor")
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

    `addresses`: where each part connects to the database (`jaga.app.services.roles.prepare`). `run`: a token of this
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
