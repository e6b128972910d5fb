"""Months and years of the public figures.

A year is the sum of its closed months as they were published: it is never counted from cases. Nothing can be computed
by subtracting months from a year, or one period from another, that the published months do not already say.
"""

from dataclasses import dataclass
from datetime import date

from jaga.transparency.published import Published


@dataclass(frozen=True)
class FigurePeriod:
    """A closed month (`2026-10`), or the closed months of a year (`2026`)."""

    key: str
    first: date
    months: int
    figures: Published

    @property
    def is_year(self) -> bool:
        """Whether this is a year."""
        return len(self.key) == 4

    @property
    def last(self) -> date:
        """Its last closed month."""
        last = self.figures.last_month
        assert last is not None
        return last


def months_of(public: Published) -> tuple[FigurePeriod, ...]:
    """All closed months, newest first."""
    return tuple(
        FigurePeriod(first.isoformat()[:7], first, 1, public.of({first: content}))
        for first, content in sorted(public.months.items(), reverse=True)
    )


def years_of(public: Published) -> tuple[FigurePeriod, ...]:
    """All years with a closed month, newest first."""
    years = sorted({first.year for first in public.months}, reverse=True)
    return tuple(_year(public, year) for year in years)


def _year(public: Published, year: int) -> FigurePeriod:
    months = {first: content for first, content in public.months.items() if first.year == year}
    return FigurePeriod(str(year), date(year, 1, 1), len(months), public.of(months))


def alike(public: Published, period: FigurePeriod) -> tuple[FigurePeriod, ...]:
    """All periods of the same kind, newest first."""
    return years_of(public) if period.is_year else months_of(public)


def find(public: Published, key: str) -> FigurePeriod | None:
    """The period of this key; None for any other text."""
    return next((one for one in (*years_of(public), *months_of(public)) if one.key == key), None)


def one_before(public: Published, period: FigurePeriod) -> FigurePeriod | None:
    """The newest period of the same kind before this one."""
    return next((one for one in alike(public, period) if one.first < period.first), None)
