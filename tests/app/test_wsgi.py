"""The web server's processes end with their main process, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx

from jaga.app import config
from jaga.app.services.processes import Process, free_port, require_free
from jaga.app.services.supervisor import plans

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_process_is_replaced_and_a_killed_master_leaves_nobody(tmp_path: Path) -> None:
    """After kill -9 of one process the others answer, and it is replaced. After kill -9 of the main process all end,
    the new one included, and the next one can use the same port at once.
    """
    port = free_port()
    [command] = [plan.command for plan in plans(ROOT, port, {"web": "", "worker": ""}) if plan.name == "web"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "JAGA_HOME": str(tmp_path),
    }
    subprocess.run([sys.executable, "-m", "django", "collectstatic", "--no-input", "-v0"], env=environment, check=True)
    for _ in range(2):
        require_free(port, "JAGA_PORT")
        with (
            (tmp_path / "log").open("ab") as log,
            subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment) as master,
        ):
            try:
                _wait(lambda: _answers(port), master, tmp_path)
                first = _children(master)
                os.kill(first[0].pid, signal.SIGKILL)
                _wait(partial(_has_a_new_one, master, first), master, tmp_path)
                _wait(lambda: _answers(port), master, tmp_path)  # what the killed one had accepted is lost
                workers = _children(master)
                assert len(workers) == config.WEB_PROCESSES
            finally:
                master.kill()  # or a failure would wait for its end
        assert all(worker.wait(60) for worker in workers)


def _children(master: "subprocess.Popen[bytes]") -> list[Process]:
    pids = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
    return [found for found in (Process.of(int(pid)) for pid in pids) if found]


def _has_a_new_one(master: "subprocess.Popen[bytes]", before: list[Process]) -> bool:
    return len(set(_children(master)) - set(before)) == 1


def _wait(until: Callable[[], bool], master: "subprocess.Popen[bytes]", folder: Path) -> None:
    end = time.monotonic() + 300
    while not until():
        assert time.monotonic() < end, (folder / "log").read_text()
        assert master.poll() is None, (folder / "log").read_text()
        time.sleep(0.2)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=30).is_success
    except httpx.TransportError:
        return False
