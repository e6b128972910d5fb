"""A picture of shares with their 95 % intervals, as values: templates draw plain SVG, with the same in a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from jaga.core.shares import Estimate

WIDTH = 320
LEFT, SCALE = 4, 164
_STEP, _FIRST, _SECOND = 56, 24, 42


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
    """A labelled row; None where nothing is measured yet."""

    label: str
    label_y: int
    precision: Whisker | None
    recall: Whisker | None

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
    width: int = WIDTH
    left: int = LEFT
    scale: int = SCALE

    @property
    def height(self) -> int:
        """The height of the whole picture."""
        return len(self.rows) * _STEP


def intervals(rows: Iterable[tuple[str, Estimate | None, Estimate | None]], line: float) -> IntervalChart:
    """The picture of (label, precision, recall); `line` is a share from 0 to 1."""
    return IntervalChart(tuple(
        IntervalRow(label, index * _STEP + 12, _whisker(precision, index * _STEP + _FIRST),
                    _whisker(recall, index * _STEP + _SECOND))
        for index, (label, precision, recall) in enumerate(rows)), _place(line))


def _whisker(estimate: Estimate | None, y: int) -> Whisker | None:
    if estimate is None:
        return None
    return Whisker(y, _place(estimate.value), _place(estimate.low), _place(estimate.high), *percents(estimate))


def percents(estimate: Estimate) -> tuple[int, int, int]:
    """Value and bounds in whole percents; the bounds are rounded outwards."""
    return round(100 * estimate.value), int(100 * estimate.low), ceil(100 * estimate.high)


def _place(share: float) -> int:
    return round(LEFT + SCALE * share)
