"""Runs an installation's own processes: the web server and the worker.

They start in order and stop in reverse; one that ends by itself is started again, each time after a longer wait.
"""

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from jaga.app import config
from jaga.app.services.children import Child, Plan
from jaga.app.services.errors import AlreadyRunning
from jaga.app.services.processes import last_lines

log = logging.getLogger("jaga.supervisor")
_READY_SECONDS = 60
_LONGEST_WAIT = 30.0
_SETTLED_SECONDS = 60  # having run that long, a process starts again with the shortest wait


class Supervisor:
    """The processes of one installation. Use as a context manager: leaving it stops all that it started."""

    def __init__(self, home: Path, plans: Sequence[Plan], health: str, also: Sequence[Child] = ()) -> None:
        """`also`: children that somebody else started and will stop, to be watched like the others."""
        self.children = [Child(plan, home) for plan in plans]
        self._watched = [*also, *self.children]
        self._health = health
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_children, name="supervisor")

    def __enter__(self) -> "Supervisor":
        try:
            for child in self.children:
                child.start()
            first = self.children[0]
            first.wait_until(self._answers, _READY_SECONDS)
        except BaseException:
            self._stop_children()
            raise
        self._watch.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stopping.set()
        self._watch.join()
        self._stop_children()

    def _answers(self) -> bool:
        try:
            return httpx.get(self._health, timeout=5).is_success
        except httpx.TransportError:
            return False

    def _stop_children(self) -> None:
        for child in reversed(self.children):
            child.stop()

    def _watch_children(self) -> None:
        waits = dict.fromkeys(self._watched, 0.5)
        began = dict.fromkeys(self._watched, time.monotonic())
        due: dict[Child, float] = {}
        while not self._stopping.wait(0.2):
            for child in self._watched:
                moment = time.monotonic()
                if child in due:
                    if moment >= due[child]:
                        del due[child]
                        began[child] = moment
                        child.start()
                    continue
                status = child.ended()
                if status is None:
                    continue
                waits[child] = 0.5 if moment - began[child] > _SETTLED_SECONDS else min(waits[child] * 2, _LONGEST_WAIT)
                due[child] = moment + waits[child]
                log.warning("%s ended with status %s; it is started again in %.0f s. Its log says: %s",
                            child.plan.name, status, waits[child], last_lines(child.log, 1))


class OnlyOne:
    """Holds the installation for one `jaga run`; a second one is refused with the first one's number and address.

    What a killed run left behind is stopped first. Raises `AlreadyRunning`.
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
            if Child(Plan(name, [], self._home, {}), self._home).sweep():
                log.warning("stopped the %s that a killed run had left behind", name)

    def __exit__(self, *failure: object) -> None:
        os.close(self._lock)


def plans(checkout: Path, port: int) -> list[Plan]:
    """The web server and the two workers, as `jaga run` starts them; their settings come from the environment."""
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "jaga.app.settings", "PYTHONUNBUFFERED": "1"}
    web = [str(binaries / "granian"), "jaga.app.asgi:application", "--interface", "asginl", "--host", "127.0.0.1",
           "--port", str(port), "--workers", str(config.WEB_PROCESSES), "--http", "1",
           "--backlog", str(config.WEB_OPEN), "--backpressure", str(config.WEB_OPEN),
           "--http1-header-read-timeout", str(config.WEB_HEAD_SECONDS * 1000), "--no-ws",
           "--no-access-log", "--log-level", "warning", "--workers-kill-timeout", "5s"]
    worker = [sys.executable, "-m", "jaga.app.cli", "worker", "--lane"]
    return [Plan("web", web, checkout, environment),
            Plan("worker", [*worker, "ordinary"], checkout, environment, patience=25),
            Plan("urgent", [*worker, "urgent"], checkout, environment, patience=25)]
