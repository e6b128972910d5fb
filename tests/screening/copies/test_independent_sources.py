"""The estimate of independent sources: what counts, what does not, and its invariants."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.reports import SourceReason
from jaga.screening.copies.copies import FLOOR, FREE_IN_BURST, ReportSource, Room, SourceScore, alone, displayed_count

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
WORDS = "Akun ini menawarkan layanan dan meminta uang muka lewat rekening, lalu tidak datang. Tolong diperiksa segera."


def heard(number: int, *, minutes: float = 0, **more: object) -> ReportSource:
    """A report by its own sender."""
    given: dict[str, object] = {
        "source": bytes([number % 256, number // 256]) * 8,
        "at": START + timedelta(minutes=minutes),
        **more,
    }
    return ReportSource(**given)  # type: ignore[arg-type]


def listen(reports: Iterable[ReportSource], room: Room | None = None) -> Iterator[SourceScore]:
    """The weight of each report, in order."""
    room = room or Room()
    return (room.score(one) for one in reports)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"source": b"one"}, SourceReason.SAME_SENDER),
        ({"source": b"two", "contact": b"c"}, SourceReason.SAME_SENDER),
        ({"source": b"two", "network": b"n"}, SourceReason.SAME_NETWORK),
        ({"source": b"two", "text": WORDS.upper() + "!! 085"}, SourceReason.SAME_WORDS),
        (
            {
                "source": b"two",
                "text": "Orang lain bercerita hal yang sama sekali berbeda tentang akun yang dilaporkan ini.",
            },
            SourceReason.NEW,
        ),
    ],
)
def test_who_is_known_again(second: dict[str, object], reason: SourceReason) -> None:
    """Reports that share contact, network or words count as one source; a different story from elsewhere counts on its
    own.
    """
    one = ReportSource(b"one", START, b"c", b"n", WORDS)
    scores = list(listen([one, ReportSource(at=START + timedelta(days=1), **second)]))  # type: ignore[arg-type]
    assert scores[1].reason is reason
    assert scores[1].value == (1.0 if reason is SourceReason.NEW else 0.0)


def test_ten_thousand_within_an_hour_are_about_thirteen() -> None:
    """Ten thousand reports within an hour count as about thirteen, even from ten thousand networks with different
    words.
    """
    scores = list(listen(heard(number, minutes=number / 200) for number in range(10_000)))
    assert [score.value for score in scores[:FREE_IN_BURST]] == [1.0] * FREE_IN_BURST
    assert displayed_count(score.value for score in scores) <= 14


def test_people_who_come_one_after_the_other_count_whole() -> None:
    """Twenty people over twenty hours count as twenty."""
    assert (
        displayed_count(score.value for score in listen(heard(number, minutes=60 * number) for number in range(20)))
        == 20
    )


def test_organisations_are_one_source_each_and_no_burst_makes_them_less() -> None:
    """Thirty authorities in a minute count as thirty; thirty letters of one count as one."""
    assert displayed_count(score.value for score in listen(heard(number, whole=True) for number in range(30))) == 30
    assert displayed_count(score.value for score in listen(heard(1, whole=True, text=str(n)) for n in range(30))) == 1


def test_a_record_of_bad_faith_weighs_less_and_never_nothing() -> None:
    """A record of bad faith lowers the weight, never below the minimum."""
    (score,) = listen([heard(1, weight=0.0)])
    assert (score.value, score.reason) == (FLOOR, SourceReason.BAD_FAITH)


REPORTS = st.lists(
    st.builds(
        ReportSource,
        source=st.binary(min_size=1, max_size=1),
        at=st.integers(0, 10_000).map(lambda m: START + timedelta(minutes=m)),
        contact=st.none() | st.binary(min_size=1, max_size=1),
        network=st.none() | st.binary(min_size=1, max_size=1),
        text=st.sampled_from(["", WORDS, WORDS[::-1], "pendek"]),
        whole=st.booleans(),
        weight=st.floats(0, 1),
    ),
    max_size=30,
).map(lambda rows: sorted(rows, key=lambda one: one.at))


@given(REPORTS)
def test_one_more_report_never_lowers_the_estimate_nor_exceeds_the_reports(reports: list[ReportSource]) -> None:
    """The weight of earlier reports does not depend on later ones, and the estimate never exceeds the number of
    reports.
    """
    values = [score.value for score in listen(reports)]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert [score.value for score in listen(reports[:-1])] == values[:-1]
    assert displayed_count(values) <= len(reports)
    assert displayed_count(values) >= (1 if reports else 0)


@given(REPORTS)
def test_copies_add_nothing(reports: list[ReportSource]) -> None:
    """Sending all reports again adds nothing."""
    room = Room()
    list(listen(reports, room))
    assert all(score.value == 0.0 for score in listen(reports, room))


def test_alone_is_what_an_empty_room_says() -> None:
    """The shortcut for a single report gives the same result as the full calculation."""
    for weight in (0.1, 0.5, 1.0):
        one = heard(1, weight=weight, text=WORDS)
        assert alone(one) == Room().score(one)
