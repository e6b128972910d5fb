"""A picture of shares with their 95 % intervals, as values: templates draw plain SVG, with the same in a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from textwrap import wrap

from jaga.core.statistics import Estimate

WIDTH = 320
LEFT, SCALE = 4, 164
_STEP, _FIRST, _SECOND = 56, 24, 42
_LINE, _LETTERS = 14, 46  # a line of a label: its height, and how many letters are sure to have room in it


@dataclass(frozen=True)
class Whisker:
    """One estimate: its point and the ends of its interval, in units of the picture, and as whole percents."""

    y: int
    point: int
    start: int
    end: int
    percent: int
    low: int
    high: int

    @property
    def text_y(self) -> int:
        """The note's position."""
        return self.y + 4

    @property
    def top(self) -> int:
        """The top of the square that marks the point."""
        return self.y - 4

    @property
    def left(self) -> int:
        """Its left edge."""
        return self.point - 4


@dataclass(frozen=True)
class IntervalRow:
    """A labelled row; None where nothing is measured yet. `label`: its lines; `label_y`: where the last is."""

    label: tuple[str, ...]
    label_y: int
    precision: Whisker | None
    recall: Whisker | None

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """The lines of the label, each with its position."""
        first = self.label_y - _LINE * (len(self.label) - 1)
        return tuple((line, first + _LINE * place) for place, line in enumerate(self.label))

    @property
    def is_measured(self) -> bool:
        """Whether there is anything to draw."""
        return self.precision is not None or self.recall is not None

    @property
    def top(self) -> int:
        """Where the policy's line begins, below the label."""
        return self.label_y + 6

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.label_y + (_SECOND if self.recall else _FIRST) - 6


@dataclass(frozen=True)
class IntervalChart:
    """Rows on a scale from 0 to 100 %, with the policy's line."""

    rows: tuple[IntervalRow, ...]
    line: int
    height: int
    width: int = WIDTH
    left: int = LEFT
    scale: int = SCALE


def intervals(rows: Iterable[tuple[str, Estimate | None, Estimate | None]], line: float) -> IntervalChart:
    """The picture of (label, precision, recall); `line` is a share from 0 to 1."""
    found = [(tuple(wrap(label, _LETTERS)), precision, recall) for label, precision, recall in rows]
    starts = list(accumulate((_STEP + _LINE * (len(lines) - 1) for lines, _, _ in found), initial=0))
    below = [start + _LINE * (len(lines) - 1) for start, (lines, _, _) in zip(starts, found, strict=False)]
    return IntervalChart(
        tuple(
            IntervalRow(lines, at + 12, _whisker(precision, at + _FIRST), _whisker(recall, at + _SECOND))
            for at, (lines, precision, recall) in zip(below, found, strict=True)
        ),
        _place(line),
        starts[-1],
    )


def _whisker(estimate: Estimate | None, y: int) -> Whisker | None:
    if estimate is None:
        return None
    return Whisker(y, _place(estimate.value), _place(estimate.low), _place(estimate.high), *percents(estimate))


def percents(estimate: Estimate) -> tuple[int, int, int]:
    """Value and bounds in whole percents; the bounds are rounded outwards."""
    return round(100 * estimate.value), int(100 * estimate.low), ceil(100 * estimate.high)


def _place(share: float) -> int:
    return round(LEFT + SCALE * share)
