"""Charts as values: templates draw them as plain SVG, with the same numbers in a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaga.core.agreement import Agreement

WIDTH = 320
_LEFT, _RIGHT = 4, 316  # Of the agreement scale.
_TOP, _FLOOR = 16, 116  # Of columns.


@dataclass(frozen=True)
class Bar:
    """One labelled bar; `tone` is a class suffix (`part--…`), so that colour only repeats the text."""

    label: str
    number: int
    width: int
    tone: str = ""
    y: int = 0
    hint: str = ""

    @property
    def text_y(self) -> int:
        """The label's position."""
        return self.y + 12


@dataclass(frozen=True)
class Bars:
    """Horizontal bars."""

    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """The height of the whole chart."""
        return len(self.bars) * _BAR_STEP


_BAR_STEP = 40
_BAR_MOST = WIDTH - 8


def bars(rows: Sequence[tuple[str, int, str]]) -> Bars:
    """Bars from (label, number, tone); the longest fills the width, and nonzero ones stay visible."""
    most = max((number for _, number, _ in rows), default=0) or 1
    return Bars(tuple(
        Bar(label, number, max(3, round(_BAR_MOST * number / most)) if number else 0, tone, index * _BAR_STEP)
        for index, (label, number, tone) in enumerate(rows)))


@dataclass(frozen=True)
class ChartColumn:
    """One day with two numbers side by side."""

    label: str
    long_label: str
    first: int
    second: int
    x: int
    first_y: int
    second_y: int
    width: int

    @property
    def second_x(self) -> int:
        """The second column's left edge."""
        return self.x + self.width

    @property
    def first_height(self) -> int:
        """The first column's height."""
        return _FLOOR - self.first_y

    @property
    def second_height(self) -> int:
        """The second column's height."""
        return _FLOOR - self.second_y


@dataclass(frozen=True)
class ColumnChart:
    """Columns on a scale from 0 to `most`."""

    columns: tuple[ChartColumn, ...]
    most: int
    floor: int = _FLOOR
    width: int = WIDTH
    height: int = _FLOOR + 18


def columns(rows: Sequence[tuple[str, str, int, int]]) -> ColumnChart:
    """Columns from (short label, long label, first number, second number)."""
    most = max((max(first, second) for *_, first, second in rows), default=0) or 1
    step = WIDTH / max(1, len(rows))
    width = max(2, int((step - 4) / 2))

    def top(number: int) -> int:
        return _FLOOR - (max(2, round((_FLOOR - _TOP) * number / most)) if number else 0)

    return ColumnChart(tuple(
        ChartColumn(short, long, first, second, round(index * step) + 2, top(first), top(second), width)
        for index, (short, long, first, second) in enumerate(rows)), most)


@dataclass(frozen=True)
class Interval:
    """One measured agreement: a point and its confidence interval."""

    label: str
    found: Agreement
    word: str
    tone: str
    y: int
    at: int | None
    low_at: int = 0
    high_at: int = 0

    @property
    def line_y(self) -> int:
        """The line's position."""
        return self.y + 24


@dataclass(frozen=True)
class Scale:
    """Measured agreements one below another, with the policy's threshold."""

    rows: tuple[Interval, ...]
    bound_at: int
    zero_at: int

    @property
    def height(self) -> int:
        """The height of the whole chart."""
        return len(self.rows) * _BAR_STEP + 18

    @property
    def foot(self) -> int:
        """The position of the scale's numbers."""
        return len(self.rows) * _BAR_STEP + 12


def scale(rows: Sequence[tuple[str, Agreement, str, str]], bound: float) -> Scale:
    """Agreements from (label, result, word, tone) on a scale from the lowest, or 0, to 1."""
    lowest = min([0.0, *(found.low for _, found, *_ in rows if found.low is not None)])
    lowest = max(-1.0, lowest)

    def at(value: float) -> int:
        return round(_LEFT + (_RIGHT - _LEFT) * (max(lowest, value) - lowest) / (1 - lowest))

    return Scale(tuple(
        Interval(label, found, word, tone, index * _BAR_STEP, None if found.alpha is None else at(found.alpha),
                 at(found.low or 0), at(found.high or 0))
        for index, (label, found, word, tone) in enumerate(rows)), at(bound), at(0))
