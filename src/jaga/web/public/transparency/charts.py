"""Charts of public figures as values: templates draw them as plain SVG, with the same numbers in a table.

All positions in view box units; the view box is about as wide as a small phone, so that texts stay readable there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320
BAR_WIDTH = 268  # The number stands to the right of its bar.
_ROW_HEIGHT = 40  # The label stands above its bar, so that it never runs into it.
_TOP, _FLOOR = 18, 92  # Of the columns of a trend.
LONGEST_TREND = 13
"""At most so many periods: a month stands beside the same month of the year before."""


@dataclass(frozen=True)
class FigureBar:
    """One bar with its label above and its number to the right; `tone` is a class suffix (`part--…`)."""

    label: str
    value: int
    top: int
    width: int
    tone: str = ""

    @property
    def label_y(self) -> int:
        """The label's baseline."""
        return self.top + 12

    @property
    def bar_y(self) -> int:
        """The bar's upper edge."""
        return self.top + 18

    @property
    def value_y(self) -> int:
        """The number's baseline, beside the bar."""
        return self.top + 29


@dataclass(frozen=True)
class BarChart:
    """Bars one below another."""

    bars: tuple[FigureBar, ...]
    width: int = WIDTH
    bar_width: int = BAR_WIDTH

    @property
    def height(self) -> int:
        """The height of the whole chart."""
        return len(self.bars) * _ROW_HEIGHT


def bars(rows: Sequence[tuple[str, int, str]]) -> BarChart:
    """Bars from (label, number, tone), in this order, without those that are few; each is wide enough to be seen."""
    shown = [row for row in rows if row[1]]
    longest = max((count for _, count, _ in shown), default=1)
    return BarChart(
        tuple(
            FigureBar(label, count, number * _ROW_HEIGHT, max(3, round(BAR_WIDTH * count / longest)), tone)
            for number, (label, count, tone) in enumerate(shown)
        )
    )


@dataclass(frozen=True)
class TrendColumn:
    """One period of a trend. A few are drawn as a thin line at the foot."""

    label: str
    value: int
    x: int
    y: int
    width: int
    height: int
    mark: str  # Class suffix: `chosen`, `compared` or empty.


@dataclass(frozen=True)
class Trend:
    """One figure over the periods, oldest first."""

    title: str
    columns: tuple[TrendColumn, ...]
    most: int
    width: int = WIDTH
    floor: int = _FLOOR
    height: int = _FLOOR + 18

    @property
    def foot(self) -> int:
        """The baseline of the periods' names."""
        return self.height - 4

    @property
    def first(self) -> TrendColumn:
        """The oldest period."""
        return self.columns[0]

    @property
    def last(self) -> TrendColumn:
        """The newest period."""
        return self.columns[-1]


def trend(title: str, rows: Sequence[tuple[str, int, str]]) -> Trend:
    """Columns from (period, number, mark)."""
    most = max((count for _, count, _ in rows), default=0)
    step = WIDTH / max(1, len(rows))
    width = max(2, min(40, int(step) - 3))

    def height(count: int) -> int:
        return max(3, round((_FLOOR - _TOP) * count / most)) if count else 1

    return Trend(
        title,
        tuple(
            TrendColumn(label, count, round(index * step), _FLOOR - height(count), width, height(count), mark)
            for index, (label, count, mark) in enumerate(rows)
        ),
        most,
    )


TILE = 22
STEPS = 4
"""Shades of the map, from the palest (1) on; few is 0."""


@dataclass(frozen=True)
class Tile:
    """One region of the map. `shade` only repeats the table."""

    name: str
    code: str
    value: int
    x: int
    y: int
    shade: int

    @property
    def text_x(self) -> int:
        """The middle of its code."""
        return self.x + TILE // 2

    @property
    def text_y(self) -> int:
        """The baseline of its code."""
        return self.y + TILE // 2 + 4


@dataclass(frozen=True)
class TileMap:
    """A map in which every region is a square of one size, roughly where it lies."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    size: int = TILE - 2


def tiles(rows: Sequence[tuple[str, str, tuple[int, int], int]]) -> TileMap | None:
    """A map of (name, code, (column, row), number); None if no region shows a number."""
    most = max((count for *_, count in rows), default=0)
    if not most:
        return None
    return TileMap(
        tuple(
            Tile(name, code, count, column * TILE, row * TILE, -(-STEPS * count // most))
            for name, code, (column, row), count in rows
        ),
        (max(column for _, _, (column, _), _ in rows) + 1) * TILE,
        (max(row for _, _, (_, row), _ in rows) + 1) * TILE,
    )
