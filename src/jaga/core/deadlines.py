"""How much time a legal deadline leaves, in the steps that pages and counts share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class TimeLeft(StrEnum):
    """The time left to a deadline. The values are keys of stored counts."""

    OVERDUE = "overdue"
    HOURS_2 = "h2"  # less than two hours: pages show it as urgent
    HOURS_12 = "h12"
    HOURS_24 = "h24"
    LATER = "later"


BELOW: Mapping[TimeLeft, timedelta] = MappingProxyType({
    TimeLeft.OVERDUE: timedelta(), TimeLeft.HOURS_2: timedelta(hours=2), TimeLeft.HOURS_12: timedelta(hours=12),
    TimeLeft.HOURS_24: timedelta(hours=24)})
"""For each step but the last the time below which a deadline belongs to it, unless it belongs to an earlier one."""


def time_left(due_at: datetime, moment: datetime) -> TimeLeft:
    """The step to which this deadline belongs at this moment."""
    return next((step for step, most in BELOW.items() if due_at - moment < most), TimeLeft.LATER)
