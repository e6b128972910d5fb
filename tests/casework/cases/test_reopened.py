"""A measure that a later verification contradicts opens a new case for people; nothing happens automatically."""

from datetime import timedelta

import pytest
from tests.factories import World, carry_through, decided_closure, observed, resolved_closure, the_action, vote

from jaga.actions.verbs import verification
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.terms.cases import AccountState, DecisionKind, VerificationResult
from jaga.core.terms.reports import Channel, ReportForm
from jaga.policy.release import load_release
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry


def look(action: int, state: AccountState) -> VerificationResult:
    return verification.record_verification(action, observed(state), actor=SYSTEM)


def test_a_reopened_account_raises_a_new_case_in_the_queue(world: World) -> None:
    """The new case names the reopened one and the observation; the old decision stays in force, and no action is
    created.
    """
    case_id = resolved_closure(world)
    action = the_action(case_id).pk
    assert look(action, AccountState.ACTIVE) is VerificationResult.CONTRADICTED
    again = Case.objects.exclude(pk=case_id).get()
    assert (again.reopens_id, again.state, again.subject_id) == (
        case_id,
        CaseState.RECEIVED,
        Case.objects.get(pk=case_id).subject_id,
    )
    seen = Report.objects.get(case=again)
    assert (seen.channel, seen.form) == (Channel.WATCH, ReportForm.OBSERVATION)
    assert f"K{case_id:06d}" in seen.text
    triage.triage_case(again.pk, actor=SYSTEM)
    assert Case.objects.get(pk=again.pk).state == CaseState.IN_REVIEW
    assert Action.objects.count() == 1
    assert LedgerEntry.objects.filter(verb="account_reopened").count() == 1


def test_one_spell_is_one_case_and_a_second_spell_another_report(world: World) -> None:
    """Repeated observations with the same result open nothing; after a confirming one the next contradiction does."""
    action = the_action(resolved_closure(world)).pk
    for state in (AccountState.ACTIVE, AccountState.ACTIVE, AccountState.UNKNOWN, AccountState.ACTIVE):
        look(action, state)
    assert Report.objects.filter(form=ReportForm.OBSERVATION).count() == 1
    look(action, AccountState.CLOSED)
    look(action, AccountState.ACTIVE)
    assert Report.objects.filter(form=ReportForm.OBSERVATION).count() == 2


@pytest.mark.parametrize("state", [AccountState.CLOSED, AccountState.UNKNOWN])
def test_checks_that_confirm_or_see_nothing_raise_nothing(world: World, state: AccountState) -> None:
    """A platform that does not answer does not count as reopening."""
    look(the_action(resolved_closure(world)).pk, state)
    assert Case.objects.count() == 1


def test_what_an_appeal_undid_raises_nothing(world: World) -> None:
    """An account that we reopened ourselves is open as expected."""
    case_id = resolved_closure(world)
    action, decision = the_action(case_id).pk, Decision.objects.get(case_id=case_id)
    appeal = appeals.file_appeal(appeal_code(decision.pk), "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.reviewers[2])
    carry_through(case_id)
    assert look(action, AccountState.ACTIVE) is VerificationResult.CONTRADICTED
    assert Case.objects.count() == 1


def test_the_first_check_of_a_closure_is_retried_and_raises_nothing(world: World) -> None:
    """An account that was never observed closed has not been reopened."""
    look(the_action(decided_closure(world)).pk, AccountState.ACTIVE)
    assert Case.objects.count() == 1


def test_the_checks_are_due_after_an_hour_a_day_a_week_and_a_month(world: World) -> None:
    """Each is due once, at its time, and none after the month."""
    action = the_action(resolved_closure(world))
    assert load_release().enforcement.verification[1:] == (
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=7),
        timedelta(days=30),
    )
    begun = action.finished_at
    assert begun is not None
    for after in load_release().enforcement.verification[1:]:
        with frozen(begun + after - timedelta(seconds=1)):
            assert verification.due_verifications() == ()
        with frozen(begun + after):
            assert [due for due, _ in verification.due_verifications()] == [action.pk]
            look(action.pk, AccountState.CLOSED)
            assert verification.due_verifications() == ()
    with frozen(begun + timedelta(days=59)):
        assert verification.due_verifications() == ()


def test_the_new_case_needs_two_people_again(world: World) -> None:
    """The earlier closure does not make the second one easier."""
    case_id = resolved_closure(world)
    look(the_action(case_id).pk, AccountState.ACTIVE)
    again = Case.objects.get(reopens=case_id)
    triage.triage_case(again.pk, actor=SYSTEM)
    assert vote(again.pk, DecisionKind.CLOSE, world.reviewers[0]).state is CaseState.SECOND_VOTE
    assert vote(again.pk, DecisionKind.CLOSE, world.reviewers[1]).state is CaseState.ACTING
