"""Between the letter and the closure the holder can read: restricted, with the time of the closure, and a way to
appeal.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from structlog.testing import capture_logs
from tests.factories import ACCOUNT, World, in_review, report, vote
from tests.platforms.fake import FakePlatform

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts, authorisation
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action, Decision, Letter, Statement, Strike
from jaga.cases.models.reports import Report
from jaga.cases.reads.decisions import decisions_in_force
from jaga.cases.verbs.letters import say_moment
from jaga.core.actors import CLI, HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, DecisionKind, PendingEnd, Step
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReportRoute
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.reads import list_pending
from jaga.decisions.verbs import undo_window
from jaga.operators.models import PlatformHealth
from jaga.people.verbs import people
from jaga.policy.release import load_release
from jaga.reporting.reads.followed_reports import access_report
from jaga.signals.verbs.triage import triage_case
from jaga.store.codes import appeal_code

CLOSE, RESTRICT = DecisionKind.CLOSE, DecisionKind.RESTRICT
READING, UNDO = timedelta(hours=24), timedelta(minutes=10)


@pytest.fixture(autouse=True)
def as_the_policy_says(settings: Any) -> Iterator[None]:
    """Use the policy's times instead of the short ones of a practice."""
    settings.UNDO_WINDOW_SECONDS = None
    assert load_release().enforcement.reading_time == READING
    with frozen(now()):
        yield


def carry_out(case_id: int) -> None:
    """Run the case's job at this time, once the pauses of its platform are over. What is deferred to later stays so."""
    PlatformHealth.objects.update(open_until=None)
    job.carry_out(case_id)


def agreed(world: World, **changes: Any) -> int:
    case_id = in_review(**changes)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer)
    return case_id


def waits(case_id: int) -> PendingDecision:
    return PendingDecision.objects.filter(case_id=case_id).latest("pk")


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def at(moment: datetime) -> Any:
    return frozen(moment)


def due_commit(case_id: int) -> bool:
    return undo_window.make_pending_decision(waits(case_id).pk, actor=SYSTEM)


def letter_on(fake: FakePlatform) -> str:
    ((_, text),) = fake.accounts[ACCOUNT].notices
    return text


def the_hold(case_id: int) -> Decision:
    return Decision.objects.get(case_id=case_id, awaits__isnull=False)


def test_the_holder_is_restricted_and_reads_for_a_day_before_the_closure(world: World, fake: FakePlatform) -> None:
    """Restricted at the second vote, with one letter that says when; closed a day after its delivery, not before; the
    letter's code opens the restriction, then the closure.
    """
    case_id = agreed(world)
    assert (state(case_id), fake.orders) == (CaseState.COMMITTING, [])
    carry_out(case_id)
    assert (fake.orders, fake.accounts[ACCOUNT].state) == (["deliver", "restrict"], AccountState.RESTRICTED)
    hold = the_hold(case_id)
    assert (hold.kind, hold.seconded_by_id is not None, hold.statement.delivered_at) == (RESTRICT, True, now())
    closes_at = waits(case_id).closes_at()
    assert closes_at - now() == READING
    code = appeal_code(hold.pk)
    assert code in letter_on(fake)
    assert say_moment(closes_at.replace(second=0, microsecond=0) + timedelta(minutes=1), Language.INDONESIAN) in (
        letter_on(fake)
    )
    opened = access_statement(code)
    assert (opened.kind, opened.closes_at, opened.taken_back) == (RESTRICT, closes_at, False)
    (listed,) = list_pending(actor=world.supervisor)
    assert (listed.restricted, listed.undo_until) == (True, closes_at)
    assert (Strike.objects.count(), Letter.objects.count()) == (0, 0)
    with at(closes_at - timedelta(seconds=1)):
        assert due_commit(case_id) is False
        carry_out(case_id)
        assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED
    with at(closes_at):
        assert due_commit(case_id) is True
        carry_out(case_id)
    assert fake.orders == ["deliver", "restrict", "close"]
    assert (fake.accounts[ACCOUNT].state, state(case_id)) == (AccountState.CLOSED, CaseState.RESOLVED)
    assert (len(fake.accounts[ACCOUNT].notices), Strike.objects.count(), Letter.objects.count()) == (1, 1, 1)
    assert access_statement(code).kind is CLOSE
    assert set(decisions_in_force().values_list("kind", flat=True)) == {CLOSE}


def test_a_letter_that_came_late_moves_the_closure(world: World, fake: FakePlatform) -> None:
    """If the platform could not be reached until an hour before the planned time, a day follows the delivery."""
    case_id = agreed(world)
    fake.down = True
    carry_out(case_id)
    assert (fake.orders, Action.objects.get().state) == ([], ActionState.PENDING)
    fake.down = False
    planned = waits(case_id).undo_until
    with at(planned):
        due_commit(case_id)
        carry_out(case_id)
        assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED
        closing = Action.objects.get(decision__case_id=case_id, kind=ActionKind.CLOSE)
        assert (closing.state, Action.objects.get(kind=ActionKind.RESTRICT).state) == (
            ActionState.PENDING,
            ActionState.ENDED,
        )
        delivered = Statement.objects.get(decision__kind=CLOSE).delivered_at
        assert delivered == now()
        assert closing.next_attempt_at is not None
        assert closing.next_attempt_at >= planned + READING
    with at(planned + READING - timedelta(seconds=1)):
        Action.objects.filter(pk=closing.pk).update(next_attempt_at=None)
        carry_out(case_id)  # whoever asks sooner
        assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED
    with at(planned + READING + timedelta(seconds=2)):
        Action.objects.filter(pk=closing.pk).update(next_attempt_at=None)
        carry_out(case_id)
    assert (fake.accounts[ACCOUNT].state, fake.orders.count("deliver")) == (AccountState.CLOSED, 1)


def test_a_worker_that_died_with_the_letter_unrecorded(
    world: World, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restriction then ends with the closure, which has a letter of its own; both codes open the same measure, and
    the ended restriction is no alarm.
    """
    case_id, sending = agreed(world), fake.deliver

    def dies(*arguments: Any) -> None:
        sending(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fake, "deliver", dies)
        with pytest.raises(KeyboardInterrupt):
            carry_out(case_id)
    (task,) = attempts.open_tasks(case_id)
    with at(waits(case_id).undo_until):
        due_commit(case_id)
        with pytest.raises(authorisation.NotAuthorised) as refused:
            authorisation.require_decision(task)
        with capture_logs() as logs:
            assert job._refuse(task, [], Step.OBSERVE, refused.value) is ActionState.ENDED
        assert [(line["event"], line["log_level"]) for line in logs] == [("action_not_authorised", "info")]
        carry_out(case_id)
        letters = [text for _, text in fake.accounts[ACCOUNT].notices]
        assert len(set(letters)) == len(letters) == 2
        assert {access_statement(appeal_code(decision.pk)).kind for decision in Decision.objects.all()} == {CLOSE}


@pytest.mark.parametrize("overdue", [False, True])
@pytest.mark.parametrize(("channel", "met"), [(Channel.PUBLIC, True), (Channel.MINISTRY, False)])
def test_only_a_clock_that_no_restriction_meets_shortens_it(
    world: World,
    fake: FakePlatform,
    channel: Channel,
    met: bool,
    overdue: bool,
) -> None:
    """An authority's deadline ends earlier: the closure then comes at its end, and never before it could be undone,
    overdue or not.
    """
    case_id = in_review()
    Report.objects.filter(case_id=case_id).update(channel=channel)
    left = timedelta(hours=-3) if overdue else timedelta(hours=6)
    Case.objects.filter(pk=case_id).update(channel=channel, opened_at=now() - timedelta(days=2), due_at=now() + left)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer)
    waited = waits(case_id).undo_until - now()
    short = UNDO if overdue else left - timedelta(minutes=1)
    assert waited == (READING if met else short)
    assert (Case.objects.get(pk=case_id).met_at is not None) is met
    assert waits(case_id).reading == int(waited.total_seconds())


def test_undoing_it_lifts_the_restriction_and_says_so(world: World, fake: FakePlatform) -> None:
    """Also hours later: the account is open again, this is observed, and its holder reads that nothing is closed."""
    case_id = agreed(world)
    carry_out(case_id)
    with at(now() + timedelta(hours=5)):
        undo_window.undo_decision(case_id, actor=world.reviewers[0])
        carry_out(case_id)
        assert fake.accounts[ACCOUNT].state is AccountState.ACTIVE
    lifted = Action.objects.get(kind=ActionKind.RESTORE)
    assert (lifted.state, lifted.verifications.get().result) == (ActionState.DONE, "confirmed")
    assert (state(case_id), Case.objects.get(pk=case_id).met_at) == (CaseState.IN_REVIEW, None)
    assert len(fake.accounts[ACCOUNT].notices) == 2
    assert any("ditarik kembali" in text for _, text in fake.accounts[ACCOUNT].notices)
    assert access_statement(appeal_code(the_hold(case_id).pk)).taken_back
    assert (decisions_in_force().exists(), Letter.objects.exists()) == (False, False)
    for reviewer in world.reviewers[:2]:  # judged anew, it is restricted anew
        vote(case_id, CLOSE, reviewer)
    carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED


def test_what_was_undone_before_the_worker_came_is_never_done(world: World, fake: FakePlatform) -> None:
    """A mistake that is noticed at once has no effect on anybody."""
    case_id = agreed(world)
    undo_window.undo_decision(case_id, actor=world.reviewers[0])
    carry_out(case_id)
    assert (fake.orders, fake.accounts[ACCOUNT].state) == ([], AccountState.ACTIVE)


def test_a_vote_that_counts_no_longer_lifts_it(world: World, fake: FakePlatform) -> None:
    """If one of the two may not vote any more, the account is open again until others have decided."""
    case_id = agreed(world)
    carry_out(case_id)
    people.deactivate_person(world.reviewers[0].person_id or 0, actor=CLI)
    carry_out(case_id)
    assert (fake.accounts[ACCOUNT].state, state(case_id)) == (AccountState.ACTIVE, CaseState.IN_REVIEW)
    assert waits(case_id).end == PendingEnd.LAPSED


def _cannot(*steps: Step) -> None:
    platform = Platform.objects.get()
    for step in steps:
        platform.capabilities[step] = {**platform.capabilities[step], "supported": False}
    platform.save()


def test_where_the_platform_cannot_restrict_the_holder_is_told_and_it_closes_after_the_undo(
    world: World,
    fake: FakePlatform,
) -> None:
    """The letter comes at the second vote, the closure ten minutes later; the account does not stay open for a day."""
    _cannot(Step.RESTRICT)
    case_id = agreed(world)
    carry_out(case_id)
    assert (fake.orders, fake.accounts[ACCOUNT].state) == (["deliver"], AccountState.ACTIVE)
    assert "akan ditutup" in letter_on(fake)
    assert "dibatasi." not in letter_on(fake).partition("Lama:")[0]
    assert (waits(case_id).undo_until - now(), Case.objects.get(pk=case_id).met_at) == (UNDO, None)
    assert not decisions_in_force().exists()
    assert Action.objects.get().state == ActionState.DONE
    with at(waits(case_id).closes_at() + timedelta(seconds=2)):
        due_commit(case_id)
        carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED
    assert fake.orders.count("deliver") == 1


def test_where_the_platform_can_do_neither_nothing_goes_before(world: World, fake: FakePlatform) -> None:
    """Without letter and restriction the account is closed once it cannot be undone any more."""
    _cannot(Step.RESTRICT, Step.DELIVER)
    case_id = agreed(world)
    assert not Decision.objects.exists()
    assert waits(case_id).undo_until - now() == UNDO


def test_an_appeal_does_not_stop_it_and_is_shown_to_whoever_can(world: World, fake: FakePlatform) -> None:
    """The supervisor sees it beside the waiting closure; at the closure it continues against that, with the same
    code.
    """
    case_id = agreed(world)
    carry_out(case_id)
    code = appeal_code(the_hold(case_id).pk)
    filed = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
    (listed,) = list_pending(actor=world.supervisor)
    assert listed.appeal_id == filed.pk
    with at(waits(case_id).closes_at()):
        assert due_commit(case_id)
        carry_out(case_id)
        filed.refresh_from_db()
        assert (filed.decision.kind, fake.accounts[ACCOUNT].state) == (CLOSE, AccountState.CLOSED)
        with pytest.raises(appeals.AppealExists):
            appeals.file_appeal(code, "Sekali lagi.....", actor=HOLDER)
        appeals.decide_appeal(filed.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
        carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.ACTIVE
    opened = access_statement(code)
    assert opened.appeal is not None
    assert (opened.kind, opened.restored) == (CLOSE, True)


def test_an_appeal_that_succeeds_in_time_closes_nothing(world: World, fake: FakePlatform) -> None:
    """A person without a vote decides it: the account is open again, the case is over, and reporters are told."""
    filed = report()
    case_id = filed.case_id
    triage_case(case_id, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer)
    carry_out(case_id)
    seen = access_report(filed.receipt)
    assert seen.held is not None
    assert (seen.held.restricted, seen.held.closes_at) == (True, waits(case_id).closes_at())
    appeal = appeals.file_appeal(appeal_code(the_hold(case_id).pk), "Bukan saya yang menulis.", actor=HOLDER)
    with pytest.raises(appeals.HadAVote):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[0])
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
    assert waits(case_id).end == PendingEnd.APPEALED
    carry_out(case_id)
    assert (fake.accounts[ACCOUNT].state, state(case_id)) == (AccountState.ACTIVE, CaseState.RESOLVED)
    with at(waits(case_id).undo_until):
        assert due_commit(case_id) is False
    assert (Strike.objects.count(), Letter.objects.get().key, access_report(filed.receipt).held) == (
        0,
        "reporter_restore",
        None,
    )


def test_an_appeal_that_fails_in_time_lets_it_go_on(world: World, fake: FakePlatform) -> None:
    """And the holder reads the answer with the same code after the closure."""
    case_id = agreed(world)
    carry_out(case_id)
    code = appeal_code(the_hold(case_id).pk)
    filed = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(filed.pk, overturn=False, reasons="Bukti jelas sekali.", actor=world.reviewers[2])
    with at(waits(case_id).closes_at()):
        assert due_commit(case_id)
        carry_out(case_id)
    answered = access_statement(code).appeal
    assert (fake.accounts[ACCOUNT].state, answered and answered.reasons) == (AccountState.CLOSED, "Bukti jelas sekali.")


def test_a_word_while_the_holder_reads_lifts_nothing(world: World, fake: FakePlatform) -> None:
    """One anonymous message does not open a restricted account: the closure waits for a supervisor without a vote."""
    case_id = agreed(world)
    carry_out(case_id)
    with at(now() + UNDO + timedelta(minutes=1)):
        report(route=ReportRoute.VICTIM, source="n1", network="n1", text="Saya orangnya, tolong saya")
    assert (state(case_id), DecisionPause.objects.count()) == (CaseState.COMMITTING, 1)
    with at(waits(case_id).closes_at()):
        assert due_commit(case_id) is False
        carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED


def test_an_account_that_vanished_meanwhile_is_looked_at_by_a_person(world: World, fake: FakePlatform) -> None:
    """Nothing is created in order to be closed, and the closure is visibly stuck."""
    case_id = agreed(world)
    carry_out(case_id)
    del fake.accounts[ACCOUNT]
    with at(waits(case_id).closes_at()):
        due_commit(case_id)
        carry_out(case_id)
    assert Action.objects.get(kind=ActionKind.CLOSE).state == ActionState.STUCK
    assert ACCOUNT not in fake.accounts


def test_rows_alone_restrict_nothing(world: World, fake: FakePlatform) -> None:
    """A restriction needs the two waiting votes; one without its verb's commitment is stuck; none follows from a
    dismissal.
    """
    case_id = agreed(world)
    hold = the_hold(case_id)
    undo_window.undo_decision(case_id, actor=world.reviewers[0])
    copy = {
        name: getattr(hold, name)
        for name in (
            "case_id",
            "subject_id",
            "kind",
            "legal_basis",
            "facts",
            "ends_at",
            "policy_hash",
            "decided_by_id",
            "seconded_by_id",
            "provisional",
            "awaits_id",
            "decided_at",
        )
    }
    with pytest.raises(IntegrityError, match="rests on the votes for it"), transaction.atomic():
        Decision.objects.create(**copy)
    vote(case_id, CLOSE, world.reviewers[0])
    with pytest.raises(IntegrityError, match="rests on the votes for it"), transaction.atomic():
        Decision.objects.create(**copy)  # one person's vote, and a waiting that has ended


def test_a_hold_without_its_commitment_is_refused_by_the_worker(
    world: World, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with the web server's connection and without its key cannot restrict."""
    monkeypatch.setattr("jaga.decisions.verbs.interim_restrictions.decision_commitment", lambda *_: "00")
    case_id = agreed(world)
    carry_out(case_id)
    assert (fake.orders, Action.objects.get().state) == ([], ActionState.STUCK)


def test_new_reports_join_while_it_waits(world: World, fake: FakePlatform) -> None:
    """An account that is being closed opens no second case."""
    case_id = agreed(world)
    carry_out(case_id)
    joined = report(text="Masih menawarkan hal yang sama.", source="s2")
    assert (joined.case_id, Case.objects.count(), state(case_id)) == (case_id, 1, CaseState.COMMITTING)
