"""The dashboard's counts and the case pages agree: one definition of the time left, its colours and "overdue"."""

from collections import Counter
from datetime import timedelta
from itertools import chain

import pytest
from tests.factories import World, in_review

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import OPEN_DEADLINE, is_overdue
from jaga.core.clock import BELOW, TimeLeft, frozen, now, time_left
from jaga.figures.reads.dashboard import count_all
from jaga.web.frame.display import STYLES, clock_at


def test_a_case_is_counted_in_the_step_that_its_page_shows(world: World) -> None:
    """To the second: just before the end of each step, and at it."""
    moment = now() + timedelta(days=1)
    left = list(chain.from_iterable((most - timedelta(seconds=1), most) for most in BELOW.values()))
    for number, time in enumerate(left):
        Case.objects.filter(pk=in_review(account=f"@akun{number}:localhost")).update(due_at=moment + time)
    counted = count_all(moment)
    assert {key: cases for (name, key), cases in counted.items() if name == "clock"} == Counter(
        time_left(moment + time, moment) for time in left
    )
    assert set(STYLES) == set(TimeLeft)
    with frozen(moment):
        for time in left:
            assert clock_at(moment + time) == STYLES[time_left(moment + time, moment)].clock


@pytest.mark.parametrize("field", ["decided_at", "met_at", ""])
def test_a_deadline_that_was_met_is_never_overdue(world: World, field: str) -> None:
    """Met by a decision or by an interim restriction: for one case and in queries."""
    case = Case.objects.get(pk=in_review())
    if field:
        setattr(case, field, now())
    past = now() - timedelta(hours=1)
    assert is_overdue(past, case) is (field == "")
    assert not is_overdue(now() + timedelta(hours=1), case)
    assert is_overdue(past, None)
    if field == "met_at":
        Case.objects.filter(pk=case.pk).update(met_at=now())
    if field != "decided_at":
        assert Case.objects.filter(OPEN_DEADLINE, pk=case.pk).exists() is (field == "")
