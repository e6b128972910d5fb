"""iCalendar (RFC 5545): moments that other calendars can show. No alarms, no attendees, no locations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from jaga.core.clock import as_utc

MEDIA_TYPE = "text/calendar; charset=utf-8"
_LONGEST = 75  # octets of one line, section 3.1


@dataclass(frozen=True)
class Moment:
    """Something that is due. `uid` stays the same for the same thing, so that a second import updates the first."""

    uid: str
    at: datetime
    summary: str
    url: str = ""


def calendar(moments: Iterable[Moment], *, name: str, stamp: datetime) -> bytes:
    """The calendar as one file. Raises ValueError for a naive datetime."""
    return b"".join(_folded(line) for line in _lines(moments, name, stamp))


def _lines(moments: Iterable[Moment], name: str, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Jaga//ID"
    yield f"X-WR-CALNAME:{_text(name)}"
    for moment in moments:
        yield "BEGIN:VEVENT"
        yield f"UID:{_text(moment.uid)}"
        yield f"DTSTAMP:{_utc(stamp)}"
        yield f"DTSTART:{_utc(moment.at)}"
        yield "DURATION:PT0S"
        yield f"SUMMARY:{_text(moment.summary)}"
        if moment.url:
            yield f"URL:{moment.url}"
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _utc(moment: datetime) -> str:
    return as_utc(moment).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    """Section 3.3.11: backslash, semicolon, comma and line ends are escaped; other control characters are left out."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = "\\n".join(escaped.splitlines())
    return "".join(sign for sign in lines if sign.isprintable())


def _folded(line: str) -> bytes:
    """Lines of at most 75 octets, never cut inside a character; what goes on starts with a space."""
    parts: list[bytes] = [b""]
    for sign in line:
        octets = sign.encode("utf-8", "replace")
        if len(parts[-1]) + len(octets) > _LONGEST:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
