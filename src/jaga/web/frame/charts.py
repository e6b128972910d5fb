"""Charts as values: templates draw them as plain SVG, with the same numbers in a table.

Exact current figures as files, for the installation's staff. Public figures are rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role
from jaga.figures.verbs import figures, operators
from jaga.web.frame.pages import signed_in

WIDTH = 320
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
    return Bars(
        tuple(
            Bar(label, number, max(3, round(_BAR_MOST * number / most)) if number else 0, tone, index * _BAR_STEP)
            for index, (label, number, tone) in enumerate(rows)
        )
    )


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

    return ColumnChart(
        tuple(
            ChartColumn(short, long, first, second, round(index * step) + 2, top(first), top(second), width)
            for index, (short, long, first, second) in enumerate(rows)
        ),
        most,
    )


@dataclass(frozen=True)
class AlikeBar:
    """How many of `of` pairs judged alike; of a hundred where there are so many, so that it reads as a share."""

    label: str
    alike: int
    of: int
    word: str
    tone: str
    y: int

    @property
    def width(self) -> int:
        """The bar's length; the whole width is all pairs."""
        return round(_BAR_MOST * self.alike / self.of) if self.of else 0

    @property
    def text_y(self) -> int:
        """The label's position."""
        return self.y + 12


@dataclass(frozen=True)
class AlikeChart:
    """Shares of pairs that judged alike, one below another."""

    rows: tuple[AlikeBar, ...]
    full: int = _BAR_MOST

    @property
    def height(self) -> int:
        """The height of the whole chart."""
        return len(self.rows) * _BAR_STEP


def alike(rows: Sequence[tuple[str, int, int, str, str]]) -> AlikeChart:
    """Shares from (label, alike, pairs, word, tone)."""
    return AlikeChart(
        tuple(
            AlikeBar(label, *per_hundred(same, pairs), word, tone, index * _BAR_STEP)
            for index, (label, same, pairs, word, tone) in enumerate(rows)
        )
    )


def per_hundred(part: int, whole: int) -> tuple[int, int]:
    """A share as people say it: 388 of 400 as 97 of 100, and 9 of 12 as it is. All and none stay all and none."""
    if whole < 100:
        return part, whole
    rounded = round(100 * part / whole)
    return max(min(rounded, 99 if part < whole else 100), 1 if part else 0), 100


READERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})


@require_safe
@signed_in
def exact_figures(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures of the whole installation."""
    _require(actor)
    return _file(figures.csv(figures.compute()), "jaga-exact-figures.csv")


@require_safe
@signed_in
def exact_operators(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures per operator."""
    _require(actor)
    return _file(operators.csv(operators.compute_cards()), "jaga-exact-operators.csv")


def _require(actor: Actor) -> None:
    if not actor.roles & READERS:
        raise NotPermitted


def _file(lines: Iterable[bytes], name: str) -> HttpResponse:
    return HttpResponse(
        b"".join(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
