"""Kill -9 of the web server around its commits, and of everything at seeded random moments, while people work."""

import time
from collections.abc import Iterator
from random import Random

import pytest
from tests.faults.points import WEB_POINTS
from tests.faults.rig import Rig, rig, until
from tests.faults.visitors import at_work

SEED, MOMENTS = 20210320, 20


@pytest.fixture(scope="module")
def installation() -> Iterator[Rig]:
    """One for the module."""
    with rig() as made:
        yield made


def _expect_clean(rig: Rig) -> None:
    rig.settle(60)
    verdict = rig.verdict()
    assert verdict.clean, (verdict, rig.logs())
    assert verdict.closed == verdict.decided


def test_the_web_server_killed_around_its_commits(installation: Rig) -> None:
    """Before the response: what was stored stands, what was not is sent again, and nothing is done twice."""
    installation.arm(WEB_POINTS, "group")
    with at_work(installation, "web") as visitors:
        until("the last point", lambda: not installation.armed(), 60)
    assert visitors.failures == [], installation.logs()
    _expect_clean(installation)


def test_twenty_random_moments(installation: Rig) -> None:
    """Whatever is hit, and whenever: what anybody was told of is closed once and verified."""
    chance = Random(SEED)
    with at_work(installation, "acak") as visitors:
        for _ in range(MOMENTS):
            time.sleep(chance.uniform(0.2, 1.5))
            installation.kill(chance.choice(("worker", "worker", "web", "postgres")), chance.randrange(2))
    assert visitors.failures == [], installation.logs()
    assert sum(installation.killed.values()) == MOMENTS
    _expect_clean(installation)
    assert installation.ledger_is_whole()
