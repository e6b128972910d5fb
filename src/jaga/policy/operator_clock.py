"""Deadlines of notices to operators: they start at provable receipt, pause while we owe a clarification, and raise
alarms.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.clock import as_utc
from jaga.policy import local_time
from jaga.policy.models import LocalText
from jaga.policy.release import load_release


@dataclass(frozen=True)
class OperatorClock:
    """The operator's time and its source. With `whole_days` it ends at the end of a local calendar day."""

    span: timedelta
    whole_days: bool
    source: LocalText

    def due(self, start: datetime) -> datetime:
        """The last moment for a timely answer. With whole days the day of receipt does not count."""
        return end_of_day(start + self.span) if self.whole_days else as_utc(start) + self.span


def clock_for(asks_for: str, *, urgent: bool) -> OperatorClock:
    """The clock by the policy: 24 hours, 4 if urgent (MR5 art. 15, 16); five calendar days for data (art. 21 to 45)."""
    rule = load_release().deadlines.operator
    if asks_for == "data":
        return OperatorClock(timedelta(days=rule.data_days), True, rule.data_source)
    return OperatorClock(timedelta(hours=rule.hours_urgent if urgent else rule.hours), False, rule.source)


def end_of_day(moment: datetime) -> datetime:
    """The end of the local calendar day, in UTC."""
    return as_utc(local_time.end_of_day(local_time.day_of(moment)))
