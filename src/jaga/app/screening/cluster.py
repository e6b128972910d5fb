"""Screens blocks on a Dask cluster. Its workers need only this version of Jaga: no file, no database."""

import asyncio
import time
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from jaga.app.screening.blocks import RowBlock, Settings, screen_block
from jaga.app.screening.errors import ClusterLost, NoDask, OtherRelease, WorkersDie
from jaga.app.screening.workers import MOST_TRIES

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
