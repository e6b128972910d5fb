"""The supervisor starts, watches, restarts and stops its children; one run at a time holds the installation."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from jaga.app.services.children import Plan
from jaga.app.services.errors import AlreadyRunning, ServiceFailed
from jaga.app.services.ports import free_port
from jaga.app.services.processes import Process
from jaga.app.services.supervisor import OnlyOne, Supervisor


def plans(folder: Path, port: int) -> list[Plan]:
    web = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    worker = [sys.executable, "-c", "import time; time.sleep(60)"]
    return [Plan("web", web, folder, dict(os.environ)), Plan("worker", worker, folder, dict(os.environ))]


def test_a_killed_child_is_started_again_and_all_stop_at_the_end(tmp_path: Path) -> None:
    """A worker killed with -9 is replaced within seconds; leaving the supervisor leaves no process."""
    port = free_port()
    with Supervisor(tmp_path, plans(tmp_path, port), f"http://127.0.0.1:{port}/") as supervisor:
        web, worker = supervisor.children
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 10
        while worker.pid == first:
            assert time.monotonic() < until
            time.sleep(0.05)
        running = [Process.of(child.pid) for child in (web, worker) if child.pid]
    assert len(running) == 2
    assert not any(process and process.alive() for process in running)


def test_a_web_server_that_never_answers_stops_the_start(tmp_path: Path) -> None:
    """If the first child dies before it answers, the others are stopped and the error names it."""
    port = free_port()
    broken, worker = plans(tmp_path, port)
    broken = Plan("web", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path, dict(os.environ))
    supervisor = Supervisor(tmp_path, [broken, worker], f"http://127.0.0.1:{port}/")
    with pytest.raises(ServiceFailed, match="web did not start"), supervisor:
        pass
    assert supervisor.children[1].ended() is not None


def test_a_second_run_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    """Only one run holds an installation; after it another one may."""
    first, second = OnlyOne(tmp_path, "http://127.0.0.1:8600", ()), OnlyOne(tmp_path, "elsewhere", ())
    with first, pytest.raises(AlreadyRunning, match=rf"{os.getpid()}.*8600"), second:
        pass
    with OnlyOne(tmp_path, "http://127.0.0.1:8601", ()):
        pass
