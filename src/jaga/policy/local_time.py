"""Calendar days and time zones of the jurisdiction. Stored moments and deadlines are always UTC.

A law is in force on a local day. A jurisdiction may have several zones: one of them counts.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from jaga.core.clock import as_utc, now
from jaga.policy.jurisdiction import jurisdiction

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


def end_of_day(day: date) -> datetime:
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
