"""Finished blocks of a file, kept beside the result until it is complete, so that an interrupted run can resume.

    RESULT.parts/settings.json          what the parts depend on besides the file; others are deleted
    RESULT.parts/0000017-SHA256.arrow   the result of block 17, named after the block's bytes

A part is used only for a block with the same bytes, so a changed file is screened anew from the first difference.
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
    """The folder of one result, used by one run at a time."""

    def __init__(self, result: Path, settings: Settings) -> None:
        self.folder, self._result, self._settings = Path(f"{result}.parts"), result, settings
        self._names: dict[int, str] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder and delete parts made with other settings. Raises UnderWay if another run holds it."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UnderWay(path=self._result) from None
            self._begin()
            yield

    def _begin(self) -> None:
        described = json.dumps(self._settings.described(), indent=1, sort_keys=True)
        about = self.folder / "settings.json"
        if about.exists() and about.read_text() == described:
            return
        for part in self.folder.glob("*.arrow"):
            part.unlink()
        write(about, described.encode())

    def has(self, block: RowBlock) -> bool:
        """Whether this block was already screened."""
        self._names[block.number] = f"{block.number:07d}-{block.digest()}.arrow"
        return (self.folder / self._names[block.number]).exists()

    def keep(self, number: int, result: bytes) -> None:
        """Store a block's result durably; call `has` for the block first."""
        write(self.folder / self._names[number], result)

    def table(self, number: int) -> pa.Table:
        """The result of a stored block."""
        return from_bytes((self.folder / self._names.pop(number)).read_bytes())

    def remove(self) -> None:
        """Delete everything, once the result is complete."""
        shutil.rmtree(self.folder)


def write(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
