"""Later verification at the policy's times: an account can be reopened."""

from datetime import timedelta

import pytest
from tests.factories import ACCOUNT, World, decided_closure
from tests.platforms.fake import FakePlatform

from jaga.actions.jobs import carry_out, verify_again
from jaga.actions.verbs import verification
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Verification
from jaga.core.actors import HOLDER
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState
from jaga.policy.release import load_release
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

SCHEDULE = load_release().enforcement.verification


def test_each_moment_of_the_schedule_is_looked_at_once(world: World, fake: FakePlatform) -> None:
    """Not a second early, once when it is due, and never after the last."""
    start = now()
    with frozen(start):
        carry_out(decided_closure(world))
        assert verify_again() == 0
    for number, pause in enumerate(SCHEDULE[1:], 2):
        with frozen(start + pause - timedelta(seconds=1)):
            assert verify_again() == 0
        with frozen(start + pause):
            assert verify_again() == 1
            assert verify_again() == 0
        assert Verification.objects.filter(result="confirmed").count() == number
    with frozen(start + SCHEDULE[-1] * 1.5):
        assert verify_again() == 0


def test_an_account_that_came_back_is_on_record(world: World, fake: FakePlatform) -> None:
    """Contradicted, in the ledger, and a new case for people; no program closes it again."""
    start = now()
    with frozen(start):
        carry_out(decided_closure(world))
    fake.accounts[ACCOUNT].state = AccountState.ACTIVE
    with frozen(start + SCHEDULE[1]):
        assert verify_again() == 1
    assert Verification.objects.order_by("-pk")[0].result == "contradicted"
    assert LedgerEntry.objects.filter(verb="verify_action", payload__result="contradicted").exists()
    assert fake.accounts[ACCOUNT].state is AccountState.ACTIVE
    closed, again = Case.objects.order_by("pk")
    assert (closed.state, again.state) == (CaseState.RESOLVED, CaseState.RECEIVED)
    assert (again.reopens, again.subject) == (closed, closed.subject)
    assert verify_again() == 0


def test_a_platform_that_does_not_answer_is_looked_at_in_the_next_round(world: World, fake: FakePlatform) -> None:
    """A failed observation does not count."""
    start = now()
    with frozen(start):
        carry_out(decided_closure(world))
    with frozen(start + SCHEDULE[1]):
        fake.down = True
        assert verify_again() == 0
        fake.down = False
        assert verify_again() == 1


@pytest.mark.parametrize("overturn", [True, False])
def test_what_an_appeal_undid_is_not_looked_for(world: World, fake: FakePlatform, overturn: bool) -> None:
    """A restored account is not a contradiction; after a failed appeal the schedule continues."""
    start = now()
    with frozen(start):
        case_id = decided_closure(world)
        carry_out(case_id)
        appeal = appeals.file_appeal(appeal_code(Decision.objects.get().pk), "Bukan saya itu.", actor=HOLDER)
        appeals.decide_appeal(appeal.pk, overturn=overturn, reasons="Sudah diperiksa.", actor=world.reviewers[2])
        carry_out(case_id)
    with frozen(start + SCHEDULE[1]):
        assert len(verification.due_verifications()) == (0 if overturn else 1)
