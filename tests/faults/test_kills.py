"""Kill -9 at named points: nothing lost, double or silent. All tests share one installation, each continuing after the
previous one.

This is a sample. `bench/long/test_kills.py` has the rest of these tests, and `python -m bench.faults` strikes at every
point of every operation, many hundred times.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from tests.faults import storm
from tests.faults.at_once import AT_ONCE, send_at_once
from tests.faults.rig import Rig, rig, until
from tests.faults.strikes import answers_while_it_is_away, expect_clean, strike

SEED, KILLS = 20210320, 2
AT_A_FAILURE = tuple(
    f"{side} {what}" for what in ("record_silence", "attempt_failed", "put_off") for side in ("before", "after")
)
SEEMED_DEAD = "before order close"
COMMITS = ("within start_attempt", "after record_step close", "within record_verification")


@pytest.fixture(scope="module")
def installation() -> Iterator[Rig]:
    """PostgreSQL, a web server, two workers, the toy, and an app with its own database."""
    with rig(around=True) as made:
        yield made


def test_a_worker_killed_while_it_records_a_failure(installation: Rig) -> None:
    """While the platform is down, the worker dies around recording the failure, deferring the next attempt, and
    postponing waiting work; when the platform is back, everything is carried out.
    """
    installation.tell_the_toy("PUT", "down", "yes")
    installation.arm(AT_A_FAILURE, "self")
    installation.closures(4, "gagal")
    until("the last point", lambda: not installation.armed(), 300)
    installation.tell_the_toy("PUT", "down", "no")
    expect_clean(installation)


def test_the_database_killed_at_commits(installation: Rig) -> None:
    """PostgreSQL recovers its data; worker and web server reconnect, without restarting."""
    before = installation.processes()
    strike(installation, COMMITS, "postgres", "basisdata")
    expect_clean(installation)
    assert installation.processes() == before, installation.logs()
    assert httpx.get(f"{installation.base_url}/health/ready", timeout=20).json()["faults"] == []


def test_while_the_database_is_away_nobody_is_told_of_a_fault(installation: Rig) -> None:
    """It stops, returns, and loses its connections."""
    answers_while_it_is_away(installation, 1)


def test_a_worker_that_only_seemed_dead(installation: Rig) -> None:
    """Stopped between its check and its order for longer than the others wait, it then continues: they did nothing,
    since its lock lasts as long as it lives.
    """
    installation.arm([SEEMED_DEAD], "pause")
    installation.closures(1, "pingsan")
    until("the stop", lambda: not installation.armed(), 240)
    time.sleep(5)  # the others miss it after two seconds
    installation.wake(SEEMED_DEAD)
    expect_clean(installation)


def test_reports_of_many_callers_at_once_while_the_web_server_dies(installation: Rig) -> None:
    """They are answered in portions, and some callers send what is refused. Each acknowledged report is stored under
    its own number, none twice, and nothing of what was refused. Whoever repeats a call under its Idempotency-Key gets
    one report and one answer.
    """
    sent = send_at_once(installation, callers=16, each=12)
    stored: dict[int, str] = dict(
        installation.rows(
            "SELECT r.id, s.account_id FROM records_report r JOIN records_subject s ON s.id = r.subject_id"
            " WHERE s.account_id LIKE %s",
            f"{AT_ONCE}%",
        )
    )
    assert {number: stored.get(number) for number in sent.acknowledged} == sent.acknowledged
    accounts = list(stored.values())
    assert len(accounts) == len(set(accounts))
    assert not set(accounts) & sent.refused
    assert set(accounts) - set(sent.acknowledged.values()) <= sent.unanswered
    assert len(sent.acknowledged) > 16, installation.logs()
    assert len(sent.refused) > 16, installation.logs()
    assert {account for _, account, _ in sent.careful} <= set(sent.acknowledged.values()) - sent.unanswered
    assert len(sent.careful) == 48


def test_a_sample_of_the_storm(installation: Rig) -> None:
    """Worker, web server, database and the app's, at points of every operation, while people work at all desks."""
    seen = storm.run(installation, KILLS, SEED)
    assert seen.faults() == [], (seen.counts, installation.logs())
    assert seen.killed >= KILLS
    assert seen.accepted >= seen.killed


def test_the_ledger_is_whole_after_all_that(installation: Rig) -> None:
    """Every entry is linked and verified."""
    assert installation.ledger_is_whole(), installation.logs()
