"""Patterns found in blocks: hyperscan reads all texts at once, and each pattern counts once a text, at its first place.

Patterns that no text without a digit can match read only those texts that have one: names with a number in them begin
to match in every word, and would cost more than all others together. Worker's side only: it imports numba and
hyperscan.
"""

from collections.abc import Sequence
from re import _parser  # type: ignore[attr-defined]
from threading import Lock
from typing import Any

import hyperscan
import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.block import NO_HITS, Block, Hits
from jaga.screening.kept import kept

MOST_AT_ONCE = 1 << 16
"""Hits that are kept until only the first of each pattern in each text remains: a bound for hostile texts."""
_FLAGS = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_MULTILINE
_DIGITS = frozenset(map(ord, "0123456789"))
_Ints = npt.NDArray[np.int64]


class PatternScan:
    """Looks for patterns of the policy's small language. Threads may share it, and scan in turns.

    Raises `hyperscan.error` where a pattern cannot be compiled.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        needing = np.array([needs_digit(pattern) for pattern in patterns], np.bool_)
        self._anywhere, self._digits = _Part(patterns, ~needing), _Part(patterns, needing)

    def find(self, block: Block, first: int) -> Hits:
        """For each pattern that a text matches its leftmost place there, and of those that begin in it the longest.

        The keys are the patterns' places in the list, counted from `first`. In no order.
        """
        parts = []
        if self._anywhere.numbers.size:
            parts.append(self._anywhere.find(block.folded, block.folds))
        if self._digits.numbers.size:
            rows = np.flatnonzero(_have_digits(block.folded, block.folds))
            row, *rest = self._digits.find(*_gathered(block.folded, block.folds, rows))
            parts.append((rows[row], *rest))
        if not parts:
            return NO_HITS
        row, key, start, end = (np.concatenate(column).astype(np.int32) for column in zip(*parts, strict=True))
        return Hits(row, key + np.int32(first), start, end)


class _Part:
    """Some of the patterns in one database."""

    def __init__(self, patterns: Sequence[str], chosen: npt.NDArray[np.bool_]) -> None:
        self.numbers = np.flatnonzero(chosen)
        self._database = compiled([patterns[number] for number in self.numbers]) if len(self.numbers) else None
        self._turn = Lock()  # the scratch memory of a database serves one scan at a time

    def find(self, folded: npt.NDArray[np.uint8], folds: _Ints) -> tuple[_Ints, _Ints, _Ints, _Ints]:
        """Row, number of the pattern, start and end."""
        found: list[int] = []
        firsts = np.empty((0, 4), np.int64)

        def met(pattern: int, start: int, end: int, flags: int, context: object) -> None:
            nonlocal firsts
            found.extend((pattern, start, end))
            if len(found) >= 3 * MOST_AT_ONCE:
                firsts = _first_ones(firsts, found, folds)
                found.clear()

        if self._database is not None and len(folds) > 1:
            buffer: Any = folded
            with self._turn:
                self._database.scan(buffer, match_event_handler=met)
        if found:
            firsts = _first_ones(firsts, found, folds)
        row, pattern, start, end = firsts.T
        return row, self.numbers[pattern], start - folds[row], end - folds[row]


def compiled(patterns: Sequence[str]) -> hyperscan.Database:
    """The patterns as one database; their places in the list are their ids. Raises `hyperscan.error`."""
    dump = kept("patterns", repr((hyperscan.__version__, _FLAGS, list(patterns))).encode(), lambda: _dump(patterns))
    try:
        return _loaded(dump)
    except hyperscan.error:  # made by another processor, which shares the folder
        return _loaded(_dump(patterns))


def _dump(patterns: Sequence[str]) -> bytes:
    database = hyperscan.Database()
    database.compile(expressions=[pattern.encode() for pattern in patterns], ids=list(range(len(patterns))),
                     elements=len(patterns), flags=[_FLAGS] * len(patterns))
    return hyperscan.dumpb(database)


def _loaded(dump: bytes) -> hyperscan.Database:
    database = hyperscan.loadb(dump, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


def _first_ones(firsts: npt.NDArray[np.int64], found: Sequence[int], folds: _Ints) -> npt.NDArray[np.int64]:
    """Of hits (pattern, start and end in the block) and earlier first ones, the first of each row and pattern."""
    pattern, start, end = np.array(found, np.int64).reshape(-1, 3).T
    row = np.searchsorted(folds, start, side="right") - 1
    table = np.concatenate((firsts, np.stack((row, pattern, start, end), axis=1)))
    table = table[np.lexsort((-table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]
    return table[np.append(True, (table[1:, :2] != table[:-1, :2]).any(axis=1))]


def needs_digit(pattern: str) -> bool:
    """Whether whatever the pattern matches has a digit in it."""
    return _has_digit(_parser.parse(pattern))


def _has_digit(parts: Any) -> bool:
    return any(_is_digit(str(kind), what) for kind, what in parts)


def _is_digit(kind: str, what: Any) -> bool:
    match kind:
        case "LITERAL":
            return what in _DIGITS
        case "IN":
            return all(_only_digits(str(one), of) for one, of in what)
        case "BRANCH":
            return all(map(_has_digit, what[1]))
        case "SUBPATTERN":
            return _has_digit(what[-1])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return what[0] > 0 and _has_digit(what[2])
    return False


def _only_digits(kind: str, what: Any) -> bool:
    match kind:
        case "LITERAL":
            return what in _DIGITS
        case "RANGE":
            return {*what} <= _DIGITS
        case "CATEGORY":
            return str(what) == "CATEGORY_DIGIT"
    return False


@njit(cache=True)
def _have_digits(folded: Any, folds: Any) -> Any:
    found = np.zeros(folds.size - 1, np.bool_)
    for row in range(found.size):
        some = False
        for at in range(folds[row], folds[row + 1]):
            some |= np.uint8(folded[at] - 48) < 10
        found[row] = some
    return found


@njit(cache=True)
def _gathered(folded: Any, folds: Any, rows: Any) -> Any:
    """These texts alone, one after the other, and where they begin."""
    begins = np.zeros(rows.size + 1, np.int64)
    for at in range(rows.size):
        begins[at + 1] = begins[at] + folds[rows[at] + 1] - folds[rows[at]]
    texts = np.empty(begins[-1], np.uint8)
    for at in range(rows.size):
        texts[begins[at]:begins[at + 1]] = folded[folds[rows[at]]:folds[rows[at] + 1]]
    return texts, begins
