"""An unreachable platform causes one log line a minute, whatever was asked of it, and counts in the health check at
once.
"""

import pytest
from structlog.testing import capture_logs
from tests.factories import PLATFORM, World, make_world

from jaga.actions.reads import count_silent
from jaga.actions.verbs import circuit_breaker
from jaga.core.platforms import PlatformUnreachable
from jaga.core.terms.cases import PlatformTask
from jaga.work import faults as sparing
from jaga.work.faults import contained


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_one_line_a_minute_for_each_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line says how many were left out; another platform has its own line."""
    moment = [1000.0]
    monkeypatch.setattr(sparing.time, "monotonic", lambda: moment[0])
    lines = sparing.OnceAMinute()
    assert [lines.due("a") for _ in range(40)] == [0, *[None] * 39]
    assert lines.due("b") == 0
    moment[0] += 61
    assert (lines.due("a"), lines.due("a"), lines.due("b")) == (39, None, 0)


def test_whatever_is_asked_of_it_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rooms and its names, repeatedly: one line."""
    monkeypatch.setattr(sparing, "lines", sparing.OnceAMinute())
    with capture_logs() as told:
        for task in (PlatformTask.ROOMS, PlatformTask.NAMES, PlatformTask.ROOMS):
            with contained(PLATFORM, task):
                raise PlatformUnreachable(why="ConnectError")
    assert [(line["event"], line["platform"], line["why"]) for line in told] == [
        ("platform_unreachable", PLATFORM, "ConnectError")
    ]


def test_it_counts_in_health_from_the_first_failure_on(world: World) -> None:
    """And no longer once it answers."""
    assert count_silent() == 0
    assert circuit_breaker.record_silence(PLATFORM, "ConnectError") is None  # not left alone yet
    assert count_silent() == 1
    circuit_breaker.record_answer(PLATFORM)
    assert count_silent() == 0
