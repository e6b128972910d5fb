"""Recording attempts: an answer is a claim; only an independent observation counts."""

from datetime import timedelta

import pytest
from django.db import connection
from tests.factories import (
    World,
    carry_through,
    decided_closure,
    in_review,
    observed,
    resolved_closure,
    rows,
    the_action,
    vote,
)

from jaga.actions.verbs import attempts, verification
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Letter, Outcome
from jaga.cases.models.reports import Evidence
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import Material, StepResult
from jaga.core.terms.cases import (
    AccountState,
    ActionKind,
    ActionState,
    DecisionKind,
    OutcomeKind,
    Step,
    VerificationResult,
)
from jaga.policy.release import load_release
from jaga.store.models import LedgerEntry

DONE = StepResult(OutcomeKind.DONE, "seen")


def test_a_closure_counts_only_once_it_was_seen(world: World) -> None:
    """If all steps answered done but the account is observed active, the result is contradicted and the case stays
    open.
    """
    case_id = decided_closure(world)
    action = the_action(case_id).pk
    attempts.start_attempt(action, actor=SYSTEM)
    attempts.record_step(action, Step.CLOSE, DONE, actor=SYSTEM)
    for state, result in (
        (AccountState.ACTIVE, VerificationResult.CONTRADICTED),
        (AccountState.RESTRICTED, VerificationResult.CONTRADICTED),
        (AccountState.MISSING, VerificationResult.CONTRADICTED),
        (AccountState.UNKNOWN, VerificationResult.UNREACHABLE),
    ):
        assert verification.record_verification(action, observed(state), actor=SYSTEM) is result
        assert Case.objects.get().state == CaseState.ACTING
    assert not Letter.objects.exists()
    seen = verification.record_verification(action, observed(AccountState.CLOSED), actor=SYSTEM)
    assert seen is VerificationResult.CONFIRMED
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_close"


def test_a_case_ends_with_its_last_action(world: World) -> None:
    """With a redaction and a closure the case is resolved after both, and people are told of the closure once."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=("!a:localhost",))
    redaction, closure = attempts.open_tasks(case_id)
    assert (redaction.kind, redaction.rooms, closure.kind) == (ActionKind.REDACT, ("!a:localhost",), ActionKind.CLOSE)
    verification.record_verification(redaction.action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert Case.objects.get().state == CaseState.ACTING
    verification.record_verification(closure.action_id, observed(AccountState.CLOSED), actor=SYSTEM)
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_close"


def test_a_step_that_succeeded_is_recorded_once(world: World) -> None:
    """Each failure is recorded, a success once, and nothing after it."""
    action = the_action(decided_closure(world)).pk
    for kind in (OutcomeKind.UNKNOWN, OutcomeKind.UNKNOWN, OutcomeKind.DONE, OutcomeKind.ALREADY, OutcomeKind.UNKNOWN):
        attempts.record_step(action, Step.CLOSE, StepResult(kind, "x"), actor=SYSTEM)
    assert list(Outcome.objects.order_by("pk").values_list("kind", flat=True)) == ["unknown", "unknown", "done"]
    assert attempts.open_tasks(Case.objects.get().pk)[0].done == {Step.CLOSE}


def test_retries_come_at_the_policys_pace_and_end_as_stuck(world: World) -> None:
    """Each wait follows the policy; after the last attempt the action is stuck and visible, and the case stays open."""
    case_id = decided_closure(world)
    action, retries, moment = the_action(case_id).pk, load_release().enforcement.retries, now()
    with frozen(moment):
        for attempt in range(1, retries.attempts):
            assert attempts.start_attempt(action, actor=SYSTEM) == attempt
            assert attempts.attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM) is ActionState.PENDING
            promised = the_action(case_id).next_attempt_at
            assert promised is not None
            assert retries.wait(attempt, -1) <= promised - moment <= retries.wait(attempt, 1)
        attempts.start_attempt(action, actor=SYSTEM)
        assert attempts.attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM) is ActionState.STUCK
    assert the_action(case_id).next_attempt_at is None
    assert Case.objects.get().state == CaseState.ACTING
    assert attempts.open_tasks(case_id) == ()
    assert LedgerEntry.objects.filter(verb="mark_stuck").count() == 1


def test_the_waits_grow_to_a_limit(world: World) -> None:
    """No wait is shorter than the previous one or longer than the policy's maximum."""
    retries = load_release().enforcement.retries
    waits = [retries.wait(attempt) for attempt in range(1, 60)]
    assert waits == sorted(waits)
    assert waits[-1] == retries.longest_wait
    assert waits[0] == retries.first_wait > timedelta()


def test_a_stuck_action_is_tried_again_by_a_supervisor_only(world: World) -> None:
    """The attempts start again; reviewers, officers and programs are refused, and so is an action that is not stuck."""
    case_id = decided_closure(world)
    action = the_action(case_id).pk
    attempts.start_attempt(action, actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        attempts.retry_stuck(action, actor=world.supervisor)
    attempts.mark_stuck(action, OutcomeKind.REFUSED, actor=SYSTEM)
    before = rows()
    for actor in (*world.reviewers, world.officer, SYSTEM, CLI):
        with pytest.raises(NotPermitted):
            attempts.retry_stuck(action, actor=actor)
    assert rows() == before
    attempts.retry_stuck(action, actor=world.supervisor)
    assert (the_action(case_id).state, the_action(case_id).attempts) == (ActionState.PENDING, 0)
    carry_through(case_id)
    assert Case.objects.get().state == CaseState.RESOLVED


def stuck_closure(world: World, *, rooms: tuple[str, ...] = ()) -> tuple[int, int]:
    """A decided closure whose first action is stuck: the case and the action."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=rooms)
    action = attempts.open_tasks(case_id)[0].action_id
    attempts.mark_stuck(action, OutcomeKind.REFUSED, actor=SYSTEM)
    return case_id, action


def test_what_can_never_be_done_is_ended_by_a_supervisor_with_a_reason(world: World) -> None:
    """The case ends, everybody is told that it could not be done, and nothing counts as closed."""
    case_id, action = stuck_closure(world)
    before = rows()
    for actor in (*world.reviewers, world.officer, SYSTEM, CLI):
        with pytest.raises(NotPermitted):
            attempts.end_stuck(action, "Akunnya tidak ada lagi.", actor=actor)
    for reason in ("", "tidak", "x" * 10_000, "Akunnya \x00 tidak ada.", "Akunnya \ud800 tidak ada."):
        with pytest.raises(InvalidInput):
            attempts.end_stuck(action, reason, actor=world.supervisor)
    assert rows() == before
    attempts.end_stuck(action, "Akunnya tidak ada lagi.", actor=world.supervisor)
    assert (Case.objects.get().state, the_action(case_id).state) == (CaseState.RESOLVED, ActionState.ENDED)
    assert Letter.objects.get().key == "reporter_ended"
    assert not LedgerEntry.objects.filter(verb="tell_reporters").exists()
    assert verification.due_verifications() == ()
    with pytest.raises(IllegalTransition):
        attempts.end_stuck(action, "Akunnya tidak ada lagi.", actor=world.supervisor)
    with pytest.raises(IllegalTransition):
        attempts.retry_stuck(action, actor=world.supervisor)


def test_an_ended_closure_lets_the_account_go(world: World) -> None:
    """The restriction for the closure is lifted before the case ends, and people are told that the account was not
    closed.
    """
    case_id = decided_closure(world)
    action = the_action(case_id).pk
    attempts.start_attempt(action, actor=SYSTEM)
    attempts.record_step(action, Step.RESTRICT, StepResult(OutcomeKind.DONE, "held"), actor=SYSTEM)
    attempts.mark_stuck(action, OutcomeKind.REFUSED, actor=SYSTEM)
    attempts.end_stuck(action, "Pemberitahuan ditolak server.", actor=world.supervisor)
    assert Case.objects.get().state == CaseState.ACTING
    (task,) = attempts.open_tasks(case_id)
    assert task.kind is ActionKind.RESTORE
    assert "dapat dipakai lagi" in attempts.holder_text(task.action_id)[0]
    verification.record_verification(task.action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_ended"


def test_only_a_stuck_action_can_be_ended(world: World) -> None:
    """An action that is still attempted, or done, cannot be ended."""
    case_id = decided_closure(world)
    for _ in range(2):
        with pytest.raises(IllegalTransition):
            attempts.end_stuck(the_action(case_id).pk, "Akunnya tidak ada lagi.", actor=world.supervisor)
        carry_through(case_id)


def test_after_an_ended_redaction_the_closure_goes_on(world: World) -> None:
    """The closure's job is deferred at once, and people are told of the closure."""
    case_id, redaction = stuck_closure(world, rooms=("!a:localhost",))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    attempts.end_stuck(redaction, "Ruangnya tidak ada lagi.", actor=world.supervisor)
    assert Case.objects.get().state == CaseState.ACTING
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, lock FROM procrastinate_jobs")
        assert cursor.fetchall() == [("jaga.carry_out", f"case:{case_id}")]
    carry_through(case_id)
    assert Letter.objects.get().key == "reporter_close"


def test_a_stuck_action_holds_what_comes_after_it(world: World) -> None:
    """A closure does not overtake a redaction that a person must look at."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=("!a:localhost",))
    attempts.mark_stuck(attempts.open_tasks(case_id)[0].action_id, OutcomeKind.REFUSED, actor=SYSTEM)
    assert attempts.open_tasks(case_id) == ()


def test_what_was_preserved_is_sealed_before_anything_changes(world: World) -> None:
    """Originals are sealed by kind, and the ledger names only their hashes."""
    action = the_action(decided_closure(world)).pk
    attempts.record_material(
        action,
        (
            Material("profile.json", "application/json", b'{"a":1}'),
            Material("messages.json", "application/json", b'{"m":"kenari"}'),
        ),
        actor=SYSTEM,
    )
    kinds = dict(Evidence.objects.values_list("kind", "sha256"))
    assert set(kinds) == {"profile", "messages"}
    entry = LedgerEntry.objects.get(verb="preserve_evidence")
    assert sorted(entry.payload["sha256"]) == sorted(kinds.values())
    attempts.record_material(action, (Material("profile.json", "application/json", b'{"a":1}'),), actor=SYSTEM)
    assert Evidence.objects.count() == 2


def test_nothing_is_attempted_after_the_end(world: World) -> None:
    """A done action starts no attempt, and a late failure changes nothing."""
    action = the_action(resolved_closure(world)).pk
    before = rows()
    with pytest.raises(IllegalTransition):
        attempts.start_attempt(action, actor=SYSTEM)
    assert attempts.attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM) is ActionState.DONE
    assert attempts.mark_stuck(action, OutcomeKind.UNKNOWN, actor=SYSTEM) is ActionState.DONE
    assert rows() == before
    with pytest.raises(NotFound):
        attempts.start_attempt(10**9, actor=SYSTEM)


def test_a_later_check_of_a_finished_action_changes_no_state(world: World) -> None:
    """A reopened account is recorded as contradicted; its old case stays closed and a new one is opened."""
    case_id = resolved_closure(world)
    action = the_action(case_id).pk
    assert verification.record_verification(action, observed(AccountState.ACTIVE), actor=SYSTEM) is (
        VerificationResult.CONTRADICTED
    )
    assert (Case.objects.get(pk=case_id).state, Action.objects.get().state) == (CaseState.RESOLVED, ActionState.DONE)


def test_every_attempt_is_in_the_ledger_before_the_platform_is_asked(world: World) -> None:
    """The ledger has decision, attempt, step, verification and end in this order."""
    case_id = resolved_closure(world)
    verbs = list(LedgerEntry.objects.filter(case_ref=case_id).order_by("id").values_list("verb", flat=True))
    order = [
        verbs.index(verb)
        for verb in (
            "file_report",
            "cast_vote",
            "decide_case",
            "start_attempt",
            "record_step",
            "verify_action",
            "finish_case",
            "tell_reporters",
        )
    ]
    assert order == sorted(order)
    assert Outcome.objects.count() == 5
