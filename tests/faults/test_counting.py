"""What the storm's count calls lost, double and silent, and when a run fails; without an installation."""

import pytest
from bench.faults import as_notes, summed
from tests.faults.counting import Count, Found, judge
from tests.faults.floor import Matter
from tests.faults.points import OPERATIONS, POINTS
from tests.faults.storm import Storm, table

MATTER = Matter("orders", ("B/1/2026", "2", "7"))


@pytest.mark.parametrize(
    ("found", "lost", "double", "silent", "stuck"),
    [
        (Found(True), 0, 0, 0, 0),
        (Found(False), 1, 0, 0, 0),
        (Found(True, twice="2 orders"), 0, 1, 0, 0),
        (Found(True, ended=False), 1, 0, 1, 0),
        (Found(True, ended=False, stuck=True), 0, 0, 0, 1),
        (Found(True, ended=False, twice="2 letters"), 1, 1, 1, 0),
    ],
)
def test_what_a_matter_counts_as(found: Found, lost: int, double: int, silent: int, stuck: int) -> None:
    """Missing is lost; unfinished is lost and silent, unless it is in a list of stuck work."""
    count = judge([(MATTER, found)])["orders"]
    assert (count.accepted, len(count.lost), len(count.double), len(count.silent), len(count.stuck)) == (
        1,
        lost,
        double,
        silent,
        stuck,
    )
    assert count.clean is not any((lost, double, silent))


def test_what_was_seen_on_the_way_counts_too() -> None:
    """A draft that was missing when it was acknowledged, although a later one exists now."""
    seen = Matter("drafts", ("4", "2"))
    counts = judge([(seen, Found(True))], [("lost", seen, "kept is []")])
    assert counts["drafts"].lost == ["4 2: kept is []"]


def test_fewer_accepted_matters_than_kills_fail_the_run() -> None:
    """In total, and at the points of one operation: sixty kills with one accepted matter show nothing."""
    storm = Storm(1, 60, counts={"intake": Count(accepted=1), "orders": Count(accepted=80)})
    for _ in range(60):
        storm.struck("intake", "group", "before accept_report")
    assert storm.faults() == ["intake: 1 accepted in 60 kills"]
    storm.counts["orders"].accepted = 0
    assert "1 matters were accepted in 60 kills" in storm.faults()
    assert "60 kills of 61" in Storm(1, 61, kills={"intake": {"web": 60}}).faults()


def test_a_point_that_nobody_comes_by_fails_the_run() -> None:
    """Otherwise a point that the code no longer reaches would go unnoticed."""
    storm = Storm(
        1,
        0,
        not_reached={"within accept_report": 3, "within cast_vote": 4, "after post": 2},
        points={"within cast_vote": 1},
    )
    assert storm.faults() == ["nobody comes by within accept_report, 3 times"]


def test_runs_are_added_up() -> None:
    """By operation, by what was killed, and by point."""
    runs = []
    for seed in (1, 2):
        storm = Storm(seed, 1, counts=judge([(MATTER, Found(True))]))
        storm.struck("orders", "group", "after file_order")
        storm.struck("at any moment", "postgres")
        runs.append(as_notes(storm))
    whole = summed(runs)
    assert (whole["kills"], whole["accepted"], whole["seeds"]) == (4, 2, [1, 2])
    assert whole["killed"] == {"orders": {"web": 2}, "at any moment": {"database": 2}}
    assert whole["by_operation"]["orders"]["accepted"] == 2
    assert whole["points"] == {"after file_order": 2}
    assert "4" not in table(whole["by_operation"], whole["killed"]).splitlines()[0]
    assert runs[0]["kills"] == 2  # adding changes no run


def test_every_operation_has_named_points() -> None:
    """The points that the storm must hit, each once by its name."""
    assert set(OPERATIONS) >= {
        "intake",
        "closures",
        "letters",
        "appeals",
        "restorations",
        "mailbox",
        "orders",
        "webhooks",
        "drafts",
        "referral",
    }
    names = [point.name for point in POINTS]
    assert len(names) == len(set(names))
