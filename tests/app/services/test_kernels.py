"""The kernels are compiled once: the workers of an installation wait for the process that compiles them."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jaga.app.services.kernels import Kernels, wait_for_kernels

_SLOW = "import sys; sys.stdin.read()"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder as `jaga run` leaves it before it compiles."""
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Instead of compiling, a process that ends with status 0 when its standard input is closed."""
    started = list[subprocess.Popen[bytes]]()
    popen = subprocess.Popen

    def start(command: list[str], cwd: Path) -> subprocess.Popen[bytes]:
        assert command[1:] == ["-m", "jaga.app.screening.warm"]
        started.append(popen([sys.executable, "-I", "-c", _SLOW], stdin=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    return started


def _waiting(home: Path) -> threading.Thread:
    worker = threading.Thread(target=wait_for_kernels, args=[home], daemon=True)
    worker.start()
    return worker


def test_a_worker_waits_until_they_are_compiled(home: Path, compiler: list[subprocess.Popen[bytes]]) -> None:
    """It goes on when the compilation has ended well, and `jaga run` with it."""
    with Kernels(home) as compiled:
        worker = _waiting(home)
        worker.join(0.3)
        assert worker.is_alive()
        compiler[0].communicate()
        compiled.wait()
        worker.join(10)
        assert not worker.is_alive()


def test_a_worker_goes_on_when_the_start_ends_before(home: Path, compiler: list[subprocess.Popen[bytes]]) -> None:
    """Ctrl-C during the start ends the compilation, and nothing is left waiting."""
    with Kernels(home):
        worker = _waiting(home)
    worker.join(10)
    assert not worker.is_alive()
    assert compiler[0].returncode == -15
    compiler[0].communicate()


def test_a_start_that_cannot_compile_them_ends(home: Path, compiler: list[subprocess.Popen[bytes]]) -> None:
    """The error is that of the compiler, which stands above."""
    with Kernels(home) as compiled:
        compiler[0].kill()
        with pytest.raises(SystemExit, match="printed above"):
            compiled.wait()
    compiler[0].communicate()


def test_a_worker_on_its_own_waits_for_nobody(home: Path) -> None:
    """Where no `jaga run` ever compiled anything, there is no lock; after one that ended, it is free."""
    wait_for_kernels(home)
    (home / "run" / "kernels.lock").touch()
    wait_for_kernels(home)
