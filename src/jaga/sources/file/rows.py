"""A row of a file becomes an observation, a deletion or an opt-out; rows that are not public are dropped at arrival.

Only the columns named here are read. A place, coordinates, a face or a telephone number in a column of its own never
enters, whatever else a file contains.

Where reading stands in a file, and whether it is still the same file.

The cursor holds the offset, the number of rows or records before it, and a mark of the bytes that were read: of the
first and the last 4096 of them. A file that became shorter or was replaced by another is not read on.

JSON lines: each line is one object with the columns of `rows.COLUMNS`.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from jaga.core.foreign import ForeignValueInvalid, plausible
from jaga.core.observations import Deletion, Observation, SourceWentBack
from jaga.core.terms.reports import ObservationKind
from jaga.sources.kit import Found, Gathering, OptedIn, OptedOut, State, state_text

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


COLUMNS = (
    "native_id",
    "account_id",
    "handle",
    "surface",
    "text",
    "at",
    "locator",
    "media_hashes",
    "kind",
    "visibility",
    "deleted",
    "opted_out",
)
NEEDED = ("native_id", "account_id", "text", "at")
NAME = "file/1"
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0", ""})


def found_in(row: Mapping[str, object], file: str, place: str, version: str = NAME) -> tuple[Found, ...]:
    """What the row of a file, or of a platform's stream, says; nothing if it is not public or has no text.

    Raises ForeignValueInvalid.
    """
    if _text(row, "visibility") not in {"", "public"}:
        return ()
    if _flag(row, "deleted"):
        return (Deletion(_text(row, "native_id")),)
    account = _text(row, "account_id")
    if _flag(row, "opted_out"):
        return (OptedOut(account),)
    back = () if row.get("opted_out") in (None, "") else (OptedIn(account),)
    text = _text(row, "text")
    if not text.strip():
        return back
    return (
        *back,
        Observation(
            surface=_text(row, "surface") or file,
            native_id=_text(row, "native_id"),
            account_id=account,
            handle=_text(row, "handle") or account,
            text=text,
            at=_moment(row.get("at")),
            locator=_text(row, "locator") or f"{version.partition('/')[0]}:{file}#{place.replace(' ', '-')}",
            source_version=version,
            media_hashes=_hashes(row.get("media_hashes")),
            kind=_kind(_text(row, "kind")),
        ),
    )


def _text(row: Mapping[str, object], name: str) -> str:
    """The value as text: a number as it is written, "" for none."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ForeignValueInvalid(name, "no text")


def _flag(row: Mapping[str, object], name: str) -> bool:
    value = row.get(name)
    if isinstance(value, bool):
        return value
    word = _text(row, name).strip().lower()
    if word not in _YES | _NO:
        raise ForeignValueInvalid(name, "neither true nor false")
    return word in _YES


def _moment(value: object) -> datetime:
    """A moment with its time zone: a guessed zone could move a text to another day."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ForeignValueInvalid("at", "no moment in ISO 8601") from None
    if at.tzinfo is None:
        raise ForeignValueInvalid("at", "no time zone")
    found = plausible(at)
    if found is None:
        raise ForeignValueInvalid("at", "before 1970 or after 9000")
    return found


def _hashes(value: object) -> tuple[str, ...]:
    """SHA-256 in hex: a list, or a text that separates them by spaces."""
    if value is None or value == "":
        return ()
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    many = value.split() if isinstance(value, str) else value
    if not isinstance(many, list) or not all(
        isinstance(one, str) and len(one) == 64 and not one.lower().strip("0123456789abcdef") for one in many
    ):
        raise ForeignValueInvalid("media_hashes", "no SHA-256 in hex")
    return tuple(one.lower() for one in many)


def _kind(word: str) -> ObservationKind:
    try:
        return ObservationKind(word or ObservationKind.NEW)
    except ValueError:
        raise ForeignValueInvalid("kind", "neither new nor edit") from None


LONGEST_LINE = 8 * 1024 * 1024
STILL_WRITTEN = 60.0
"""Seconds. A last line without an end may still grow if the file changed later than this ago."""
_EMPTY = b" \t\r\n\xef\xbb\xbf"


def read_lines(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations; the position behind the last line that was taken or set aside."""
    file.seek(here.at)
    begun = here.at
    while not gathering.full(limit) and not read_enough(begun, here):
        line = file.readline(LONGEST_LINE + 1)
        ended = line.endswith(b"\n")
        if not line or (not ended and len(line) <= LONGEST_LINE and _may_grow(file, line)):
            break
        place = f"line {here.done + 1}"
        if here.inside:  # the rest of a line that was set aside before
            here = Position(here.at + len(line), here.done, int(not ended))
            continue
        if len(line) > LONGEST_LINE and not ended:
            gathering.refuse(place, f"longer than {LONGEST_LINE} bytes", line)
            here = Position(here.at + len(line), here.done + 1, 1)
            continue
        if line.strip(_EMPTY):
            gathering.take(place, line, found_in_line, line, name, place)
        here = replace(here, at=here.at + len(line), done=here.done + 1)
    return here


def found_in_line(line: bytes, name: str, place: str, version: str = NAME) -> tuple[Found, ...]:
    """What one line of JSON says. Raises ForeignValueInvalid."""
    try:
        row = json.loads(line.strip(_EMPTY).decode("utf-8"))
    except UnicodeDecodeError:
        raise ForeignValueInvalid("line", "not in UTF-8") from None
    except (ValueError, RecursionError):
        raise ForeignValueInvalid("line", "not JSON") from None
    if not isinstance(row, dict):
        raise ForeignValueInvalid("line", "no JSON object")
    return found_in(row, name, place, version)


def _may_grow(file: BinaryIO, line: bytes) -> bool:
    """Whether a last line without an end is only half of it."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return time.time() - os.fstat(file.fileno()).st_mtime < STILL_WRITTEN
    return False
