"""Terms of figures: public periods, and what agreement is measured over."""

from enum import StrEnum


class PeriodKind(StrEnum):
    """The period of public figures, in Jakarta days."""

    DAY = "day"
    MONTH = "month"


class MeasuredBy(StrEnum):
    """The grouping over which agreement is measured."""

    ALL = "all"
    CATEGORY = "category"
    LANGUAGE = "language"
    REVIEWER = "reviewer"
