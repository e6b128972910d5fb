"""JSON lines: each line is one object with the columns of `rows.COLUMNS`."""

import json
import os
import time
from dataclasses import replace
from typing import BinaryIO

from jaga.core.foreign import ForeignValueInvalid
from jaga.sources.file.position import Position, read_enough
from jaga.sources.file.rows import NAME, found_in
from jaga.sources.kit.gathering import Found, Gathering

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
