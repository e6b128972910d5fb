"""Where reading stands in a file, and whether it is still the same file.

The cursor holds the offset, the number of rows or records before it, and a mark of the bytes that were read: of the
first and the last 4096 of them. A file that became shorter or was replaced by another is not read on.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO

from jaga.core.observations.source import SourceWentBack
from jaga.sources.kit.state import State, state_text

_MARKED = 4096
MOST_BYTES = 256 * 1024 * 1024
"""Read at a time: a file in which nothing is to be observed must not hold up other sources."""


@dataclass(frozen=True)
class Position:
    """`at` is a byte offset (in Parquet: a row), `done` the rows or records before it.

    `inside`: within a line that is too long, whose rest is skipped.
    """

    at: int = 0
    done: int = 0
    inside: int = 0


def read_enough(begun: int, here: Position) -> bool:
    """Whether one reading that began at this offset has read as much as it may."""
    return here.at - begun >= MOST_BYTES


def from_cursor(cursor: str | None, file: BinaryIO, *, by_row: bool = False) -> Position:
    """The position in this file. Raises SourceWentBack if the cursor is of another file or another content."""
    if cursor is None:
        return Position()
    state = State(cursor)
    here = Position(state.number("at"), state.number("done"), state.number("inside"))
    if not by_row and here.at > _size(file):
        raise SourceWentBack(why="the file is shorter than what was read of it")
    if state.text("mark") != _mark(file, here, by_row=by_row):
        raise SourceWentBack(why="the file is another one than before")
    return here


def as_cursor(here: Position, file: BinaryIO, *, by_row: bool = False) -> str:
    """The cursor of this position."""
    return state_text(
        {"at": here.at, "done": here.done, "inside": here.inside, "mark": _mark(file, here, by_row=by_row)}
    )


def _mark(file: BinaryIO, here: Position, *, by_row: bool) -> str:
    """A hash of the beginning and the end of what was read; of a file that is read by rows, of the whole file's."""
    end = _size(file) if by_row else here.at
    digest = hashlib.sha256()
    for start in (0, max(0, end - _MARKED)):
        file.seek(start)
        digest.update(file.read(min(_MARKED, end - start)))
    return digest.hexdigest()[:16]


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
