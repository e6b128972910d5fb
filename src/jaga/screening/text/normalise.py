"""The slow, readable definition of a text's words under disguise.

The fast engine must equal it.

Each word has a code point span in the *original*. There are two readings: in the plain one digits are numbers ("700
ST", "BO2"); in the leet one digits and signs inside words are letters ("0p3n b0"). Spread-out words ("o p e n",
"o.p.e.n") are handled later by the matcher.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from jaga.screening.text.letters import EITHER, LEET, NOT_LAST, ONLY_INSIDE, fold


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


def words_of(phrase: str) -> list[str]:
    """The words of a lexicon phrase in the same letters, for comparison."""
    return [word.spellings[-1] for word in _words(list(_folded(phrase)))]


def _folded(text: str) -> Iterator[_Char]:
    """Each code point folded. Invisible ones leave nothing, so what they separated is joined."""
    for index, original in enumerate(text):
        for char in fold(original):
            yield _Char(char, index, index + 1)


def _kind(char: str) -> str:
    """`letter`, `digit`, or "" for a separator."""
    return "letter" if char.isalpha() else "digit" if char.isdigit() else ""


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
