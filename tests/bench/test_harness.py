"""The benchmark harness itself: a misleading benchmark is worse than none."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bench.harness import Bench, CallFailed, Run, benchmark, each, timed


def test_every_client_works_until_the_time_is_over() -> None:
    """Calls of all clients are counted, the warm-up is not, and the run ends in time."""
    made: list[int] = []

    def client(number: int) -> Callable[[], None]:
        made.append(number)
        return lambda: time.sleep(0.01)

    run = timed(client, clients=3, seconds=0.2, warm_up=2)
    assert sorted(made) == [0, 1, 2]
    assert 10 <= len(run.seconds) <= 60
    assert run.elapsed < 1
    assert 10 <= run.percentile(50) <= run.percentile(95)


def test_a_failed_call_does_not_count_as_fast() -> None:
    """Refusals are fast; counted as answers they would improve the figure."""

    def refused() -> None:
        raise CallFailed

    run = timed(lambda _: refused, clients=1, seconds=0.02, warm_up=0)
    assert run.seconds == ()
    assert run.failed > 0
    with pytest.raises(ValueError, match="nothing to measure"):
        run.percentile(50)
    with pytest.raises(SystemExit, match="mislead"):
        Bench("uji", {}).add_times("report", Run((0.1, 0.2), 1, 1.0), Run((0.1, 0.2), 0, 1.0), "commit")


def test_an_unexpected_error_ends_the_benchmark() -> None:
    """An unexpected exception is raised, not swallowed in a thread."""
    with pytest.raises(ZeroDivisionError):
        timed(lambda _: lambda: 1 / 0, clients=2, seconds=0.1, warm_up=0)


def test_figures_stand_beside_their_yardstick(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the ratio can be compared between machines."""
    bench = Bench("uji", {})
    bench.add_run("report", Run((0.1, 0.2, 0.3), 0, 1.5), Run((0.01, 0.02, 0.03), 0, 0.5), "commit")
    rate, middle, _ = bench.figures
    assert (rate.value, rate.yardstick.value, rate.samples) == (2.0, 6.0, 3)
    assert middle.value == pytest.approx(200)
    assert middle.ratio == pytest.approx(10)
    assert "yardstick" not in capsys.readouterr().out


def test_the_json_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted benchmark leaves no file that looks complete."""
    monkeypatch.setattr("bench.harness.machine", lambda url: {"cpu": "uji"})
    file = tmp_path / "figures.json"
    with pytest.raises(RuntimeError), benchmark("uji", "", file):
        raise RuntimeError
    assert not file.exists()
    with benchmark("uji", "", file) as bench:
        bench.add_times("report", each(lambda n: time.sleep(0.001), 5), each(lambda n: time.sleep(0.001), 5), "sleep")
    body = json.loads(file.read_text())
    assert body["machine"] == {"cpu": "uji"}
    assert {figure["unit"] for figure in body["figures"]} == {"ms"}
    assert all(figure["ratio"] > 0 for figure in body["figures"])
