"""Kill -9 at named points and at random moments: what `tests/faults/test_kills.py` is a sample of. All tests share one
installation, each continuing after the previous one.
"""

import time

import pytest
from tests.faults import storm
from tests.faults.operations import CaseDesk
from tests.faults.points import Point
from tests.faults.rig import Rig, until
from tests.faults.strikes import answers_while_it_is_away, expect_clean, strike
from tests.faults.test_kills import SEED, installation
from tests.faults.toy_server import FIRST_TOKEN

__all__ = ["installation"]
KILLS = 4
WAITING = ("before make_pending_decision", "after make_pending_decision")


def test_a_worker_killed_around_the_commit_of_what_waited(installation: Rig) -> None:
    """Two people agreed and the delay is over: however the worker dies then, each account is closed exactly once."""
    strike(installation, WAITING, "self", "tunda")
    expect_clean(installation)


def test_while_the_database_is_away_nobody_is_told_of_a_fault(installation: Rig) -> None:
    """It stops, returns, and loses its connections, three times each."""
    answers_while_it_is_away(installation, 3)


@pytest.mark.parametrize("point", ["before order hold", "before order notice"])
def test_a_worker_that_only_seemed_dead(installation: Rig, point: str) -> None:
    """Stopped between its check and its order for longer than the others wait, it then continues: they did nothing,
    since its lock lasts as long as it lives.
    """
    installation.arm([point], "pause")
    installation.closures(1, "pingsan." + point.rpartition(" ")[2])
    until("the stop", lambda: not installation.armed(), 240)
    time.sleep(5)  # the others miss it after two seconds
    installation.wake(point)
    expect_clean(installation)


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
            expect_clean(installation)
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
    expect_clean(installation)
    assert by_the_first == {"second": by_the_first["second"]}
    assert installation.tell_the_toy("GET")["tokens"]["second"] >= 3 * 6
    assert (installation.processes(), failures()) == (processes, failed), installation.logs()


def test_the_storm(installation: Rig) -> None:
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
        seen = storm.run(
            installation,
            1,
            SEED + 2,
            desks=(CaseDesk, CaseDesk),
            anywhere=0,
            points=(Point("letters", "after order notice", ("self",)),),
        )
    finally:
        note.unlink()
    assert seen.counts["letters"].double, (seen, installation.logs())
    assert any(fault.startswith("letters: ") and " double: " in fault for fault in seen.faults())


def test_the_ledger_is_whole_after_all_that(installation: Rig) -> None:
    """Every entry is linked and verified."""
    assert installation.ledger_is_whole(), installation.logs()
