"""Splits a text at its signals, for the template to escape and mark. Spans may overlap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from jaga.records.access.cases.reports import ReportView, SignalView, TextView


@dataclass(frozen=True)
class HighlightSpan:
    """A piece of text covered by the same signals.

    `ending` lists (from 1) those that end here, to be shown after it.
    """

    text: str
    marked: bool
    ending: tuple[int, ...]


def pieces(text: str, signals: Sequence[SignalView]) -> tuple[HighlightSpan, ...]:
    """The whole text split at every span border; joining the pieces gives the text. Spans beyond its end are cut."""
    spans = [
        (number, max(0, min(start, len(text))), max(0, min(end, len(text))))
        for number, signal in enumerate(signals, 1)
        for start, end in signal.places
    ]
    borders = sorted({0, len(text), *(border for _, *span in spans for border in span)})
    found: list[HighlightSpan] = []
    for start, end in pairwise(borders):
        covered = any(left <= start and end <= right for _, left, right in spans)
        ending = tuple(number for number, left, right in spans if right == end and left < right)
        found += _bare(text[start:end], ending) if covered else [HighlightSpan(text[start:end], False, ending)]
    return tuple(found)


def _bare(text: str, ending: tuple[int, ...]) -> list[HighlightSpan]:
    """A marked piece without the space around it, which would be a coloured stub at the end of a line."""
    word = text.strip()
    before, _, after = text.partition(word) if word else ("", "", text)
    spans = [HighlightSpan(before, False, ()), HighlightSpan(word, bool(word), ending), HighlightSpan(after, False, ())]
    return [span for span in spans if span.text or span.ending]


def cut(report: ReportView) -> tuple[tuple[TextView, tuple[HighlightSpan, ...]], ...]:
    """Each text of a report with its pieces."""
    return tuple((one, pieces(one.text, one.signals)) for one in report.texts)


def marked(text: str, places: Sequence[tuple[int, int]]) -> tuple[HighlightSpan, ...]:
    """The whole text with these non-overlapping places marked, without numbers."""
    borders = sorted({0, len(text), *(border for place in places for border in place)})
    inside = set(places)
    return tuple(HighlightSpan(text[start:end], (start, end) in inside, ()) for start, end in pairwise(borders))


LINE, _BEFORE = 80, 20
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what follows. In a line of a list they could turn the rest of the line."""


def one_line(text: str) -> str:
    """The text without line breaks and with a visible sign for each character that turns its direction; same length."""
    return _TURNING.sub("\u21c4", re.sub(r"\s", " ", text))


def beginning(text: str, places: Sequence[tuple[int, int]], length: int = LINE) -> tuple[HighlightSpan, ...]:
    """The first `length` code points of a text with the places marked, which may overlap.

    If no place is in them, it begins shortly before the first place. What is left out is shown as `…`.
    """
    inside = [(max(0, start), end) for start, end in places if start < min(end, len(text))]
    start = (
        max(0, min(start for start, _ in inside) - _BEFORE)
        if inside and all(begin >= length for begin, _ in inside)
        else 0
    )
    shown = one_line(text[start : start + length])
    spans = [
        (max(0, left - start), min(len(shown), right - start))
        for left, right in inside
        if left < start + length and right > start
    ]
    borders = sorted({0, len(shown), *(border for span in spans for border in span)})
    parts = [
        HighlightSpan(shown[left:right], any(begin <= left and right <= end for begin, end in spans), ())
        for left, right in pairwise(borders)
    ]
    before = [HighlightSpan("… ", False, ())] if start else []
    after = [HighlightSpan(" …", False, ())] if start + length < len(text) else []
    return (*before, *parts, *after)
