"""Kill -9 at every named point, on a platform without idempotency keys: nothing lost, double or silent."""

import time
from collections.abc import Iterator

import httpx
import pytest
from tests.faults.points import COMMIT_POINTS, WORKER_POINTS
from tests.faults.rig import Rig, rig, until


@pytest.fixture(scope="module")
def installation() -> Iterator[Rig]:
    """One for the module: what one test leaves behind, the others must bear."""
    with rig() as made:
        yield made


def _strike(rig: Rig, points: tuple[str, ...], what: str, name: str, seconds: float) -> None:
    """Arm the points, have closures decided until each has struck, and wait for the end of all."""
    rig.arm(points, what)
    number = 0
    asked: list[str] = []
    while rig.armed() and number < 3 * len(points):
        fresh = [rig.newcomer(f"{name}{number + place}") for place in range(4)]
        number += len(fresh)
        asked += fresh
        for account in fresh:
            rig.ask(account)
        rig.answers(fresh)
    assert rig.armed() == set(), rig.logs()
    rig.settle(seconds)
    verdict = rig.verdict()
    assert verdict.clean, (verdict, rig.logs())
    assert verdict.closed == verdict.decided


def test_a_worker_killed_at_every_point(installation: Rig) -> None:
    """Before and after each call and each commit of a closure, the job's own bookkeeping included."""
    _strike(installation, WORKER_POINTS, "self", "pekerja", 60)


def test_the_database_killed_at_every_commit(installation: Rig) -> None:
    """PostgreSQL recovers its data; worker and web server find it again by themselves, as the same processes."""
    before = installation.processes()
    _strike(installation, COMMIT_POINTS, "postgres", "basisdata", 60)
    assert installation.processes() == before
    assert httpx.get(f"{installation.base_url}/health/ready", timeout=20).is_success


@pytest.mark.parametrize("point", ["before order hold", "before order notice", "before order close"])
def test_a_worker_that_only_seemed_dead(installation: Rig, point: str) -> None:
    """Stopped between its look and its order for longer than the others have patience, and then it goes on: they kept
    away, since its turn lasts as long as it lives."""
    installation.arm([point], "pause")
    account = installation.newcomer("pingsan." + point.rpartition(" ")[2])
    installation.ask(account)
    installation.answers([account])
    until("the stop", lambda: not installation.armed(), 30)
    time.sleep(4)  # the others miss it after one second
    installation.wake(point)
    installation.settle(30)
    verdict = installation.verdict()
    assert verdict.clean, (verdict, installation.logs())


def test_two_workers_share_twenty_cases(installation: Rig) -> None:
    """Nothing is done twice, and both have their part."""
    fresh = [installation.newcomer(f"berdua{number}") for number in range(20)]
    for account in fresh:
        installation.ask(account)
    installation.answers(fresh)
    installation.settle(60)
    verdict = installation.verdict()
    assert verdict.clean, (verdict, installation.logs())
    assert verdict.closed == verdict.decided


def test_the_ledger_is_whole_after_all_that(installation: Rig) -> None:
    """Every entry is linked and checks."""
    assert installation.ledger_is_whole()
