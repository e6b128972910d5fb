"""Calendar days and time zones of the jurisdiction. Stored moments and deadlines are always UTC.

A law is in force on a local day. A jurisdiction may have several zones: one of them counts.

Deadlines of notices to operators: they start at provable receipt, pause while we owe a clarification, and raise
alarms.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from jaga.core.clock import as_utc, now
from jaga.policy.models import LocalText
from jaga.policy.release import jurisdiction, load_release

_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def local_zone() -> ZoneInfo:
    """The zone whose calendar counts."""
    return ZoneInfo(jurisdiction().time.zone)


def _first_zone() -> ZoneInfo:
    return ZoneInfo(jurisdiction().time.first_zone)


def day_of(moment: datetime) -> date:
    """The local calendar day of `moment`, by which laws are chosen. Raises ValueError if naive."""
    return as_utc(moment).astimezone(local_zone()).date()


def today() -> date:
    """The current local day."""
    return day_of(now())


def week_of(day: date) -> date:
    """The Monday of the day's week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def has_begun(day: date) -> bool:
    """Whether `day` has begun anywhere in the jurisdiction: in Indonesia, Papua is two hours ahead of Jakarta."""
    return day <= now().astimezone(_first_zone()).date()


def start_of_day(day: date) -> datetime:
    """The first moment of the local day."""
    return datetime.combine(day, time.min, local_zone())


def end_of_day_of_local_time(day: date) -> datetime:
    """The last moment of the local day."""
    return datetime.combine(day, time.max, local_zone())


def home_zones() -> tuple[str, ...]:
    """The names of the jurisdiction's zones, in the order of the release."""
    return tuple(zone.zone for zone in jurisdiction().time.zones if zone.offered)


def zone_names() -> tuple[str, ...]:
    """The zones offered: the jurisdiction's first, then all others by name."""
    return _zones_after(home_zones())


@cache
def _zones_after(home: tuple[str, ...]) -> tuple[str, ...]:
    others = {name for name in available_timezones() if name.partition("/")[0] in _AREAS and "/" in name}
    return (*home, *sorted((others | {"UTC"}) - set(home)))


def zone_of(name: str) -> ZoneInfo:
    """The zone, or the jurisdiction's if this machine does not know the name."""
    return ZoneInfo(name) if name in zone_names() else local_zone()


def local_label() -> str:
    """The label of local time just now, such as WIB; in a zone with summer time it changes."""
    return zone_label(now(), local_zone())


def zone_label(moment: datetime, zone: tzinfo) -> str:
    """The label after a time: the release's (WIB, WITA, WIT), otherwise the zone's abbreviation or its UTC offset."""
    known = next((one.label for one in jurisdiction().time.zones if one.zone == str(zone)), None)
    own = moment.astimezone(zone).tzname() or ""
    return known or (own if own[:1].isalpha() else f"UTC{own}")


@dataclass(frozen=True)
class OperatorClock:
    """The operator's time and its source. With `whole_days` it ends at the end of a local calendar day."""

    span: timedelta
    whole_days: bool
    source: LocalText

    def due(self, start: datetime) -> datetime:
        """The last moment for a timely answer. With whole days the day of receipt does not count."""
        return end_of_day_of_operator_clock(start + self.span) if self.whole_days else as_utc(start) + self.span


def clock_for(asks_for: str, *, urgent: bool) -> OperatorClock:
    """The clock by the policy: 24 hours, 4 if urgent (MR5 art. 15, 16); five calendar days for data (art. 21 to 45)."""
    rule = load_release().deadlines.operator
    if asks_for == "data":
        return OperatorClock(timedelta(days=rule.data_days), True, rule.data_source)
    return OperatorClock(timedelta(hours=rule.hours_urgent if urgent else rule.hours), False, rule.source)


def end_of_day_of_operator_clock(moment: datetime) -> datetime:
    """The end of the local calendar day, in UTC."""
    return as_utc(end_of_day_of_local_time(day_of(moment)))
