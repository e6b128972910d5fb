"""Processes and children: a started process is found again and stopped, and no other."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from jaga.app.services.errors import ServiceFailed
from jaga.app.services.processes import Process
from jaga.app.services.supervisor import Child, ProcessPlan

_SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
_STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
_FAMILY = [
    sys.executable,
    "-c",
    "import subprocess, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); time.sleep(60)",
]


def child(home: Path, command: list[str], patience: float = 5) -> Child:
    return Child(ProcessPlan("sleeper", command, home, dict(os.environ), patience), home)


def start(child: Child) -> None:
    child.start()
    child.wait_until(lambda: child.log.read_text() != "")


def test_a_later_process_with_the_same_number_is_another_one(tmp_path: Path) -> None:
    """A process is also recognised by its start time, so a reused number is never stopped."""
    ours = Process.of(os.getpid())
    assert ours is not None
    note = tmp_path / "note"
    Process(ours.pid, ours.began - 1).write(note)
    assert Process.read(note) is None
    ours.write(note)
    assert Process.read(note) == ours


def test_a_zombie_counts_as_dead() -> None:
    """A process that ended and was not collected counts as dead."""
    popen = subprocess.Popen(["true"])
    process = Process.of(popen.pid)
    assert process is None or process.wait(5)
    popen.wait()


def test_a_failed_start_shows_no_line_of_an_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk nothing is logged; old lines would lead the administrator astray."""
    first = child(tmp_path, [sys.executable, "-c", "print('an old fault')"])
    first.start()
    while first.ended() is None:
        time.sleep(0.01)
    assert first.last_lines() == "an old fault"
    second = child(tmp_path, ["true"])
    second.start()
    while second.ended() is None:
        time.sleep(0.01)
    assert second.last_lines() == "nothing since its start"
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=0))
    assert second.last_lines() == "nothing, the disk is full"


def test_stopping_reaches_what_the_child_started(tmp_path: Path) -> None:
    """A child is stopped together with its whole process group."""
    parent = child(tmp_path, _FAMILY)
    start(parent)
    grandchild = Process.of(int(parent.log.read_text()))
    assert grandchild is not None
    parent.stop()
    assert grandchild.wait(5)
    assert parent.ended() is not None


def test_a_child_that_will_not_stop_is_made_to(tmp_path: Path) -> None:
    """After a time-out the child is killed."""
    stubborn = child(tmp_path, _STUBBORN, patience=0.2)
    start(stubborn)
    stubborn.stop()
    assert stubborn.ended() == -signal.SIGKILL


def test_what_a_killed_run_left_behind_is_stopped_by_the_next(tmp_path: Path) -> None:
    """The number in the home folder is enough to stop a leftover child; a second sweep finds nothing."""
    left = child(tmp_path, _SLEEPER)
    start(left)
    assert child(tmp_path, _SLEEPER).sweep()
    assert not child(tmp_path, _SLEEPER).sweep()
    left.stop()


def test_a_child_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    """If a child dies while starting, the error quotes its log."""
    broken = child(tmp_path, [sys.executable, "-c", "raise SystemExit('no tables here')"])
    broken.start()
    with pytest.raises(ServiceFailed, match="no tables here"):
        broken.wait_until(lambda: False)
    broken.stop()
