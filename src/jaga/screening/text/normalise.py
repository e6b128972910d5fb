"""The slow, readable definition of a text's words under disguise.

The fast engine must equal it.

Each word has a code point span in the *original*. There are two readings: in the plain one digits are numbers ("700
ST", "BO2"); in the leet one digits and signs inside words are letters ("0p3n b0"). Spread-out words ("o p e n",
"o.p.e.n") are handled later by the matcher.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from jaga.screening.text.letters import EITHER, LEET, NOT_LAST, ONLY_INSIDE, fold

_SEVERAL = re.compile(rf"(.)\1\1|{EITHER}", re.DOTALL)
"""What gives a word more than one spelling."""


@dataclass(frozen=True)
class Word:
    """A run of letters or of digits. `spellings` are its possible meanings; `start` and `end` its source span."""

    spellings: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class _Char:
    char: str
    start: int
    end: int


def readings(text: str) -> list[list[Word]]:
    """The plain reading, and the leet one if it differs. Linear in the text's length; accepts any string."""
    chars = list(_folded(text))
    plain = _words(chars)
    leet = _words(_leet(chars))
    return [plain] if leet == plain else [plain, leet]


def first_spellings(text: str) -> list[str]:
    """The first spelling of each word of the last of the `readings`, in a quarter of the time: it keeps no
    places."""
    chars, letters = "".join(map(fold, text)), list[str]()
    for _, run in groupby(chars, _is_of_words):
        piece = list(run)
        mixed = len(piece) == 1 or any(map(str.isalpha, piece))
        letters += _as_letters(piece) if mixed else piece
    words = ("".join(run) for kind, run in groupby(letters, _kind) if kind)
    return [_spellings(word)[0] if _SEVERAL.search(word) else word for word in words]


def words_of(phrase: str) -> list[str]:
    """The words of a lexicon phrase in the same letters, for comparison."""
    return [word.spellings[-1] for word in _words(list(_folded(phrase)))]


def _folded(text: str) -> Iterator[_Char]:
    """Each code point folded. Invisible ones leave nothing, so what they separated is joined."""
    for index, original in enumerate(text):
        for char in fold(original):
            yield _Char(char, index, index + 1)


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """`letter`, `digit`, or "" for a separator."""
    return "letter" if char.isalpha() else "digit" if char.isdigit() else ""


@lru_cache(maxsize=4096)
def _is_of_words(char: str) -> bool:
    return _kind(char) != "" or char in LEET


def _as_letters(piece: list[str]) -> Iterator[str]:
    """The characters of a mixed run as letters, by the rule of `_leet`."""
    for place, char in enumerate(piece):
        last = place == len(piece) - 1
        kept = (char in ONLY_INSIDE and (last or place == 0)) or (char in NOT_LAST and last)
        yield char if kept else LEET.get(char, char)


def _leet(chars: list[_Char]) -> list[_Char]:
    """Digits, signs and emoji as letters, where a word mixes them with letters or one stands alone."""
    out: list[_Char] = []
    for _, run in groupby(chars, lambda c: _kind(c.char) != "" or c.char in LEET):
        piece = list(run)
        mixed = len(piece) == 1 or any(c.char.isalpha() for c in piece)
        for place, char in enumerate(piece):
            last = place == len(piece) - 1
            kept = (char.char in ONLY_INSIDE and (last or place == 0)) or (char.char in NOT_LAST and last)
            letter = char.char if kept or not mixed else LEET.get(char.char, char.char)
            out.append(_Char(letter, char.start, char.end))
    return out


def _words(chars: list[_Char]) -> list[Word]:
    words = []
    for kind, run in groupby(chars, lambda c: _kind(c.char)):
        if kind:
            piece = list(run)
            words.append(Word(_spellings("".join(c.char for c in piece)), piece[0].start, piece[-1].end))
    return words


def _spellings(word: str) -> tuple[str, ...]:
    """A word's possible meanings: runs of three or more cut to one or two ("booo", "freee"), strokes as i or l."""
    runs = ["".join(run) for _, run in groupby(word)]
    found = {"".join(run if len(run) < 3 else run[:kept] for run in runs) for kept in (1, 2)}
    if EITHER in word:
        found = {spelling.replace(EITHER, letter) for spelling in found for letter in "il"}
    return tuple(sorted(found))
