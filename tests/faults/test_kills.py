"""Kill -9 at named points and at random moments: nothing lost, double or silent. All tests share one installation, each
continuing after the previous one.

This is a sample. `python -m bench.faults` strikes at every point of every operation, many hundred times.
"""

import os
import signal
import time
from collections.abc import Iterator

import httpx
import pytest
from tests.faults import storm
from tests.faults.operations import CaseDesk
from tests.faults.points import Point
from tests.faults.rig import Rig, rig, until
from tests.faults.toy_server import FIRST_TOKEN

SEED, KILLS = 20210320, 4
AT_A_FAILURE = tuple(f"{side} {what}" for what in ("record_silence", "attempt_failed", "put_off")
                     for side in ("before", "after"))
WAITING = ("before make_pending_decision", "after make_pending_decision")
COMMITS = ("within start_attempt", "after record_step close", "within record_verification")


@pytest.fixture(scope="module")
def installation() -> Iterator[Rig]:
    """PostgreSQL, a web server, two workers, the toy, and an app with its own database."""
    with rig(around=True) as made:
        yield made


def _expect_clean(rig: Rig) -> None:
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


def _strike(rig: Rig, points: tuple[str, ...], what: str, name: str) -> None:
    """Arm the points, and have closures decided, some at a time, until each has struck."""
    rig.arm(points, what)
    for number in range(len(points)):
        if rig.armed():
            rig.closures(4, f"{name}{number}.")
            rig.settle(120, until=lambda: not rig.armed())
    assert rig.armed() == set(), (rig.armed(), rig.logs())


def test_a_worker_killed_around_the_commit_of_what_waited(installation: Rig) -> None:
    """Two people agreed and the delay is over: however the worker dies then, each account is closed exactly once."""
    _strike(installation, WAITING, "self", "tunda")
    _expect_clean(installation)


def test_a_worker_killed_while_it_records_a_failure(installation: Rig) -> None:
    """While the platform is down, the worker dies around recording the failure, deferring the next attempt, and
    postponing waiting work; when the platform is back, everything is carried out.
    """
    installation.tell_the_toy("PUT", "down", "yes")
    installation.arm(AT_A_FAILURE, "self")
    installation.closures(4, "gagal")
    until("the last point", lambda: not installation.armed(), 300)
    installation.tell_the_toy("PUT", "down", "no")
    _expect_clean(installation)


def test_the_database_killed_at_commits(installation: Rig) -> None:
    """PostgreSQL recovers its data; worker and web server reconnect, without restarting."""
    before = installation.processes()
    _strike(installation, COMMITS, "postgres", "basisdata")
    _expect_clean(installation)
    assert installation.processes() == before, installation.logs()
    assert httpx.get(f"{installation.base_url}/health/ready", timeout=20).is_success


def test_while_the_database_is_away_nobody_is_told_of_a_fault(installation: Rig) -> None:
    """It stops, returns, and loses its connections: visitors and programs get the time to come back, never a 500."""
    pages = ("/", "/console/sign-in/", "/figures/", "/health/ready", "/api/v1/requests")
    said: dict[int, int] = {}

    def look() -> None:
        for page in pages:
            answer = httpx.get(f"{installation.base_url}{page}", timeout=60)
            said[answer.status_code] = said.get(answer.status_code, 0) + 1
            assert answer.status_code != 503 or page == "/health/ready" or answer.headers["Retry-After"], page

    for _ in range(3):
        installation.kill("postgres")
        end = time.monotonic() + 4
        while time.monotonic() < end:
            look()
    until("the database", lambda: httpx.get(f"{installation.base_url}/health/ready", timeout=60).is_success)
    for _ in range(3):  # whoever took these connections out of the pool would find them broken
        _break_the_pool(installation)
        look()
    assert set(said) <= {200, 401, 503}, (said, installation.logs())


@pytest.mark.parametrize("point", ["before order hold", "before order notice", "before order close"])
def test_a_worker_that_only_seemed_dead(installation: Rig, point: str) -> None:
    """Stopped between its check and its order for longer than the others wait, it then continues: they did nothing,
    since its lock lasts as long as it lives.
    """
    installation.arm([point], "pause")
    installation.closures(1, "pingsan." + point.rpartition(" ")[2])
    until("the stop", lambda: not installation.armed(), 240)
    time.sleep(5)  # the others miss it after two seconds
    installation.wake(point)
    _expect_clean(installation)


def test_no_more_at_a_time_than_the_platform_bears_however_many_workers(installation: Rig) -> None:
    """Two workers with two jobs each share closures on a slow platform with a limit of two. Both do some of them, also
    the one that was stopped before.
    """
    offer = ("admin", "platform", "toy", "--display-name", "Mainan", "--operator", "Operator Contoh", "--concurrency")
    assert installation.jaga(*offer, "2") == 0, installation.logs()
    installation.tell_the_toy("PUT", "slowest", "0.1")
    had_a_job: set[int] = set()
    for number in range(30):
        if len(had_a_job) < 2 or installation.tell_the_toy("GET")["busiest"] < 2:
            installation.had_a_job()
            installation.closures(12, f"berdua{number}.")
            _expect_clean(installation)
            had_a_job |= installation.had_a_job()
    assert len(had_a_job) == 2, installation.logs()
    assert installation.tell_the_toy("GET")["busiest"] == 2
    installation.tell_the_toy("PUT", "slowest", "0.01")
    assert installation.jaga(*offer, "4") == 0


def test_credentials_and_their_key_are_replaced_while_workers_work(installation: Rig) -> None:
    """By the operators' commands; no process ends, no attempt fails, and the old token opens nothing."""
    def failures() -> int:
        [(number,)] = installation.rows("SELECT count(*) FROM records_ledgerentry WHERE verb = 'attempt_failed'")
        return int(number)

    processes, failed = installation.processes(), failures()
    installation.tell_the_toy("PUT", "tokens", "second")
    for number, command in enumerate((("platform", "set", "toy", "token"), ("platform", "rotate-key"))):
        for place in range(4):
            installation.ask(installation.newcomer(f"kunci{number}.{place}"))
        assert installation.jaga(*command, told="second") == 0, installation.logs()
        installation.answers([f"kunci{number}.{place}" for place in range(4)])
    installation.settle(240)
    by_the_first = installation.tell_the_toy("DELETE", "tokens", FIRST_TOKEN)["tokens"]
    installation.closures(2, "kunci.baru")
    _expect_clean(installation)
    assert by_the_first == {"second": by_the_first["second"]}
    assert installation.tell_the_toy("GET")["tokens"]["second"] >= 3 * 6
    assert (installation.processes(), failures()) == (processes, failed), installation.logs()


def test_a_sample_of_the_storm(installation: Rig) -> None:
    """Worker, web server, database and the app's, at points of every operation, while people work at all desks."""
    seen = storm.run(installation, KILLS, SEED)
    assert seen.faults() == [], (seen.counts, installation.logs())
    assert seen.killed >= KILLS
    assert seen.accepted >= seen.killed


def test_the_count_fails_where_jaga_is_broken(installation: Rig) -> None:
    """Without the check before sending, a letter is sent twice if the worker dies after sending, and the count reports
    it.
    """
    note = installation.home / "faults" / "broken"
    note.write_text("double")
    try:
        seen = storm.run(installation, 1, SEED + 2, desks=(CaseDesk, CaseDesk), anywhere=0,
                         points=(Point("letters", "after order notice", ("self",)),))
    finally:
        note.unlink()
    assert seen.counts["letters"].double, (seen, installation.logs())
    assert any(fault.startswith("letters: ") and " double: " in fault for fault in seen.faults())


def test_the_ledger_is_whole_after_all_that(installation: Rig) -> None:
    """Every entry is linked and verified."""
    assert installation.ledger_is_whole(), installation.logs()
