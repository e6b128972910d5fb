"""Reports of one text as one card: the first in full, of the others what differs from it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache

from jaga.cases.reads.reports import ReportView, TextView
from jaga.screening.copies.copies import FEWEST_LETTERS, LIKENESS_ALIKE, comparison_form, letters_of, likeness

_WORDS = 600
"""Longer texts are one card only if they are equal: comparing words takes their number squared."""
_AROUND = 4  # words shown on each side of a difference
_WORD = re.compile(r"\s+|[^\s]+")


class Change(StrEnum):
    """What a piece of a text is, compared with the card's first text."""

    SAME = "same"
    ADDED = "added"
    MISSING = "missing"  # only in the first text


@dataclass(frozen=True)
class DiffPiece:
    """Words that follow each other and are all the same, all added or all missing."""

    text: str
    change: Change


@dataclass(frozen=True)
class TextDiff:
    """One text compared with the same kind of text in the card's first report; empty `pieces` if it is equal."""

    text: TextView
    pieces: tuple[DiffPiece, ...]


def equal_groups(reports: Iterable[ReportView]) -> tuple[tuple[ReportView, ...], ...]:
    """The reports in their order, those of one text together at the place of the first.

    Together are reports with the same kinds of texts, which are equal word for word, or nearly equal if they are long
    enough not to be so by chance. A request or an order is always alone: its letter is its own.
    """
    groups: list[list[ReportView]] = []
    letters = cache(letters_of)  # A text is compared with the first of every group, and read once.
    for report in reports:
        group = next((one for one in groups if _alike(one[0], report, letters)), None)
        if group is None:
            groups.append([report])
        else:
            group.append(report)
    return tuple(map(tuple, groups))


def differences(first: ReportView, other: ReportView) -> tuple[TextDiff, ...]:
    """Each text of the other report, with the words that the first one has not, and those it has alone."""
    return tuple(
        TextDiff(text, () if _same(before.text, text.text) else _shortened(_compared(before.text, text.text)))
        for before, text in zip(first.texts, other.texts, strict=True)
    )


def _alike(one: ReportView, other: ReportView, letters: Callable[[str], str]) -> bool:
    if (
        one.request
        or other.request
        or not one.texts
        or [text.kind for text in one.texts] != [text.kind for text in other.texts]
    ):
        return False
    return all(
        _same(left.text, right.text) or _nearly_same(left.text, right.text, letters)
        for left, right in zip(one.texts, other.texts, strict=True)
    )


def _same(one: str, other: str) -> bool:
    return comparison_form(one) == comparison_form(other)


def _nearly_same(one: str, other: str, letters: Callable[[str], str]) -> bool:
    if max(len(_WORD.findall(one)), len(_WORD.findall(other))) > 2 * _WORDS:
        return False
    left, right = letters(one), letters(other)
    return min(len(left), len(right)) >= FEWEST_LETTERS and likeness(left, right) >= LIKENESS_ALIKE


def _compared(before: str, after: str) -> list[DiffPiece]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[DiffPiece] = []
    for change, left, left_end, right, right_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            pieces.append(DiffPiece("".join(new[right:right_end]), Change.SAME))
            continue
        pieces += [
            DiffPiece("".join(words), kind)
            for words, kind in ((old[left:left_end], Change.MISSING), (new[right:right_end], Change.ADDED))
            if words
        ]
    return pieces


def _shortened(pieces: Sequence[DiffPiece]) -> tuple[DiffPiece, ...]:
    """The pieces with only the words around each difference."""
    return tuple(
        DiffPiece(_around(piece.text, first=place == 0, last=place == len(pieces) - 1), piece.change)
        if piece.change is Change.SAME
        else piece
        for place, piece in enumerate(pieces)
    )


def _around(text: str, *, first: bool, last: bool) -> str:
    words = _WORD.findall(text)
    kept = 2 * _AROUND
    if len(words) <= 2 * kept:
        return text
    before = "" if first else "".join(words[:kept])
    after = "" if last else "".join(words[-kept:])
    return f"{before} … {after}"
