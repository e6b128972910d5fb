"""Executors for blocks: in this process or in several local ones. `cluster` has a third kind.

Screens blocks on a Dask cluster. Its workers need only this version of Jaga: no file, no database.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from jaga.app.screening.blocks import RowBlock, Settings, prepare, screen_block
from jaga.app.screening.context import ClusterLost, NoDask, OtherRelease, WorkersDie

MOST_TRIES = 3


class BlockWorkers(Protocol):
    """Accepts blocks and returns their results in any order. Closing it stops everything it started."""

    busy: int
    """Blocks submitted but not yet returned."""
    room: int
    """The maximum of these."""

    def give(self, block: RowBlock) -> None: ...

    def take(self) -> tuple[int, bytes]:
        """The number and result of a finished block; blocks until there is one. Raises WorkersDie."""

    def close(self) -> None: ...


class InProcessWorker:
    """Screens each block in this process, when its result is taken."""

    def __init__(self, settings: Settings) -> None:
        self.room, self.busy, self._settings = 1, 0, settings
        self._given = deque[RowBlock]()

    def give(self, block: RowBlock) -> None:
        self._given.append(block)
        self.busy = len(self._given)

    def take(self) -> tuple[int, bytes]:
        block = self._given.popleft()
        self.busy = len(self._given)
        return block.number, screen_block(block.kind, block.data, self._settings)

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class _Worker:
    process: ForkProcess
    line: Connection
    block: RowBlock | None = None


class Processes:
    """Worker processes: each receives blocks through its own pipe and returns results.

    They are forked from this process once its engine is loaded, so that starting another one takes no time and little
    memory. A process that dies, by a signal or out of memory, is replaced, and its block resubmitted. They exit when
    this process does, however it ends.
    """

    def __init__(
        self, number: int, settings: Settings, path: Path, work: Callable[[Connection, Settings], None] | None = None
    ) -> None:
        self.room, self.busy, self._settings, self._path = number, 0, settings, path
        self._work = work or serve
        self._tries: dict[int, int] = {}
        prepare(settings)
        gc.freeze()  # Workers never collect what they share with this process.
        self._workers = [self._start() for _ in range(number)]

    def give(self, block: RowBlock) -> None:
        worker = next(worker for worker in self._workers if worker.block is None)
        worker.block = block
        self.busy += 1
        self._send(worker)

    def take(self) -> tuple[int, bytes]:
        while True:
            lines = wait([worker.line for worker in self._workers if worker.block is not None])
            worker = next(worker for worker in self._workers if worker.line in lines)
            block = worker.block
            assert block is not None  # Only those are waited for.
            try:
                result = worker.line.recv_bytes()
            except (EOFError, OSError):
                self._replace(worker)
                continue
            worker.block = None
            self.busy -= 1
            return block.number, result

    def close(self) -> None:
        for worker in self._workers:
            worker.line.close()
        for worker in self._workers:
            worker.process.join(5)
            worker.process.kill()
            worker.process.join()
        gc.unfreeze()

    def pids(self) -> list[int]:
        """Current process ids."""
        return [worker.process.pid for worker in self._workers if worker.process.pid]

    def _start(self) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        unneeded = [one for one in _open_files() if one != theirs.fileno()]
        process = multiprocessing.get_context("fork").Process(
            target=_begin, args=(unneeded, self._work, theirs, self._settings)
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of threads, which a fork does not copy: here those of OpenBLAS and Arrow, which start
            # theirs anew.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()  # Otherwise its end would never be noticed.
        return _Worker(process, ours)

    def _send(self, worker: _Worker) -> None:
        assert worker.block is not None
        try:
            worker.line.send_bytes(worker.block.kind.encode())
            worker.line.send_bytes(worker.block.data)
        except OSError:
            self._replace(worker)

    def _replace(self, worker: _Worker) -> None:
        """Resubmit a dead worker's block to a replacement, a limited number of times."""
        assert worker.block is not None
        worker.line.close()
        worker.process.join()
        tries = self._tries[worker.block.number] = self._tries.get(worker.block.number, 0) + 1
        if tries == MOST_TRIES:
            code = worker.process.exitcode or 0
            raise WorkersDie(
                times=tries,
                block=worker.block.number,
                path=self._path,
                why=f"signal {-code}" if code < 0 else f"status {code}",
            )
        new = self._start()
        worker.process, worker.line = new.process, new.line
        self._send(worker)


def _open_files() -> list[int]:
    """The numbers of this process's open files other than input, output and errors."""
    return [number for name in os.listdir("/dev/fd") if (number := int(name)) > 2]


def _begin(
    unneeded: Sequence[int], work: Callable[[Connection, Settings], None], line: Connection, settings: Settings
) -> None:
    """A worker's first step: close what was open when it was forked. Other workers' pipes would never be noticed to
    end, and the lock of the result would outlive its owner.
    """
    for number in unneeded:
        with suppress(OSError):  # The folder of the list itself was closed before.
            os.close(number)
    work(line, settings)


def serve(line: Connection, settings: Settings) -> None:
    """A worker's main loop, until the other end is closed, which also happens when its owner dies."""
    # Ctrl-C reaches all; the owner closes the pipe once it has handled it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            kind, data = line.recv_bytes().decode(), line.recv_bytes()
            line.send_bytes(screen_block(kind, data, settings))
        except (EOFError, ConnectionError):
            return


_ANSWERS_WITHIN = 15.0
_WITHOUT_WORKERS = 60.0
"""Seconds without any worker before an error is raised."""
_AHEAD = 2
"""Blocks queued per cluster thread, to hide network latency."""


class WorkerCluster:
    """Remote workers. The scheduler reassigns the block of a worker that died, up to three times."""

    def __init__(self, address: str, settings: Settings, path: Path) -> None:
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise NoDask from None
        self._dask, self._address, self._settings, self._path = distributed, address, settings, path
        try:
            self._client = distributed.Client(address, timeout=_ANSWERS_WITHIN, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterLost(address=address, why=str(error).splitlines()[0]) from None
        self._futures: dict[Any, int] = {}
        self._done: SimpleQueue[Any] = SimpleQueue()
        self.room, self.busy = 1, 0

    def give(self, block: RowBlock) -> None:
        future = self._client.submit(screen_block, block.kind, block.data, self._settings, pure=False, retries=0)
        self._futures[future] = block.number
        self.busy += 1
        future.add_done_callback(self._done.put)
        self.room = max(1, _AHEAD * sum(self._client.nthreads().values()))  # Workers come and go.

    def take(self) -> tuple[int, bytes]:
        future = self._next()
        number = self._futures.pop(future)
        self.busy -= 1
        try:
            result: bytes = future.result(timeout=_WITHOUT_WORKERS)  # A killed worker's result is computed again.
        except OtherRelease as error:
            ours, theirs = error.params["ours"], error.params["theirs"]  # Its message was duplicated in transit.
            raise OtherRelease(ours=ours, theirs=theirs) from None
        except self._dask.scheduler.KilledWorker as error:
            raise WorkersDie(times=MOST_TRIES + 1, block=number, path=self._path, why=str(error.last_worker)) from None
        except (self._dask.client.FutureCancelledError, asyncio.CancelledError, OSError) as error:
            raise ClusterLost(address=self._address, why=type(error).__name__) from None
        return number, result

    def close(self) -> None:
        self._client.cancel(list(self._futures), force=True)
        self._client.close()

    def _next(self) -> Any:
        """The next finished block. Raises ClusterLost if no worker is available."""
        last_workers = time.monotonic()
        while True:
            try:
                return self._done.get(timeout=1)
            except Empty:
                if self._client.status != "running":
                    raise ClusterLost(address=self._address, why=self._client.status) from None
                if self._client.nthreads():
                    last_workers = time.monotonic()
                elif time.monotonic() - last_workers > _WITHOUT_WORKERS:
                    raise ClusterLost(address=self._address, why="no worker") from None
