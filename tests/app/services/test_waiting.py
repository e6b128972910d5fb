"""A slow start is waited for; a process that ended or does nothing is not."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jaga.app.services import supervisor as waiting
from jaga.app.services.errors import ServiceFailed
from jaga.app.services.supervisor import Child, ProcessPlan

_SLOW = "import sys, time\nfor _ in range(10_000):\n    sum(range(20_000))\nprint('up', flush=True)\ntime.sleep(60)\n"
_IDLE = "import time\ntime.sleep(60)\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the limits: ten minutes to 1.5 seconds, a quarter of a minute to 0.2 seconds."""
    monkeypatch.setattr(waiting, "IDLE_SECONDS", 1.5)
    monkeypatch.setattr(waiting, "A_WORD_EVERY", 0.2)


@pytest.fixture
def child(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Child]:
    (tmp_path / "run").mkdir()
    made = Child(ProcessPlan("slow one", [sys.executable, "-c", request.param], tmp_path, dict(os.environ)), tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("child", [_SLOW], indirect=True)
def test_what_works_is_waited_for_with_a_word_every_so_often(
    quick: None,
    child: Child,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A busy process is waited for however long it takes, with a message from time to time."""
    assert child.pid

    def rest() -> None:
        for number in (signal.SIGSTOP, signal.SIGCONT):
            time.sleep(0.7)
            os.kill(child.pid or 0, number)

    resting = threading.Thread(target=rest)
    resting.start()
    child.wait_until(lambda: "up" in child.log.read_text())
    resting.join()
    assert "… waiting for slow one to answer (" in capfd.readouterr().err


@pytest.mark.parametrize("child", [_IDLE], indirect=True)
def test_what_does_nothing_is_given_up_at_last(quick: None, child: Child) -> None:
    """The error names the process, how long it was idle, and its log."""
    with pytest.raises(ServiceFailed, match=r"slow one did not start: it did nothing for \d+ s"):
        child.wait_until(lambda: False)


def test_the_work_of_those_below_counts() -> None:
    """The work of child processes counts: a web server's first process only supervises."""
    code = "import subprocess, sys, time; subprocess.run([sys.executable, '-c', 'while True: sum(range(9999))'])"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as above:
        try:
            end = time.monotonic() + 60
            while waiting.work_of(above.pid) < 50:  # a bare Python has done less when it only waits
                assert time.monotonic() < end
                time.sleep(0.1)
        finally:
            os.killpg(above.pid, signal.SIGKILL)
    assert waiting.work_of(above.pid) == 0
