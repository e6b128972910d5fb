"""What the tests of kills do to an installation, and what they expect of it afterwards."""

import os
import signal
import time

import httpx
from tests.faults.rig import Rig, until


def expect_clean(rig: Rig) -> None:
    """Everything acknowledged is closed once and verified."""
    rig.settle(300)
    verdict = rig.verdict()
    assert verdict.clean, (verdict, rig.logs())
    assert verdict.closed == verdict.decided


def _break_the_pool(rig: Rig) -> None:
    """End the database's side of every connection of the web server."""
    pooled = [pid for (pid,) in rig.rows("SELECT pid FROM pg_stat_activity WHERE right(usename, 4) = '_web'")]
    assert pooled
    for pid in pooled:
        os.kill(pid, signal.SIGTERM)
    until("their end", lambda: not rig.rows("SELECT pid FROM pg_stat_activity WHERE pid = ANY(%s)", pooled))


def answers_while_it_is_away(rig: Rig, times: int) -> None:
    """Kill the database, then break the web server's connections, so many times each, and ask for pages meanwhile:
    visitors and programs get the time to come back, never a 500.
    """
    pages = ("/", "/console/sign-in/", "/figures/", "/health/ready", "/api/v1/requests")
    said: dict[int, int] = {}

    def look() -> None:
        for page in pages:
            answer = httpx.get(f"{rig.base_url}{page}", timeout=60)
            said[answer.status_code] = said.get(answer.status_code, 0) + 1
            assert answer.status_code != 503 or page == "/health/ready" or answer.headers["Retry-After"], page

    for _ in range(times):
        rig.kill("postgres")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            look()

    def faults() -> list[str]:
        found: list[str] = httpx.get(f"{rig.base_url}/health/ready", timeout=60).json()["faults"]
        return found

    until("the database", lambda: "database" not in faults())
    assert faults() == []
    for _ in range(times):  # whoever took these connections out of the pool would find them broken
        _break_the_pool(rig)
        look()
    assert set(said) <= {200, 401, 503}, (said, rig.logs())


def strike(rig: Rig, points: tuple[str, ...], what: str, name: str) -> None:
    """Arm the points, and have closures decided, some at a time, until each has struck."""
    rig.arm(points, what)
    for number in range(len(points)):
        if rig.armed():
            rig.closures(4, f"{name}{number}.")
            rig.settle(120, until=lambda: not rig.armed())
    assert rig.armed() == set(), (rig.armed(), rig.logs())
