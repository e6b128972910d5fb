"""Executors for blocks: in this process or in several local ones. `cluster` has a third kind."""

import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from jaga.app.screening.blocks import RowBlock, Settings, screen_block
from jaga.app.screening.errors import WorkersDie

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
    """Screens each block synchronously in this process."""

    def __init__(self, settings: Settings) -> None:
        self.room, self.busy, self._settings = 1, 0, settings
        self._done: list[tuple[int, bytes]] = []

    def give(self, block: RowBlock) -> None:
        self._done.append((block.number, screen_block(block.kind, block.data, self._settings)))
        self.busy = len(self._done)

    def take(self) -> tuple[int, bytes]:
        self.busy -= 1
        return self._done.pop(0)

    def close(self) -> None:
        """Nothing was started."""


@dataclass
class _Worker:
    process: SpawnProcess
    line: Connection
    block: RowBlock | None = None


class Processes:
    """Worker processes that share nothing: each receives blocks through its own pipe and returns results.

    A process that dies, by a signal or out of memory, is replaced, and its block resubmitted. They exit when this
    process does, however it ends.
    """

    def __init__(self, number: int, settings: Settings, path: Path,
                 work: Callable[[Connection, Settings], None] | None = None) -> None:
        self.room, self.busy, self._settings, self._path = number, 0, settings, path
        self._work = work or serve
        self._tries: dict[int, int] = {}
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

    def pids(self) -> list[int]:
        """Current process ids."""
        return [worker.process.pid for worker in self._workers if worker.process.pid]

    def _start(self) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=self._work, args=(theirs, self._settings))
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
            raise WorkersDie(times=tries, block=worker.block.number, path=self._path,
                             why=f"signal {-code}" if code < 0 else f"status {code}")
        new = self._start()
        worker.process, worker.line = new.process, new.line
        self._send(worker)


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
