"""What is done of a file, kept beside its result until that is whole, so that a run that was ended goes on.

    RESULT.parts/settings.json          what the parts depend on beside the file; others are thrown away
    RESULT.parts/0000017-SHA256.arrow   the result of block 17, named after the bytes of the block

A part counts only for a block of the same bytes. So a file that changed is screened anew from where it differs.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from jaga.app.screening.blocks import RowBlock, Settings, from_bytes
from jaga.app.screening.errors import UnderWay


class Parts:
    """The folder of one result. Only one run at a time has it."""

    def __init__(self, result: Path, settings: Settings) -> None:
        self.folder, self._result, self._settings = Path(f"{result}.parts"), result, settings
        self._names: dict[int, str] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder; parts that other settings made are gone. Raises UnderWay where another run holds it."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UnderWay(path=self._result) from None
            self._begin()
            yield

    def _begin(self) -> None:
        said = json.dumps(self._settings.said(), indent=1, sort_keys=True)
        about = self.folder / "settings.json"
        if about.exists() and about.read_text() == said:
            return
        for part in self.folder.glob("*.arrow"):
            part.unlink()
        write(about, said.encode())

    def has(self, block: RowBlock) -> bool:
        """Whether this block was screened before."""
        self._names[block.number] = f"{block.number:07d}-{block.digest()}.arrow"
        return (self.folder / self._names[block.number]).exists()

    def keep(self, number: int, result: bytes) -> None:
        """Keep the result of a block that `has` was asked for. After this call it outlives the process."""
        write(self.folder / self._names[number], result)

    def table(self, number: int) -> pa.Table:
        """The result of a block that was kept, now or by an earlier run."""
        return from_bytes((self.folder / self._names.pop(number)).read_bytes())

    def remove(self) -> None:
        """Throw all away: the result is whole."""
        shutil.rmtree(self.folder)


def write(path: Path, data: bytes) -> None:
    """Write a file that is there in whole or not at all, whatever happens meanwhile."""
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
