"""iCalendar files: short lines, escaped texts, moments in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.exchange.ical import Moment, calendar

AT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


def lines(*moments: Moment) -> list[str]:
    """The lines as a reader unfolds them."""
    return calendar(moments, name="Jaga", stamp=AT).decode().replace("\r\n ", "").split("\r\n")


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_line(text: str) -> None:
    """Whatever a name holds: lines of at most 75 octets, one event, and the summary comes back as it was."""
    made = calendar([Moment("a", AT, text)], name=text, stamp=AT)
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    found = lines(Moment("a", AT, text))
    assert [line for line in found if line.startswith("BEGIN:")] == ["BEGIN:VCALENDAR", "BEGIN:VEVENT"]
    (summary,) = [line.removeprefix("SUMMARY:") for line in found if line.startswith("SUMMARY:")]
    plain = "".join(sign for sign in text.replace("\\", "") if sign.isprintable() and sign not in ",;")
    assert "".join(sign for sign in summary.replace("\\n", "").replace("\\", "") if sign not in ",;") == plain


def test_moments_are_written_in_utc() -> None:
    """A deadline in Jakarta is the same moment everywhere; one without a zone is refused."""
    jakarta = datetime(2026, 11, 25, 8, 30, tzinfo=timezone(timedelta(hours=7)))
    assert "DTSTART:20261125T013000Z" in lines(Moment("a", jakarta, "x"))
    with pytest.raises(ValueError, match="naive"):
        lines(Moment("a", AT.replace(tzinfo=None), "x"))
