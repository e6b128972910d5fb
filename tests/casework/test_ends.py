"""A restriction that was decided to last for some days ends by itself, and its end is carried out and seen."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from tests.factories import World, carry_through, in_review, observed, resolved_closure, vote

from jaga.casework import act, appeals, ends, verification
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.terms import AccountState, ActionKind, ActionState, DecisionKind, VerificationResult
from jaga.records.codes import appeal_code
from jaga.records.models import Action, Case, Decision, Letter, Verification

DAYS = 7


def restricted(world: World, days: int | None = DAYS, carried: bool = True) -> Decision:
    """An account restricted by one reviewer for some days."""
    case_id = in_review(category="fraud")
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0], restrict_days=days)
    if carried:
        carry_through(case_id)
    return Decision.objects.get(case_id=case_id)


def after(decision: Decision, by: timedelta = timedelta()) -> AbstractContextManager[None]:
    assert decision.ends_at is not None
    return frozen(decision.ends_at + by)


def test_it_is_lifted_when_its_days_are_over_and_seen_to_be(world: World) -> None:
    """Not a second before; then a restoring action, whose end an observation confirms. The case stays resolved."""
    decision = restricted(world)
    assert decision.ends_at == decision.decided_at + timedelta(days=DAYS)
    with after(decision, -timedelta(seconds=1)):
        assert ends.over() == ()
        assert not ends.end_restriction(decision.pk, actor=SYSTEM)
    with after(decision):
        assert ends.over() == (decision.pk,)
        assert ends.end_restriction(decision.pk, actor=SYSTEM)
        (task,) = act.open_tasks(decision.case_id)
        assert task.kind is ActionKind.RESTORE
        seen = verification.record_verification(task.action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
        assert seen is VerificationResult.CONFIRMED
        assert ends.over() == ()
    assert Action.objects.get(pk=task.action_id).state == ActionState.DONE
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.count() == 1  # reporters were told once, of the restriction


def test_the_holder_is_told_both_ways(world: World) -> None:
    """The statement names the day of the end; the end itself comes with a letter of its own, without a password."""
    decision = restricted(world)
    assert "Berakhir dengan sendirinya pada" in decision.statement.body_id
    with after(decision):
        ends.end_restriction(decision.pk, actor=SYSTEM)
        text, key = act.holder_text(act.open_tasks(decision.case_id)[0].action_id)
    assert "sudah berakhir" in text or "berakhir pada" in text
    assert key == f"jaga-{decision.pk}-restore"


def test_the_end_is_promised_once(world: World) -> None:
    """Another round finds nothing more to do, also while the platform has not answered."""
    decision = restricted(world)
    with after(decision):
        assert [ends.end_restriction(decision.pk, actor=SYSTEM) for _ in range(2)] == [True, False]
    assert Action.objects.filter(kind=ActionKind.RESTORE).count() == 1


def test_without_days_it_has_no_end(world: World) -> None:
    """The same restriction without a number is never over."""
    decision = restricted(world, days=None)
    assert decision.ends_at is None
    with frozen(decision.decided_at + timedelta(days=4000)):
        assert ends.over() == ()


def test_what_another_decision_holds_stays_held_until_that_one_is_gone(world: World) -> None:
    """A closure of another case keeps the door shut; once it is overturned, the restriction's end can come."""
    decision, closed = restricted(world), resolved_closure(world)
    with after(decision):
        assert not ends.end_restriction(decision.pk, actor=SYSTEM)
        closure = Decision.objects.get(case_id=closed)
        appeal = appeals.file_appeal(appeal_code(closure.pk), "Bukan saya yang menulis.", actor=HOLDER)
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.reviewers[2])
        assert [task.kind for task in act.open_tasks(closed)] == [ActionKind.RESTORE]  # the other is over: no hold
        assert ends.end_restriction(decision.pk, actor=SYSTEM)


def test_one_that_was_never_carried_out_is_ended_and_not_applied_late(world: World) -> None:
    """A platform that was away for longer than the restriction: nothing is done any more, and people are told so."""
    decision = restricted(world, carried=False)
    with after(decision):
        assert ends.end_restriction(decision.pk, actor=SYSTEM)
    assert Action.objects.get().state == ActionState.ENDED
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_ended"


def test_looks_stop_at_the_end(world: World) -> None:
    """An account that is free again since its time is over has not been reopened behind our back."""
    decision = restricted(world)
    action = decision.actions.get(kind=ActionKind.RESTRICT)
    with after(decision, timedelta(hours=1)):
        assert verification.due_verifications() == ()
        verification.record_verification(action.pk, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert Case.objects.count() == 1
    assert Verification.objects.filter(result=VerificationResult.CONTRADICTED).count() == 1


@pytest.mark.parametrize("overturn", [True, False])
def test_an_overturned_one_does_not_end_twice(world: World, overturn: bool) -> None:
    """After an appeal that succeeded nothing is left to end; after one that did not, the end comes in its time."""
    decision = restricted(world)
    appeal = appeals.file_appeal(appeal_code(decision.pk), "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=overturn, reasons="Sudah diperiksa lagi.", actor=world.reviewers[2])
    carry_through(decision.case_id)
    with after(decision):
        assert (ends.over() == ()) is overturn
