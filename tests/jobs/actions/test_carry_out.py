"""Carrying out what people decided, on a platform that fails on purpose."""

import pytest
from django.db import connection
from tests.factories import ACCOUNT, World, decided_closure, in_review, the_action, vote
from tests.platforms.fake import FakePlatform, FakeRoom, Fault

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts as act
from jaga.actions.verbs import verification
from jaga.appeals.models import RestoredAccess
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Outcome, Verification
from jaga.cases.models.reports import Evidence
from jaga.core.actors import HOLDER
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.platforms import STEPS, Account, AccountObservation, Capabilities, Material, RouteObservation, StepResult
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, DecisionKind, OutcomeKind, Step
from jaga.operators.models import PlatformHealth
from jaga.policy.release import load_release
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry


def carry_out(case_id: int) -> None:
    """Run the case's job once the pauses of its attempts and its platform are over."""
    Action.objects.filter(decision__case_id=case_id).update(next_attempt_at=None)
    PlatformHealth.objects.update(open_until=None)
    job.carry_out(case_id)


class Crash(BaseException):
    """Simulates the end of the process."""


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def successes() -> list[str]:
    return list(Outcome.objects.filter(kind__in=["done", "already"]).order_by("pk").values_list("step", flat=True))


def test_a_closure_goes_step_by_step_and_is_verified(world: World, fake: FakePlatform) -> None:
    """Observe, preserve, restrict, deliver, close; the account is closed, its holder was told, the case is resolved."""
    case_id = decided_closure(world)
    carry_out(case_id)
    assert successes() == [step.value for step in STEPS[ActionKind.CLOSE]]
    assert fake.orders == ["restrict", "deliver", "close"]
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED
    ((_, notice),) = fake.accounts[ACCOUNT].notices
    assert appeal_code(Decision.objects.get().pk) in notice
    assert set(Evidence.objects.values_list("kind", flat=True)) == {"profile", "messages"}
    assert Verification.objects.get().result == "confirmed"
    assert state(case_id) is CaseState.RESOLVED


def test_carrying_out_again_does_nothing(world: World, fake: FakePlatform) -> None:
    """A repeated job finds no open task."""
    case_id = decided_closure(world)
    carry_out(case_id)
    outcomes = Outcome.objects.count()
    carry_out(case_id)
    assert (fake.orders, Outcome.objects.count()) == (["restrict", "deliver", "close"], outcomes)


@pytest.mark.parametrize(("step", "lag"), [("restrict", 0.0), ("deliver", 0.0), ("close", 0.0), ("deliver", 1.0)])
def test_a_crash_between_effect_and_record_closes_once(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    lag: float,
) -> None:
    """The process dies after the effect; the repeat checks first, changes nothing twice, and records one success each.

    Also if the platform shows changes late and the repeat runs at once.
    """
    case_id, real = decided_closure(world), getattr(fake, step)
    fake.lag = lag

    def effect_then_crash(*arguments: object) -> StepResult:
        real(*arguments)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(fake, step, effect_then_crash)
        with pytest.raises(Crash):
            carry_out(case_id)
    assert state(case_id) is CaseState.ACTING
    assert step not in successes()
    carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "close"]
    assert sorted(set(successes())) == sorted(successes())
    assert Outcome.objects.get(step=step, kind__in=["done", "already"]).kind == OutcomeKind.ALREADY
    assert len(fake.accounts[ACCOUNT].notices) == 1
    assert state(case_id) is CaseState.RESOLVED


def test_a_crash_before_the_verification_is_made_up_for(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything is done and recorded except the last observation: the repeat makes it and finishes."""
    case_id = decided_closure(world)
    with monkeypatch.context() as patched:
        patched.setattr(verification, "record_verification", lambda *_, **__: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            carry_out(case_id)
    carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "close"]
    assert state(case_id) is CaseState.RESOLVED


@pytest.mark.parametrize("place", [1, 2, 3])
def test_all_that_was_done_is_recorded_before_the_next_order(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
) -> None:
    """The process dies right before a change: evidence and every earlier effect are already recorded."""
    case_id, real, asked = decided_closure(world), fake._order, []

    def order(name: str, effect: object) -> None:
        asked.append(name)
        if len(asked) == place:
            raise Crash
        real(name, effect)  # type: ignore[arg-type]

    monkeypatch.setattr(fake, "_order", order)
    with pytest.raises(Crash):
        carry_out(case_id)
    assert Evidence.objects.exists()
    assert successes() == ["observe", "preserve", "restrict", "deliver"][: place + 1]
    verbs = list(
        LedgerEntry.objects.filter(case_ref=case_id)
        .exclude(  # which binds when the letter was delivered
            verb="note_changes"
        )
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert verbs[-place - 3 :] == ["start_attempt", "preserve_evidence", *["record_step"] * (place + 1)]


def test_the_look_after_the_last_step_verifies_only_what_it_shows(world: World, fake: FakePlatform) -> None:
    """A step that observed by all routes counts for what it saw, not for what it says."""
    case_id = decided_closure(world)
    still_open = AccountObservation(AccountState.RESTRICTED, (RouteObservation("admin", "restricted"),), now())
    fake.close = lambda account: StepResult(OutcomeKind.DONE, "HTTP 200", observation=still_open)  # type: ignore[method-assign]
    carry_out(case_id)
    assert Verification.objects.get().result == "contradicted"
    assert the_action(case_id).state == ActionState.PENDING


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_fault_at_every_step_ends_well_on_a_later_attempt(
    world: World,
    fake: FakePlatform,
    fault: Fault,
    place: int,
) -> None:
    """Lost answers, failures, lies and nonsense: deferred again, and closed once in the end."""
    case_id = decided_closure(world)
    real, asked = fake._order, []

    def order(name: str, effect: object) -> None:
        asked.append(name)
        fake.faults = [fault] if len(asked) == place + 1 else []
        real(name, effect)  # type: ignore[arg-type]

    fake._order = order  # type: ignore[method-assign]
    carry_out(case_id)
    waiting = the_action(case_id)
    assert (waiting.state, waiting.attempts) == (ActionState.PENDING, 1)
    assert waiting.next_attempt_at is not None
    assert state(case_id) is CaseState.ACTING
    carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "close"]
    assert state(case_id) is CaseState.RESOLVED
    assert sorted(set(successes())) == sorted(successes())


def test_a_platform_that_only_says_yes_never_counts(world: World, fake: FakePlatform) -> None:
    """An answer without an effect is no closure: the attempts end as stuck, and nobody is told that it was closed."""
    case_id = decided_closure(world)
    fake.close = lambda account: StepResult(OutcomeKind.DONE, "HTTP 200")  # type: ignore[method-assign]
    for _ in range(load_release().enforcement.retries.attempts):
        carry_out(case_id)
    assert not Verification.objects.filter(result="confirmed").exists()
    assert the_action(case_id).state == ActionState.STUCK
    assert state(case_id) is CaseState.ACTING
    assert not LedgerEntry.objects.filter(verb="tell_reporters").exists()


def test_a_platform_that_is_down_ends_as_stuck_and_can_be_retried(world: World, fake: FakePlatform) -> None:
    """Each failed attempt is recorded; after the last one a supervisor restarts it, and it succeeds."""
    case_id, attempts = decided_closure(world), load_release().enforcement.retries.attempts
    fake.down = True
    for _ in range(attempts + 2):
        carry_out(case_id)
    assert the_action(case_id).state == ActionState.STUCK
    assert Outcome.objects.filter(kind="unknown").count() == attempts
    fake.down = False
    carry_out(case_id)
    assert fake.orders == []  # it waits for a person
    act.retry_stuck(the_action(case_id).pk, actor=world.supervisor)
    carry_out(case_id)
    assert state(case_id) is CaseState.RESOLVED


def test_a_missing_account_is_stuck_and_nothing_is_created(world: World, fake: FakePlatform) -> None:
    """Some servers create the account that they are asked to close; here a person looks instead."""
    case_id = decided_closure(world, account="@tiada:localhost")
    carry_out(case_id)
    assert the_action(case_id).state == ActionState.STUCK
    assert list(fake.accounts) == [ACCOUNT]
    assert (fake.orders, Outcome.objects.get().kind) == ([], OutcomeKind.REFUSED)


def test_a_refusal_is_stuck_at_once(world: World, fake: FakePlatform) -> None:
    """Trying again would not help, so no further attempt is made."""
    case_id = decided_closure(world)
    fake.restrict = lambda account: StepResult(OutcomeKind.REFUSED, "x")  # type: ignore[method-assign]
    carry_out(case_id)
    assert (the_action(case_id).state, the_action(case_id).attempts) == (ActionState.STUCK, 1)
    assert fake.orders == []


@pytest.mark.parametrize("missing", ["restrict", "deliver"])
def test_a_closure_goes_on_where_a_lesser_step_is_impossible(
    world: World,
    fake: FakePlatform,
    missing: str,
) -> None:
    """A platform that cannot restrict or deliver can still close; what it lacked is recorded."""
    case_id = decided_closure(world)
    setattr(fake, missing, lambda *_: StepResult(OutcomeKind.IMPOSSIBLE, "x"))
    carry_out(case_id)
    assert state(case_id) is CaseState.RESOLVED
    assert Outcome.objects.get(kind="impossible").step == missing


def test_a_platform_that_cannot_close_is_stuck(world: World, fake: FakePlatform) -> None:
    """If the essential step is impossible, a person looks."""
    case_id = decided_closure(world)
    fake.close = lambda account: StepResult(OutcomeKind.IMPOSSIBLE, "x")  # type: ignore[method-assign]
    carry_out(case_id)
    assert the_action(case_id).state == ActionState.STUCK


def test_contradicting_routes_change_nothing(world: World, fake: FakePlatform) -> None:
    """If the state of the account cannot be determined, nothing is changed."""
    case_id = decided_closure(world)
    fake.contradicting = True
    carry_out(case_id)
    assert fake.orders == []
    assert the_action(case_id).state == ActionState.PENDING
    fake.contradicting = False
    carry_out(case_id)
    assert state(case_id) is CaseState.RESOLVED


def test_rooms_are_redacted_before_the_door_closes(world: World, fake: FakePlatform) -> None:
    """The redaction is an action of its own before the closure; if it is stuck, the closure waits."""
    fake.rooms["!a:localhost"] = FakeRoom("Pasar", public=False)
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=("!a:localhost",))
    carry_out(case_id)
    assert fake.orders == ["restrict", "deliver"]  # the holder reads why; then the private room is refused
    fake.rooms["!a:localhost"].public = True
    fake.say("!a:localhost", ACCOUNT, "open BO")
    act.retry_stuck(Action.objects.get(state=ActionState.STUCK).pk, actor=world.supervisor)
    carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "redact", "close"]
    assert not fake.shows("!a:localhost", "open BO")
    assert any("messages" in row.name for row in Evidence.objects.all())


def test_an_adapter_that_is_not_configured_is_tried_again(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A configuration fault is recorded as an attempt with its sentence; it may be corrected before the next
    attempt.
    """

    class NotConfigured(JagaError):
        sentence = N_("The platform has no credentials here.")

    def broken(name: str) -> FakePlatform:
        raise NotConfigured

    case_id = decided_closure(world)
    with monkeypatch.context() as patched:
        patched.setattr("jaga.actions.jobs.adapter_for", broken)
        carry_out(case_id)
    assert "credentials" in Outcome.objects.get().detail
    carry_out(case_id)
    assert state(case_id) is CaseState.RESOLVED


def test_an_overturned_closure_gives_the_account_back(world: World, fake: FakePlatform) -> None:
    """Restored, told, verified; the new password is stored encrypted and shown once with the code."""
    case_id = decided_closure(world)
    carry_out(case_id)
    code = appeal_code(Decision.objects.get().pk)
    appeal = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun yang salah.", actor=world.reviewers[2])
    carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.ACTIVE
    assert state(case_id) is CaseState.RESOLVED
    password = fake.accounts[ACCOUNT].password
    assert password.encode() not in bytes(RestoredAccess.objects.get().sealed)
    assert not Outcome.objects.filter(detail__contains=password).exists()
    assert appeals.take_access(code, actor=HOLDER) == password
    assert appeals.take_access(code, actor=HOLDER) is None
    assert len(fake.accounts[ACCOUNT].notices) == 2


def test_a_restoration_that_came_too_late_leaves_the_account_closed(world: World, fake: FakePlatform) -> None:
    """While it waited for the platform, two people closed the account in another case. It is never opened."""
    case_id = decided_closure(world)
    carry_out(case_id)
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get().pk), "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun yang salah.", actor=world.reviewers[2])
    anew = decided_closure(world, category="gambling")
    for number in (anew, case_id):
        carry_out(number)
    assert "restore" not in fake.orders
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED
    assert (state(case_id), state(anew)) == (CaseState.RESOLVED, CaseState.RESOLVED)


def test_a_restriction_holds_and_tells(world: World, fake: FakePlatform) -> None:
    """The statement comes before the restriction, and the account is not closed."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    carry_out(case_id)
    assert fake.orders == ["deliver", "restrict"]
    assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED
    assert state(case_id) is CaseState.RESOLVED


def test_preserving_orders_nothing(world: World, fake: FakePlatform) -> None:
    """Only public content and the profile are read and sealed."""
    case_id = in_review()
    vote(case_id, DecisionKind.PRESERVE, world.reviewers[0])
    carry_out(case_id)
    assert fake.orders == []
    assert Evidence.objects.count() == 2
    assert state(case_id) is CaseState.RESOLVED


def test_no_job_touches_a_case_that_nobody_decided(world: World, fake: FakePlatform) -> None:
    """A job for a case in review finds nothing to do."""
    carry_out(in_review())
    assert fake.orders == []


def test_the_worker_asks_outside_any_transaction(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No adapter is called within a verb's transaction (the test's own is the only one)."""
    depth, seen = len(connection.savepoint_ids), []

    def preserve(account: Account) -> tuple[Material, ...]:
        seen.append(len(connection.savepoint_ids))
        return ()

    monkeypatch.setattr(fake, "preserve", preserve)
    carry_out(decided_closure(world))
    assert seen == [depth]
    assert isinstance(fake.capabilities(), Capabilities)
    assert Step.PRESERVE in STEPS[ActionKind.CLOSE]
