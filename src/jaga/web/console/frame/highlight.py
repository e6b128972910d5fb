"""Splits a text at its signals, for the template to escape and mark. Spans may overlap."""

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
    spans = [(number, max(0, min(start, len(text))), max(0, min(end, len(text))))
             for number, signal in enumerate(signals, 1) for start, end in signal.places]
    borders = sorted({0, len(text), *(border for _, *span in spans for border in span)})
    return tuple(
        HighlightSpan(
            text[start:end],
            any(left <= start and end <= right for _, left, right in spans),
            tuple(number for number, left, right in spans if right == end and left < right),
        )
        for start, end in pairwise(borders)
    )


def cut(report: ReportView) -> tuple[tuple[TextView, tuple[HighlightSpan, ...]], ...]:
    """Each text of a report with its pieces."""
    return tuple((one, pieces(one.text, one.signals)) for one in report.texts)


def marked(text: str, places: Sequence[tuple[int, int]]) -> tuple[HighlightSpan, ...]:
    """The whole text with these non-overlapping places marked, without numbers."""
    borders = sorted({0, len(text), *(border for place in places for border in place)})
    inside = set(places)
    return tuple(HighlightSpan(text[start:end], (start, end) in inside, ()) for start, end in pairwise(borders))
