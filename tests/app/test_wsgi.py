"""The web server's own processes end with their master, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from jaga.app.services.ports import free_port, require_free
from jaga.app.services.processes import Process

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_master_leaves_nobody_who_holds_the_port(tmp_path: Path) -> None:
    """kill -9 of granian's master ends its processes; the next one starts on the same port at once."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "granian"), "jaga.app.wsgi:application", "--interface", "wsgi",
               "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--no-ws", "--log-level", "warning"]
    for _ in range(2):
        require_free(port, "JAGA_PORT")
        with (tmp_path / "log").open("ab") as log, subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "jaga.app.settings"},
        ) as master:
            end = time.monotonic() + 300
            while not _answers(port):
                assert time.monotonic() < end, (tmp_path / "log").read_text()
                assert master.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.2)
            workers = [Process.of(int(pid)) for pid in
                       Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()]
            assert len(workers) == 2
            master.send_signal(signal.SIGKILL)
            master.wait()
        assert all(worker.wait(60) for worker in workers if worker)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=30).is_success
    except httpx.TransportError:
        return False
