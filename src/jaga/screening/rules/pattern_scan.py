"""Regular expressions over blocks with hyperscan; each counts once per text, at its first place.

A pattern that needs a digit runs only on texts with one: names containing a number start to match in every word and
would cost more than all others together. Worker only: it imports numba and hyperscan.
"""

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from platform import machine
from re import _parser  # type: ignore[attr-defined]
from threading import Lock
from typing import Any

import hyperscan
import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.base.kept_tables import kept
from jaga.screening.text.block import NO_HITS, Hits, TextBlock
from jaga.screening.text.fold import gathered

MOST_AT_ONCE = 1 << 16
"""Hits buffered before they are reduced to the first per pattern and text: a bound for hostile texts."""
NOTHING, DIGIT, GLUED = range(3)
"""What a text needs for a pattern to match: a digit, or one right after a character that is neither space nor digit."""
_FLAGS = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_MULTILINE
_DIGITS = frozenset(b"0123456789")
_LOOSE = _DIGITS | frozenset(b" \n")
_ANY = frozenset(range(256))
_Ints = npt.NDArray[np.int64]
_NONE: _Ints = np.empty((0, 4), np.int64)


class PatternScan:
    """Searches for patterns of the policy's small language.

    Thread-safe: scans take turns.

    With `keep` the compiled database is cached for the next start. Raises `hyperscan.error` for a pattern that cannot
    be compiled.
    """

    def __init__(self, patterns: Sequence[str], *, keep: bool = False) -> None:
        needs = [need_of(pattern) for pattern in patterns]
        self._parts = [
            (need, _Part(patterns, [number for number, own in enumerate(needs) if own == need], keep))
            for need in sorted({*needs})
        ]

    def find(self, block: TextBlock, first: int, rows: _Ints | None = None) -> Hits:
        """For each pattern and text its leftmost match, and of those starting there the longest.

        Keys are the patterns' list indices plus `first`. Unordered. With `rows` (ascending) only in these texts.
        """
        folded, folds = (block.folded, block.folds) if rows is None else gathered(block.folded, block.folds, rows)
        had = _had(folded, folds) if any(need for need, _ in self._parts) else None
        found = [
            hits
            for need, part in self._parts
            if len(
                hits := _found(part, folded, folds, np.flatnonzero(had >= need) if had is not None and need else None)
            )
        ]
        if not found:
            return NO_HITS
        row, pattern, start, end = np.concatenate(found).T
        columns = (row if rows is None else rows[row], pattern + first, start, end)
        return Hits(*(column.astype(np.int32) for column in columns))


def _found(part: "_Part", folded: npt.NDArray[np.uint8], folds: _Ints, rows: _Ints | None) -> _Ints:
    """A part's findings in these texts, or in all."""
    if rows is None:
        return part.find(folded, folds)
    if not len(rows):
        return _NONE
    found = part.find(*gathered(folded, folds, rows))
    found[:, 0] = rows[found[:, 0]]
    return found


class _Part:
    """Some of the patterns in one database."""

    def __init__(self, patterns: Sequence[str], numbers: Sequence[int], keep: bool) -> None:
        self._numbers = np.array(numbers)
        self._database = compiled([patterns[number] for number in numbers], keep=keep)
        self._turn = Lock()  # A database's scratch memory serves one scan at a time.

    def find(self, folded: npt.NDArray[np.uint8], folds: _Ints) -> _Ints:
        """Row, pattern index, start and end, in four columns."""
        found: list[int] = []
        firsts = _NONE

        extend, most = found.extend, 3 * MOST_AT_ONCE  # Looked up once, not at each of a million hits.

        def met(pattern: int, start: int, end: int, flags: int, context: object) -> None:
            nonlocal firsts
            extend((pattern, start, end))
            if len(found) >= most:
                firsts = _first_ones(firsts, found, folds)
                found.clear()

        buffer: Any = folded
        with self._turn:
            self._database.scan(buffer, match_event_handler=met)
        if found:
            firsts = _first_ones(firsts, found, folds)
        if not len(firsts):
            return _NONE
        firsts[:, 1] = self._numbers[firsts[:, 1]]
        firsts[:, 2:] -= folds[firsts[:, :1]]
        return firsts


def compiled(patterns: Sequence[str], *, keep: bool = False) -> hyperscan.Database:
    """The patterns as one database with list indices as ids. Raises `hyperscan.error`."""
    if keep:
        with suppress(hyperscan.error):  # On a processor lacking features of the one that built it.
            made_of = repr((version("hyperscan"), machine(), _FLAGS, *patterns)).encode()
            return _loaded(kept("patterns", made_of, lambda: _dump(patterns)))
    return _loaded(_dump(patterns))


def _dump(patterns: Sequence[str]) -> bytes:
    database = hyperscan.Database()
    database.compile(
        expressions=[pattern.encode() for pattern in patterns],
        ids=list(range(len(patterns))),
        elements=len(patterns),
        flags=[_FLAGS] * len(patterns),
    )
    return hyperscan.dumpb(database)


def _loaded(dump: bytes) -> hyperscan.Database:
    database = hyperscan.loadb(dump, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


def _first_ones(firsts: _Ints, found: Sequence[int], folds: _Ints) -> _Ints:
    """Of hits (pattern, start and end in the block) and earlier first ones, the first per row and pattern."""
    hits = np.array(found, np.int64).reshape(-1, 3)
    row = np.searchsorted(folds, hits[:, 1], side="right") - 1
    table = np.concatenate((firsts, np.column_stack((row, hits))))
    table = table[np.lexsort((-table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]
    first: _Ints = table[np.append(True, (table[1:, :2] != table[:-1, :2]).any(axis=1))]
    return first


def need_of(pattern: str) -> int:
    """What every text matching the pattern contains: `GLUED`, `DIGIT` or `NOTHING`."""
    return _read(_parser.parse(pattern), _ANY)[0]


def _read(parts: Any, before: frozenset[int]) -> tuple[int, frozenset[int]]:
    """What these parts of a pattern need given what may precede them, and what may precede the next."""
    need = NOTHING
    for kind, what in parts:
        name, own = str(kind), NOTHING
        if name == "SUBPATTERN":
            own, before = _read(what[-1], before)
        elif name == "BRANCH":
            ways = [_read(way, before) for way in what[1]]
            own, before = min(one for one, _ in ways), frozenset().union(*(last for _, last in ways))
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, _, again = what
            own, last = _read(again, before)
            last = _read(again, before | last)[1]
            own, before = (own, last) if least else (NOTHING, before | last)
        elif name != "AT":
            chars = _chars(name, what)
            own = NOTHING if not chars <= _DIGITS else DIGIT if before & _LOOSE else GLUED
            before = chars
        need = max(need, own)
    return need, before


def _chars(name: str, what: Any) -> frozenset[int]:
    """The characters one pattern element may match; a superset if unclear."""
    if name == "LITERAL":
        return frozenset((what,))
    if name == "RANGE":
        return frozenset(range(what[0], what[1] + 1))
    if name == "CATEGORY" and str(what) == "CATEGORY_DIGIT":
        return _DIGITS
    return frozenset().union(*(_chars(str(one), of) for one, of in what)) if name == "IN" else _ANY


@njit(cache=True)
def _had(folded: Any, folds: Any) -> Any:
    """What each text contains: `NOTHING`, `DIGIT` or `GLUED`. Sums over slices vectorise."""
    had = np.zeros(folds.size - 1, np.uint8)
    for row in range(had.size):
        text = folded[folds[row] : folds[row + 1]]
        before, glued = text[:-1], 0
        digits = np.int64(np.uint8(text[0] - 48) < 10)
        for at, byte in enumerate(text[1:]):
            digit = np.uint8(byte - 48) < 10
            digits += digit
            glued += digit & (np.uint8(before[at] - 48) >= 10) & (before[at] != 32)
        had[row] = GLUED if glued else DIGIT if digits else NOTHING
    return had
