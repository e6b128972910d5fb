"""Letters that were held are sent once: when nothing differs any more, or after a supervisor has looked into it."""

import pytest
from tests.casework.cases.test_held_letters import _change
from tests.factories import World, in_review, vote

from jaga.cases.models.decisions import Letter
from jaga.cases.models.reports import Report
from jaga.cases.verbs import letters_again
from jaga.cases.verbs.letters_again import acknowledge_held_letters, send_held_letters
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.reporting.reads.mailbox import list_held_letters
from jaga.store.kernel.row_verification import verify_rows
from jaga.store.models import LedgerEntry


@pytest.fixture
def held(world: World) -> tuple[int, int]:
    """A dismissed case whose report was edited; the numbers of both."""
    case = in_review(account="@mawar:localhost")
    number = Report.objects.get(case=case).pk
    _change("report", "conduct_on = conduct_on - 1", number)
    vote(case, DecisionKind.DISMISS, world.reviewers[0])
    assert not Letter.objects.exists()
    return case, number


def test_letters_go_out_once_when_the_row_is_as_recorded_again(held: tuple[int, int], world: World) -> None:
    """While it differs nothing is sent, and no further entry is written."""
    case, number = held
    assert [send_held_letters() for _ in range(2)] == [0, 0]
    assert LedgerEntry.objects.filter(verb="hold_letters").count() == 1
    _change("report", "conduct_on = conduct_on + 1", number)
    assert [send_held_letters() for _ in range(2)] == [1, 0]
    assert Letter.objects.get().case_id == case
    assert list_held_letters(actor=world.supervisor) == ()
    assert verify_rows().faults == []


def test_a_supervisor_has_them_sent(held: tuple[int, int], world: World) -> None:
    """Nobody else can, and only for letters that wait; what differs stays named."""
    case, number = held
    (one,) = list_held_letters(actor=world.supervisor)
    assert (one.case_id, one.part, one.number, one.acknowledged) == (case, "report", number, False)
    with pytest.raises(NotPermitted):
        acknowledge_held_letters(one.hold_id, actor=world.reviewers[0])
    with pytest.raises(NotFound):
        acknowledge_held_letters(10**6, actor=world.supervisor)
    assert acknowledge_held_letters(one.hold_id, actor=world.supervisor) == case
    assert list_held_letters(actor=world.supervisor)[0].acknowledged
    assert [send_held_letters() for _ in range(2)] == [1, 0]
    assert Letter.objects.get().case_id == case
    assert [fault.number for fault in verify_rows().faults] == [number]


def test_many_that_wait_do_not_hide_another(
    held: tuple[int, int], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round goes on behind the ones that it looked at."""
    other = in_review(account="@melati:localhost")
    number = Report.objects.get(case=other).pk
    _change("report", "conduct_on = conduct_on - 1", number)
    vote(other, DecisionKind.DISMISS, world.reviewers[0])
    _change("report", "conduct_on = conduct_on + 1", number)
    monkeypatch.setattr(letters_again, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(letters_again, "_seen_last", 0)
    assert [send_held_letters() for _ in range(3)] == [0, 1, 0]
