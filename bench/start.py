"""How soon an installed `make run` answers its first page, and what each phase of its start takes.

Run by `python -m bench.start [--rounds N] [--json FILE]`. A practice installation in a folder of its own is started
once by `make run` in this checkout, stopped as soon as it answers, and then started and stopped N times. Measured is
the time from the command to the first page (`/`) with status 200; then comes Ctrl-C. The seconds of the phases are
those of `log/start.log`, and `processor` is the time of all processes of one start until all are stopped.

Yardstick: what a start needs at the least, one after the other: the same PostgreSQL with the same data until it
answers, and a Django without apps until it has answered a request in its own process.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import httpx

from bench.harness import Yardstick, benchmark, options
from jaga.app import config
from jaga.app.services import postgres
from jaga.app.services.processes import free_port

ROUNDS = 3
GOAL = 10.0  # seconds
_LONGEST = 900.0
_BARE = """
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"], SECRET_KEY="bench")
urlpatterns = [path("", lambda request: HttpResponse("ok"))]
django.setup()
from django.test import Client
assert Client().get("/").status_code == 200
"""
_PHASE = re.compile(r"\] ([\w ]+): (\d+\.\d) s")


def main() -> None:
    parser = options("How soon an installed `make run` answers its first page.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"starts of the installed folder ({ROUNDS})")
    chosen = parser.parse_args()
    home = Path(mkdtemp(prefix="bench-", dir=_below()))
    home.chmod(0o711)  # the database's own user must be able to pass
    try:
        with benchmark("start", None, chosen.json) as bench:
            print(f"  first start, until its first page: {_start(home)[0]:.1f} s", flush=True)
            (home / "log" / "start.log").unlink()
            starts = [_start(home) for _ in range(chosen.rounds)]
            yardstick = Yardstick("bare PostgreSQL and bare Django", median(_bare(home) for _ in range(chosen.rounds)))
            bench.add(
                "installed `make run` until its first page",
                median(page for page, _ in starts),
                "s",
                yardstick,
                chosen.rounds,
            )
            bench.add("the slowest of them", max(page for page, _ in starts), "s", yardstick, chosen.rounds)
            bench.add(
                "processor, from the command to its end",
                median(used for _, used in starts),
                "s",
                yardstick,
                chosen.rounds,
            )
            bench.notes.update(goal=GOAL, met=median(page for page, _ in starts) <= GOAL, phases=_phases(home))
            print(f"  {bench.notes}", flush=True)
    finally:
        shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)  # may lie elsewhere
        shutil.rmtree(home)


def _below() -> Path:
    """A folder on the checkout's disk; in a file system in memory fsync would cost nothing."""
    below = config.CHECKOUT / "var"
    below.mkdir(exist_ok=True)
    return below


def _start(home: Path) -> tuple[float, float]:
    """Start, stop at the first page; returns seconds until then, and processor seconds of the whole."""
    port, used = free_port(), _children()
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PRACTICE")}
    environment.update(JAGA_HOME=str(home), JAGA_PORT=str(port), SYNAPSE_PORT=str(free_port()))
    began = time.monotonic()
    running = subprocess.Popen(
        [shutil.which("make") or "make", "run", f"PYTHON={Path(sys.executable).resolve()}"],
        cwd=config.CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/", timeout=30).is_success:
                    break
            if running.poll() is not None or time.monotonic() - began > _LONGEST:
                raise SystemExit(f"make run did not answer; status {running.returncode}")
            time.sleep(0.05)
        answered = time.monotonic() - began
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGINT)
        running.wait()
    return answered, _children() - used


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _bare(home: Path) -> float:
    """Seconds of the yardstick."""
    began = time.monotonic()
    cluster = postgres.start(home, (home / "secrets" / "postgres").read_bytes())
    try:
        subprocess.run([sys.executable, "-c", _BARE], check=True)
        return time.monotonic() - began
    finally:
        cluster.stop()


def _phases(home: Path) -> dict[str, float]:
    """Each phase's median seconds; one that Ctrl-C cut short counts until then."""
    found = defaultdict[str, list[float]](list)
    for line in (home / "log" / "start.log").read_text().splitlines():
        if read := _PHASE.search(line):
            found[read[1]].append(float(read[2]))
    return {name: median(seconds) for name, seconds in found.items()}


if __name__ == "__main__":
    main()
