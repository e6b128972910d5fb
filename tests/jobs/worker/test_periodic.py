"""Failures of periodic tasks, and when they count as over."""

import asyncio
from collections.abc import Callable

import pytest

from jaga.app import periodic


@pytest.mark.parametrize("lost", [0, 2])
def test_a_fault_that_an_ended_worker_reported_is_over_with_the_first_success(
    monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """Also where that success could not be recorded at first: it is recorded once, by the next that can."""
    runs, recorded = list[str](), list[str]()

    async def task() -> int:
        runs.append("run")
        if len(runs) == lost + 4:
            raise asyncio.CancelledError
        return 0

    def well(name: str) -> int:
        if len(runs) <= lost:
            raise OSError
        recorded.append(name)
        return 0

    def at_once(call: Callable[..., int], *given: str) -> periodic.PeriodicTask:
        async def run() -> int:
            return call(*given)

        return run

    monkeypatch.setattr(periodic, "_well", well)
    monkeypatch.setattr(periodic, "in_thread", at_once)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(periodic.every(0, "figures", task))
    assert recorded == ["figures"]
