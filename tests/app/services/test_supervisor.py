"""The supervisor starts, monitors, restarts and stops its children; only one run can use an installation."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.room import fill, small_disk

from jaga.app.services.errors import AlreadyRunning, PortTaken, ServiceFailed
from jaga.app.services.processes import Process, free_port, require_free
from jaga.app.services.supervisor import Child, OnlyOne, ProcessPlan, Supervisor

ROOT = Path(__file__).resolve().parents[3]


def plans(folder: Path, port: int) -> list[ProcessPlan]:
    web = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    worker = [sys.executable, "-c", "import time; time.sleep(60)"]
    return [ProcessPlan("web", web, folder, dict(os.environ)), ProcessPlan("worker", worker, folder, dict(os.environ))]


def until(what: str, condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def test_a_full_disk_does_not_end_the_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that dies while the disk and its log are full is restarted automatically once there is space."""
    port = free_port()
    with (
        small_disk(tmp_path / "disk", 4) as disk,
        Supervisor(disk, plans(disk, port), f"http://127.0.0.1:{port}/") as supervisor,
    ):
        _, worker = supervisor.children
        worker.log.unlink()
        worker.log.symlink_to(disk / "gone" / "worker.log")  # as where no file can be made
        ballast = fill(disk)
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        with caplog.at_level(logging.WARNING):
            until("a start that fails", lambda: "cannot be started" in caplog.text)
        ballast.unlink()
        worker.log.unlink()
        until("another worker", lambda: worker.pid != first and worker.ended() is None)


def test_a_child_whose_number_cannot_be_written_runs_all_the_same(tmp_path: Path) -> None:
    """If its number cannot be written on a full disk, an ended process is restarted only once."""
    port = free_port()
    with (
        small_disk(tmp_path / "disk", 4) as disk,
        Supervisor(disk, plans(disk, port), f"http://127.0.0.1:{port}/") as supervisor,
    ):
        _, worker = supervisor.children
        fill(disk)
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until("another worker", lambda: worker.pid != first and worker.ended() is None)
        second = worker.pid
        time.sleep(1)
        assert worker.pid == second


_RUN = """
import os, sys, time
from pathlib import Path
from tests.app.services.test_supervisor import plans
from jaga.app.services.supervisor import Supervisor
home, port = Path(sys.argv[1]), int(sys.argv[2])
with Supervisor(home, plans(home, port), f"http://127.0.0.1:{port}/") as supervisor:
    print(*(child.pid for child in supervisor.children), flush=True)
    time.sleep(600)
"""


def test_children_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    """After kill -9 no child keeps the port, so the next start succeeds without a sweep."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, str(tmp_path), str(port)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    ) as run:
        assert run.stdout is not None
        children = [Process.of(int(pid)) for pid in run.stdout.readline().split()]
        assert len(children) == 2
        assert all(children)
        run.kill()
        run.wait()
    assert all(child.wait(60) for child in children if child)
    require_free(port, "JAGA_PORT")


def test_a_killed_child_is_started_again_and_all_stop_at_the_end(tmp_path: Path) -> None:
    """A worker killed with kill -9 is replaced; after the supervisor ends no process is left."""
    port = free_port()
    with Supervisor(tmp_path, plans(tmp_path, port), f"http://127.0.0.1:{port}/") as supervisor:
        web, worker = supervisor.children
        first = worker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until("another worker", lambda: worker.pid != first)
        running = [Process.of(child.pid) for child in (web, worker) if child.pid]
    assert len(running) == 2
    assert not any(process and process.alive() for process in running)


def test_workers_start_after_what_they_need_and_the_web_server_before_it(tmp_path: Path) -> None:
    """The first page does not wait for what only the workers need; the web server is monitored meanwhile."""
    port = free_port()
    (tmp_path / "health").write_text("{}")
    web, worker = plans(tmp_path, port)
    helper = Child(ProcessPlan("helper", worker.command, tmp_path, dict(os.environ)), tmp_path)
    seen = list[object]()

    def prepare() -> list[Child]:
        until("the first page", lambda: _answers(port))
        seen.append(supervisor.children[1].pid)
        helper.start()
        return [helper]

    supervisor = Supervisor(tmp_path, [web, worker], f"http://127.0.0.1:{port}/", prepare)
    try:
        with supervisor:
            assert seen == [None]
            assert supervisor.children[1].pid is not None
            first = helper.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            until("another helper", lambda: helper.pid != first and helper.ended() is None)
    finally:
        helper.stop()


def test_what_workers_need_and_do_not_get_stops_the_start(tmp_path: Path) -> None:
    """The web server that was already started is stopped again."""
    port = free_port()

    def fail() -> list[Child]:
        raise ServiceFailed(service="x", reason="y", log="z")

    supervisor = Supervisor(tmp_path, plans(tmp_path, port), f"http://127.0.0.1:{port}/", fail)
    with pytest.raises(ServiceFailed), supervisor:
        pass
    web, worker = supervisor.children
    assert web.ended() is not None
    assert worker.pid is None


def test_a_web_server_that_never_answers_stops_the_start(tmp_path: Path) -> None:
    """If the first child dies before it answers, the others are stopped and the error names it."""
    port = free_port()
    broken, worker = plans(tmp_path, port)
    broken = ProcessPlan("web", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path, dict(os.environ))
    supervisor = Supervisor(tmp_path, [broken, worker], f"http://127.0.0.1:{port}/")
    with pytest.raises(ServiceFailed, match="web did not start"), supervisor:
        pass
    assert supervisor.children[1].ended() is not None


@pytest.mark.parametrize("told", ['{"live": true}', '{"live": true, "run": "of another"}', "[]", "no JSON"])
def test_another_web_server_on_the_port_is_never_taken_for_ours(tmp_path: Path, told: str) -> None:
    """Two starts at once may both find the port free; the one without a server names the other one."""
    (tmp_path / "health").write_text(told)
    port = free_port()
    web, worker = plans(tmp_path, port)
    with subprocess.Popen(web.command, cwd=tmp_path, stderr=subprocess.DEVNULL) as other:
        try:
            until("the other one", lambda: _answers(port))
            ours = [
                ProcessPlan("web", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, dict(os.environ)),
                worker,
            ]
            supervisor = Supervisor(tmp_path, ours, f"http://127.0.0.1:{port}/health", run="of ours")
            with pytest.raises(PortTaken, match=rf"{port}.*process {other.pid} .*JAGA_PORT"), supervisor:
                pass
            assert all(child.ended() is not None for child in supervisor.children)
            (tmp_path / "health").write_text('{"live": true, "run": "of ours"}')
            with Supervisor(tmp_path, ours, f"http://127.0.0.1:{port}/health", run="of ours"):
                pass
        finally:
            other.terminate()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.TransportError:
        return False


def test_a_second_run_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    """A second run is refused while the first one holds the installation."""
    first, second = OnlyOne(tmp_path, "http://127.0.0.1:8600", ()), OnlyOne(tmp_path, "elsewhere", ())
    with first, pytest.raises(AlreadyRunning, match=rf"{os.getpid()}.*8600"), second:
        pass
    with OnlyOne(tmp_path, "http://127.0.0.1:8601", ()):
        pass
