"""Time zones for displaying moments. Stored moments and deadlines are always UTC."""

from datetime import datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DEFAULT = "Asia/Jakarta"
INDONESIAN = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_LABELS = {**INDONESIAN, "Asia/Pontianak": "WIB"}
_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_names() -> tuple[str, ...]:
    """The zones offered: Indonesia's three first, then all others by name."""
    others = {name for name in available_timezones() if name.partition("/")[0] in _AREAS and "/" in name}
    return (*INDONESIAN, *sorted((others | {"UTC"}) - set(INDONESIAN)))


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone, or Jakarta's if this machine does not know the name."""
    return ZoneInfo(name if name in zone_names() else DEFAULT)


def zone_label(moment: datetime, zone: tzinfo) -> str:
    """The label after a time: WIB, WITA or WIT, otherwise the zone's abbreviation or its offset from UTC."""
    label = _LABELS.get(str(zone))
    own = moment.astimezone(zone).tzname() or ""
    return label or (own if own[:1].isalpha() else f"UTC{own}")
