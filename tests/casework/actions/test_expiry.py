"""A temporary restriction expires, is lifted on the platform, and that is verified."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from tests.casework.operator_world import handed_over, make_operator
from tests.factories import World, carry_through, decided_closure, in_review, observed, resolved_closure, vote

from jaga.actions.verbs import attempts, verification
from jaga.actions.verbs import verification as expiry
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Letter, Verification
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import (
    AccountState,
    ActionKind,
    ActionState,
    DecisionKind,
    OutcomeKind,
    Step,
    VerificationResult,
)
from jaga.core.terms.outside import AnswerKind
from jaga.operators.verbs import answers
from jaga.store.codes import appeal_code

DAYS = 7


def restricted(world: World, days: int | None = DAYS, carried: bool = True) -> Decision:
    """An account restricted by one reviewer for some days, or by two without an end."""
    case_id = in_review(category="fraud")
    for reviewer in world.reviewers[: 1 if days else 2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, restrict_days=days)
    if carried:
        carry_through(case_id)
    return Decision.objects.get(case_id=case_id)


def after(decision: Decision, by: timedelta = timedelta()) -> AbstractContextManager[None]:
    assert decision.ends_at is not None
    return frozen(decision.ends_at + by)


def test_it_is_lifted_when_its_days_are_over_and_seen_to_be(world: World) -> None:
    """Not a second early; then a restoring action whose result is observed. The case stays resolved."""
    decision = restricted(world)
    assert decision.ends_at == decision.decided_at + timedelta(days=DAYS)
    with after(decision, -timedelta(seconds=1)):
        assert expiry.expire_restrictions() == ()
        assert not expiry.end_restriction(decision.pk, actor=SYSTEM)
    with after(decision):
        assert expiry.expire_restrictions() == (decision.pk,)
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)
        (task,) = attempts.open_tasks(decision.case_id)
        assert task.kind is ActionKind.RESTORE
        seen = verification.record_verification(task.action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
        assert seen is VerificationResult.CONFIRMED
        assert expiry.expire_restrictions() == ()
    assert Action.objects.get(pk=task.action_id).state == ActionState.DONE
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.count() == 1  # reporters were told once, of the restriction


def test_the_holder_is_told_both_ways(world: World) -> None:
    """The statement names the last day; the end has a letter of its own, without a password."""
    decision = restricted(world)
    assert "Berakhir dengan sendirinya pada" in decision.statement.body_id
    with after(decision):
        expiry.end_restriction(decision.pk, actor=SYSTEM)
        text, key = attempts.holder_text(attempts.open_tasks(decision.case_id)[0].action_id)
    assert "sudah berakhir" in text or "berakhir pada" in text
    assert key == f"jaga-{decision.pk}-restore"


def test_the_end_is_promised_once(world: World) -> None:
    """Further rounds do nothing, even while the platform does not answer."""
    decision = restricted(world)
    with after(decision):
        assert [expiry.end_restriction(decision.pk, actor=SYSTEM) for _ in range(2)] == [True, False]
    assert Action.objects.filter(kind=ActionKind.RESTORE).count() == 1


def test_without_days_it_has_no_end(world: World) -> None:
    """The same restriction without a number of days never ends."""
    decision = restricted(world, days=None)
    assert decision.ends_at is None
    with frozen(decision.decided_at + timedelta(days=4000)):
        assert expiry.expire_restrictions() == ()


def test_what_another_decision_holds_stays_held_until_that_one_is_gone(world: World) -> None:
    """A closure in another case keeps the account closed; once it is overturned, the restriction can end."""
    decision, closed = restricted(world), resolved_closure(world)
    with after(decision):
        assert not expiry.end_restriction(decision.pk, actor=SYSTEM)
        closure = Decision.objects.get(case_id=closed)
        appeal = appeals.file_appeal(appeal_code(closure.pk), "Bukan saya yang menulis.", actor=HOLDER)
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.reviewers[2])
        assert [task.kind for task in attempts.open_tasks(closed)] == [ActionKind.RESTORE]  # the other is over: no hold
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)


def test_one_that_was_never_carried_out_is_ended_and_not_applied_late(world: World) -> None:
    """If the platform was unreachable for longer than the restriction, nothing is done any more, and people are
    told.
    """
    decision = restricted(world, carried=False)
    with after(decision):
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)
    assert Action.objects.get().state == ActionState.ENDED
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_ended"


def test_checks_stop_at_the_end(world: World) -> None:
    """An account that is open because its restriction ended does not count as reopened."""
    decision = restricted(world)
    action = decision.actions.get(kind=ActionKind.RESTRICT)
    with after(decision, timedelta(hours=1)):
        assert verification.due_verifications() == ()
        verification.record_verification(action.pk, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert Case.objects.count() == 1
    assert Verification.objects.filter(result=VerificationResult.CONTRADICTED).count() == 1


@pytest.mark.parametrize("overturn", [True, False])
def test_an_overturned_one_does_not_end_twice(world: World, overturn: bool) -> None:
    """After a successful appeal nothing is left to end; after an unsuccessful one the restriction ends as planned."""
    decision = restricted(world)
    appeal = appeals.file_appeal(appeal_code(decision.pk), "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=overturn, reasons="Sudah diperiksa lagi.", actor=world.reviewers[2])
    carry_through(decision.case_id)
    with after(decision):
        assert (expiry.expire_restrictions() == ()) is overturn


@pytest.mark.parametrize("tried", [OutcomeKind.DONE, OutcomeKind.ALREADY, OutcomeKind.UNKNOWN])
def test_one_that_may_hold_the_account_is_let_go_though_nobody_confirmed_it(world: World, tried: OutcomeKind) -> None:
    """If the platform was asked but no observation succeeded in time, the restriction is lifted, so that it does not
    stay for ever.
    """
    decision = restricted(world, carried=False)
    (task,) = attempts.open_tasks(decision.case_id)
    attempts.start_attempt(task.action_id, actor=SYSTEM)
    attempts.record_step(task.action_id, Step.RESTRICT, StepResult(tried, "x"), actor=SYSTEM)
    attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)
    with after(decision):
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)
        assert [task.kind for task in attempts.open_tasks(decision.case_id)] == [ActionKind.RESTORE]
        assert expiry.expire_restrictions() == ()


def test_a_hold_that_comes_after_the_end_is_let_go(world: World) -> None:
    """If the worker restricts after the end, it finds the action ended and lifts the restriction."""
    decision = restricted(world, carried=False)
    (task,) = attempts.open_tasks(decision.case_id)
    attempts.start_attempt(task.action_id, actor=SYSTEM)
    with after(decision):
        expiry.end_restriction(decision.pk, actor=SYSTEM)
        assert attempts.open_tasks(decision.case_id) == ()
        attempts.record_step(task.action_id, Step.RESTRICT, StepResult(OutcomeKind.DONE, "x"), actor=SYSTEM)
        assert [task.kind for task in attempts.open_tasks(decision.case_id)] == [ActionKind.RESTORE]


@pytest.mark.parametrize("seen", [None, AccountState.ACTIVE])
def test_what_an_operator_said_to_have_held_is_asked_back(world: World, seen: AccountState | None) -> None:
    """If the operator claims to have restricted and nobody checked yet, it is asked to lift it; not if the account was
    observed active.
    """
    operator = make_operator()
    case_id = in_review(category="fraud", platform=operator.platform)
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0], restrict_days=DAYS)
    decision = Decision.objects.get()
    notice = handed_over(decision.actions.get().pk)
    answers.answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    if seen:
        verification.record_verification(decision.actions.get().pk, observed(seen), actor=SYSTEM)
    with after(decision):
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)
        kinds = [task.kind for task in attempts.open_tasks(case_id)]
    assert kinds == ([] if seen else [ActionKind.RESTORE])


def test_a_restriction_that_is_over_keeps_no_ended_closure_held(world: World) -> None:
    """If a closure is given up, the account is released even if an earlier restriction, whose days are over,
    existed.
    """
    decision = restricted(world)
    with after(decision):
        expiry.end_restriction(decision.pk, actor=SYSTEM)
        carry_through(decision.case_id)
        closing = decided_closure(world)
        (task,) = attempts.open_tasks(closing)
        attempts.start_attempt(task.action_id, actor=SYSTEM)
        attempts.record_step(task.action_id, Step.RESTRICT, StepResult(OutcomeKind.DONE, "x"), actor=SYSTEM)
        attempts.mark_stuck(task.action_id, OutcomeKind.REFUSED, actor=SYSTEM)
        attempts.end_stuck(task.action_id, "Akun ini tidak bisa ditutup.", actor=world.supervisor)
        assert [task.kind for task in attempts.open_tasks(closing)] == [ActionKind.RESTORE]
