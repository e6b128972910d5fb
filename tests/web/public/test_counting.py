"""Public counts: many readers cause one count, and a slow count is repeated less often."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest

from jaga.web import strangers as counting
from jaga.web.strangers import counted


def test_readers_at_once_cost_one_count() -> None:
    """A reader who comes during a count waits for it and does not start another."""
    begun, counts = Event(), []
    readers = Barrier(8)

    def count() -> int:
        counts.append(1)
        begun.wait(0.05)  # nobody sets it: time for the others to come
        return 42

    def read(_: int) -> int:
        readers.wait()
        return counted("a-test", count)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {42}
    assert len(counts) == 1


@pytest.mark.parametrize(("took", "kept"), [(0.01, 5), (0.25, 5), (2, 40)])
def test_a_slow_count_is_kept_longer(took: float, kept: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least five seconds, and twenty times the duration of the count."""
    stored: list[float] = []
    moments = iter((100.0, 100.0 + took))
    monkeypatch.setattr(counting, "monotonic", lambda: next(moments))

    def remember(key: str, value: Any, seconds: float) -> None:
        stored.append(seconds)

    monkeypatch.setattr(counting.cache, "set", remember)
    assert counted("another-test", lambda: 1) == 1
    assert stored == [pytest.approx(kept)]
