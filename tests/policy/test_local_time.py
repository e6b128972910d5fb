"""Calendar days and zones are those of the release's jurisdiction."""

from datetime import UTC, date, datetime

import pytest

from jaga.core.clock import frozen
from jaga.policy.local_time import (
    day_of,
    end_of_day_of_local_time,
    has_begun,
    local_zone,
    start_of_day,
    today,
    zone_names,
    zone_of,
)
from jaga.policy.release import jurisdiction

NAIVE = datetime(2026, 1, 2, 3)  # noqa: DTZ001


def test_a_naive_moment_has_no_day() -> None:
    """Nobody guesses a zone: it would choose another law."""
    with pytest.raises(ValueError, match="naive"):
        day_of(NAIVE)


def test_a_day_lasts_from_midnight_to_midnight() -> None:
    """In Jakarta that is 17:00 UTC."""
    day = date(2026, 1, 2)
    assert start_of_day(day) == datetime(2026, 1, 1, 17, tzinfo=UTC)
    assert end_of_day_of_local_time(day) == datetime(2026, 1, 2, 16, 59, 59, 999999, tzinfo=UTC)
    assert {day_of(start_of_day(day)), day_of(end_of_day_of_local_time(day))} == {day}


def test_the_jurisdictions_zones_come_first() -> None:
    """Pontianak has Jakarta's times: it has a label, and stands among all others."""
    assert zone_names()[:3] == ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    assert zone_names().index("Asia/Pontianak") > 3
    assert zone_of("Mars/Olympus") is local_zone()
    assert str(local_zone()) == jurisdiction().time.zone


@pytest.mark.parametrize(("hour", "minute", "day"), [(16, 59, 1), (17, 0, 2)])
def test_the_day_changes_at_midnight_in_jakarta(hour: int, minute: int, day: int) -> None:
    """Laws are chosen by Jakarta's calendar, seven hours ahead of UTC."""
    with frozen(datetime(2026, 1, 1, hour, minute, tzinfo=UTC)):
        assert today() == date(2026, 1, day)


@pytest.mark.parametrize(("hour", "begun"), [(14, False), (15, True)])
def test_a_day_has_begun_once_it_is_there_in_papua(hour: int, begun: bool) -> None:
    """Whoever writes from Jayapura just after midnight names a day that has come."""
    with frozen(datetime(2026, 1, 1, hour, tzinfo=UTC)):
        assert has_begun(date(2026, 1, 2)) is begun
