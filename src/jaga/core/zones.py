"""Time zones in which people read moments. Deadlines and stored moments know none of this: they are UTC."""

from datetime import datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DEFAULT = "Asia/Jakarta"
INDONESIAN = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
_LABELS = {**INDONESIAN, "Asia/Pontianak": "WIB"}
_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zone_names() -> tuple[str, ...]:
    """What may be chosen: Indonesia's three zones first, then every other place by its name."""
    others = {name for name in available_timezones() if name.partition("/")[0] in _AREAS and "/" in name}
    return (*INDONESIAN, *sorted((others | {"UTC"}) - set(INDONESIAN)))


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone; Jakarta's for a name that this machine does not know (any more)."""
    return ZoneInfo(name if name in zone_names() else DEFAULT)


def zone_label(moment: datetime, zone: tzinfo) -> str:
    """What stands behind a time: WIB, WITA or WIT, elsewhere the zone's own short name or its distance from UTC."""
    known = _LABELS.get(str(zone))
    own = moment.astimezone(zone).tzname() or ""
    return known or (own if own[:1].isalpha() else f"UTC{own}")
