"""The result is the same, bit for bit, whichever process screens and whichever one is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from tests.app.screening.files import CHECKOUT, ENVIRONMENT, in_small_blocks, settings, texts, write_lines

from jaga.app.screening import workers as cluster_module
from jaga.app.screening.blocks import Settings
from jaga.app.screening.context import ClusterLost, NoDask, OtherRelease, WorkersDie
from jaga.app.screening.run import screen_file
from jaga.app.screening.workers import BlockWorkers, InProcessWorker, Processes, WorkerCluster

ROWS = 1200
BLOCK = 8_000


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    in_small_blocks(monkeypatch, BLOCK)
    return write_lines(tmp_path / "a.jsonl", texts(ROWS))


@pytest.fixture
def alone(path: Path) -> bytes:
    """The result of screening in this process only."""
    return _result(path, lambda: InProcessWorker(settings()))


def _result(path: Path, workers: Callable[[], BlockWorkers], own: Settings | None = None) -> bytes:
    result = path.with_name("result.parquet")
    summary = screen_file(path, result, own or settings(), workers)
    assert summary.rows == ROWS
    assert summary.with_signals > 0
    return result.read_bytes()


class _Killing(Processes):
    """Kills one of its workers when the first block is done while both are busy."""

    killed: int | None = None

    def take(self) -> tuple[int, bytes]:
        taken = super().take()
        if self.killed is None:
            self.killed = next(worker.process.pid for worker in self._workers if worker.block is not None)
            os.kill(self.killed or 0, signal.SIGKILL)
        return taken


def test_two_processes_say_the_same_as_one(path: Path, alone: bytes) -> None:
    """Blocks that finish in another order are written in the original order."""
    assert _result(path, lambda: Processes(2, settings(), path)) == alone


def test_a_process_killed_with_9_changes_nothing(path: Path, alone: bytes) -> None:
    """The block of a killed process is given to its replacement, and no process is left behind."""
    workers = _Killing(2, settings(), path)
    assert _result(path, lambda: workers) == alone
    assert workers.killed not in workers.pids()
    assert not any(Path(f"/proc/{pid}").exists() for pid in [workers.killed, *workers.pids()])


def _dies(line: Connection, settings: Settings) -> None:
    line.recv_bytes()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_block_that_kills_everybody_ends_the_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that kills every worker ends the run: it is not tried for ever, and no process is left."""
    monkeypatch.setattr("jaga.app.screening.workers.MOST_TRIES", 2)
    workers = Processes(2, settings(), path, work=_dies)
    with pytest.raises(WorkersDie, match=r"2 times at the same place, block \d.*signal 9"):
        _result(path, lambda: workers)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers.pids())
    assert not path.with_name("result.parquet").exists()


def test_workers_end_when_their_owner_is_killed(tmp_path: Path) -> None:
    """Workers also end if their owner is killed with kill -9."""
    program = (
        "import sys, time; from pathlib import Path; from tests.app.screening.files import settings\n"
        "from jaga.app.screening.workers import Processes\n"
        "if __name__ == '__main__':\n"
        "    print(*Processes(2, settings(), Path('x')).pids(), flush=True); time.sleep(600)\n"
    )
    (tmp_path / "owner.py").write_text(program)
    with subprocess.Popen(
        [sys.executable, tmp_path / "owner.py"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as owner:
        assert owner.stdout is not None
        pids = owner.stdout.readline().split()
        owner.kill()
        owner.wait()
        assert len(pids) == 2
        for pid in pids:
            _wait_until_gone(pid)


def _wait_until_gone(pid: str) -> None:
    import time

    for _ in range(600):
        about = Path(f"/proc/{pid}/stat")
        if not about.exists() or about.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"process {pid} goes on without its owner")


@pytest.fixture(scope="module")
def dask() -> Iterator[tuple[str, list[int]]]:
    """The address of a cluster, and its two worker processes."""
    pytest.importorskip("distributed")
    with subprocess.Popen(
        [sys.executable, CHECKOUT / "tests/app/screening/cluster_of_two.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as cluster:
        assert cluster.stdout is not None
        address, *pids = cluster.stdout.readline().split()
        yield address, [int(pid) for pid in pids]


class _KillingCluster(WorkerCluster):
    """Kills a worker of the cluster when the first block is done."""

    victim = 0

    def take(self) -> tuple[int, bytes]:
        taken = super().take()
        if self.victim:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = 0
        return taken


def test_a_cluster_says_the_same_also_when_a_worker_is_killed_with_9(
    path: Path, alone: bytes, dask: tuple[str, list[int]]
) -> None:
    """The result is the same on an intact cluster and with a killed worker."""
    address, pids = dask
    assert _result(path, lambda: WorkerCluster(address, settings(), path)) == alone
    killing = _KillingCluster(address, settings(), path)
    killing.victim = pids[0]
    assert _result(path, lambda: killing) == alone
    assert killing.victim == 0


def test_a_cluster_of_another_release_is_refused(path: Path, dask: tuple[str, list[int]]) -> None:
    """A cluster with another release is refused, since its signals would differ."""
    other = Settings("0" * 64, "text", "id", None)
    with pytest.raises(OtherRelease, match=r"another version of Jaga .*than this machine.*Install the same"):
        screen_file(path, path.with_name("b.parquet"), other, lambda: WorkerCluster(dask[0], other, path))


def test_a_cluster_that_is_not_there_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing cluster and a missing library each give a message."""
    monkeypatch.setattr(cluster_module, "_ANSWERS_WITHIN", 0.5)
    with pytest.raises(ClusterLost, match="Start its scheduler"):
        WorkerCluster("tcp://127.0.0.1:9", settings(), path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoDask, match="pip install"):
        WorkerCluster("tcp://127.0.0.1:9", settings(), path)
