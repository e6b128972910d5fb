"""Notices to operators: created once, provably received, answered, clarified, repeated, withdrawn."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.casework.operator_world import Operator, asked, contact, handed_over, make_operator
from tests.factories import World, decided_closure, in_review, resolved_closure, rows, the_action, vote

from jaga.actions.verbs import attempts
from jaga.actions.verbs.verification import due_manual_checks, due_verifications
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Letter, Outcome, Statement
from jaga.cases.verbs.notice_dialogue import NoticeMovedOn, NoticeWasWithdrawn, withdraw_of
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import Handover, OperatorAnswer
from jaga.core.terms.cases import AccountState, ActionState, DecisionKind, OutcomeKind, Step, VerificationResult
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import ContactDetails, Notice, OutgoingMail
from jaga.operators.verbs import answers, notices
from jaga.operators.verbs import notices as manual_checks
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import ask_again, clarify_notice, open_notice, withdraw_notice
from jaga.people.models import Organisation
from jaga.policy.release import load_release
from jaga.store.models import LedgerEntry

START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
WHY = "Nomor ini tidak ada di layanan kami."


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def test_an_action_has_one_notice_with_reasons_and_no_reporter(world: World, operator: Operator) -> None:
    """Created once however often the worker runs; with category, law and facts, and the holder's letter."""
    action = the_action(
        decided_closure(
            world, platform=operator.platform, account="tamu-77", name="Ani Pelapor", contact="ani@example.id"
        )
    ).pk
    notice = handed_over(action)
    assert notices.notice_for(action, actor=SYSTEM) == notice.pk
    message = notices.message_of(notice.pk)
    assert (message.number, message.action, message.account.account_id) == (f"P{notice.pk:06d}", "close", "tamu-77")
    assert message.legal_basis
    assert message.facts
    assert "/appeal/" in message.statement
    assert "Ani" not in repr(message)
    assert the_action(notice.case_id).state == ActionState.WAITING
    assert notices.message_of(notice.pk) == message


def test_a_victim_first_notice_carries_no_facts(world: World, operator: Operator) -> None:
    """What a reviewer wrote about the victim is sent to no operator, in the holder's letter neither."""
    case_id = in_review(platform=operator.platform, account="tamu-78", category="trafficking")
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, facts="Tampak seorang yang ditahan di sebuah kamar.")
    notice = handed_over(the_action(case_id).pk)
    message = notices.message_of(notice.pk)
    assert (notice.facts, message.facts) == ("", "")
    assert "/appeal/" in message.statement
    assert "ditahan" not in repr(message)


def test_contacts_are_called_once_for_each_turn_and_told_nothing(world: World, operator: Operator) -> None:
    """One mail for each contact person of this operator, which says who asks whom and what to do; without account,
    category or number.
    """
    notice = asked(world, operator)
    notices.record_delivery(notice.pk, Handover(False), actor=SYSTEM)
    mails = list(OutgoingMail.objects.all())
    assert {mail.person_id for mail in mails} == {operator.contact.person_id, operator.colleague.person_id}
    assert len(mails) == 2
    said = mails[0].body
    assert notice.operator.name in said
    assert "/console/notices/" in said
    assert "%(" not in said
    assert not any(
        secret in f"{mail.subject}{mail.body}"
        for mail in mails
        for secret in ("tamu-77", notice.number, "BO", notice.category)
    )


def test_opening_is_the_receipt_and_starts_the_clock_once(world: World, operator: Operator) -> None:
    """No deadline before; 24 hours from the first opening; a later opening by a colleague changes nothing."""
    with frozen(START):
        notice = asked(world, operator)
        assert (notice.state, notice.due_at, notice.received_at) == (NoticeState.SENT, None, None)
        open_notice(notice.pk, actor=operator.contact)
    with frozen(START + timedelta(hours=3)):
        before = rows()
        open_notice(notice.pk, actor=operator.colleague)
        assert rows() == before
    seen = fresh(notice)
    assert (seen.state, seen.received_at, seen.due_at) == (NoticeState.RECEIVED, START, START + timedelta(hours=24))
    assert (seen.received_by_id, seen.receipt_proof) == (operator.contact.person_id, "portal")


def test_an_urgent_notice_has_four_hours(world: World, operator: Operator) -> None:
    """MR5 art. 14(3)."""
    with frozen(START):
        case_id = decided_closure(world, platform=operator.platform, account="tamu-79")
        Case.objects.filter(pk=case_id).update(urgent=True)
        notice = handed_over(the_action(case_id).pk)
        open_notice(notice.pk, actor=operator.contact)
    assert fresh(notice).due_at == START + timedelta(hours=4)


def test_a_signed_receipt_starts_the_clock_too(world: World, operator: Operator) -> None:
    """The software signed for the receipt: no mail is needed, and no person is named."""
    with frozen(START):
        notice = asked(world, operator, received=True)
    assert (notice.state, notice.received_at, notice.received_by_id) == (NoticeState.RECEIVED, START, None)
    assert not OutgoingMail.objects.exists()


Verb = Callable[[int, Actor], object]
VERBS: dict[str, Verb] = {
    "open": lambda notice, actor: open_notice(notice, actor=actor),
    "answer": lambda notice, actor: answer_notice(notice, AnswerKind.REFUSED, WHY, actor=actor),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_only_this_operators_contacts_open_and_answer(verb: Verb, world: World, operator: Operator) -> None:
    """Another operator's contact learns nothing; our own people, officers and programs are refused."""
    notice = asked(world, operator)
    before = rows()
    with pytest.raises(NotFound):
        verb(notice.pk, operator.stranger)
    for actor in (*world.everyone, SYSTEM, CLI):
        with pytest.raises(NotPermitted):
            verb(notice.pk, actor)
    assert rows() == before
    verb(notice.pk, operator.contact)
    assert rows() != before


def test_done_is_a_claim_and_somebody_checks(world: World, operator: Operator) -> None:
    """The operator answers done: the case stays open until a person of ours checked it; then reporters are told."""
    notice = asked(world, operator)
    assert answer_notice(notice.pk, AnswerKind.DONE, handed_over=True, actor=operator.contact) is NoticeState.ANSWERED
    case_id, action = notice.case_id, the_action(notice.case_id)
    assert (action.state, Case.objects.get(pk=case_id).state) == (ActionState.WAITING, CaseState.ACTING)
    assert Outcome.objects.get(action=action, step=Step.ASK).kind == OutcomeKind.DONE
    assert Statement.objects.get(decision__case=case_id).delivered_at is not None
    assert not Letter.objects.exists()
    result = manual_checks.record_manual_check(
        action.pk, AccountState.CLOSED, "Profilnya tidak ada lagi.", actor=world.reviewers[0]
    )
    assert result is VerificationResult.CONFIRMED
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    assert action.verifications.get().checked_by_id == world.reviewers[0].person_id
    assert Letter.objects.get().key == "reporter_close"


def test_where_the_profile_can_be_read_the_worker_checks(world: World) -> None:
    """On an observable platform the worker checks the claim, not a person."""
    notice = asked(world, make_operator("berkabar", "webhook", observes=True))
    answers.take_answer(notice.pk, OperatorAnswer(notice.number, AnswerKind.ALREADY), proof="m1", actor=SYSTEM)
    assert the_action(notice.case_id).state == ActionState.PENDING
    assert attempts.open_tasks(notice.case_id)


def test_a_check_that_contradicts_is_stuck_and_can_be_asked_again(world: World, operator: Operator) -> None:
    """If the account is still open, a supervisor asks again under the same number, with a new deadline."""
    with frozen(START):
        notice = asked(world, operator)
        answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    action = the_action(notice.case_id).pk
    look = manual_checks.record_manual_check(
        action, AccountState.ACTIVE, "Masih dapat dicari.", actor=world.reviewers[0]
    )
    assert look is VerificationResult.CONTRADICTED
    assert the_action(notice.case_id).state == ActionState.STUCK
    with pytest.raises(NotPermitted):
        ask_again(notice.pk, "Akunnya masih aktif.", actor=world.reviewers[0])
    with frozen(START + timedelta(days=2)):
        ask_again(notice.pk, "Akunnya masih aktif.", actor=world.supervisor)
        again = handed_over(action)
        assert (again.pk, again.due_at) == (notice.pk, None)
        assert notices.message_of(again.pk).corrects == "Akunnya masih aktif."
        open_notice(notice.pk, actor=operator.contact)
        answer_notice(notice.pk, AnswerKind.DONE, "Sekarang sudah.", actor=operator.contact)
    assert fresh(notice).due_at == START + timedelta(days=3)
    manual_checks.record_manual_check(action, AccountState.CLOSED, "Sudah hilang.", actor=world.reviewers[0])
    assert Case.objects.get(pk=notice.case_id).state == CaseState.RESOLVED


def test_who_could_not_see_it_leaves_it_in_the_list(world: World, operator: Operator) -> None:
    """UNKNOWN does not count as a check: the action waits for somebody who can see the account."""
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    action = the_action(notice.case_id).pk
    manual_checks.record_manual_check(
        action, AccountState.UNKNOWN, "Aplikasinya menolak saya.", actor=world.reviewers[0]
    )
    assert the_action(notice.case_id).state == ActionState.WAITING
    manual_checks.record_manual_check(action, AccountState.CLOSED, "Tidak ada lagi.", actor=world.reviewers[1])
    assert the_action(notice.case_id).state == ActionState.DONE
    with pytest.raises(IllegalTransition):
        manual_checks.record_manual_check(action, AccountState.CLOSED, "Tidak ada lagi.", actor=world.reviewers[1])


def test_a_person_checks_again_by_the_same_schedule(world: World, operator: Operator) -> None:
    """After an hour a check is due for a person, not for the worker; if the account is open, a new case is opened."""
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    action = the_action(notice.case_id).pk
    manual_checks.record_manual_check(action, AccountState.CLOSED, "Tidak ada lagi.", actor=world.reviewers[0])
    done = the_action(notice.case_id).finished_at
    assert done is not None
    schedule = load_release().enforcement.verification
    with frozen(done + schedule[1] - timedelta(seconds=1)):
        assert due_manual_checks() == ()
    with frozen(done + schedule[1]):
        assert (due_manual_checks(), due_verifications()) == ((action,), ())
        manual_checks.record_manual_check(action, AccountState.CLOSED, "Masih tidak ada.", actor=world.reviewers[1])
        assert due_manual_checks() == ()
    with frozen(done + schedule[2]):
        manual_checks.record_manual_check(action, AccountState.ACTIVE, "Muncul lagi.", actor=world.reviewers[0])
        assert due_manual_checks() == ()
    assert the_action(notice.case_id).state == ActionState.DONE
    assert Case.objects.exclude(pk=notice.case_id).get().reopens_id == notice.case_id


def test_a_refusal_needs_a_reason_and_comes_to_a_supervisor(world: World, operator: Operator) -> None:
    """The action is stuck with the operator's words; only a supervisor may ask again."""
    notice = asked(world, operator)
    before = rows()
    with pytest.raises(InvalidInput):
        answer_notice(notice.pk, AnswerKind.REFUSED, "  ", actor=operator.contact)
    assert rows() == before
    answer_notice(notice.pk, AnswerKind.REFUSED, WHY, actor=operator.contact)
    action = the_action(notice.case_id)
    assert (action.state, Outcome.objects.get(action=action).detail) == (ActionState.STUCK, WHY)
    with pytest.raises(attempts.OperatorRefused):
        attempts.retry_stuck(action.pk, actor=world.supervisor)
    ask_again(notice.pk, "Nomornya benar, lihat lagi.", actor=world.supervisor)
    assert the_action(notice.case_id).state == ActionState.PENDING


def test_a_refusal_can_be_ended_or_thought_over(world: World, operator: Operator) -> None:
    """A supervisor accepts it and everybody is told; or the operator does it after all."""
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.REFUSED, WHY, actor=operator.contact)
    attempts.end_stuck(the_action(notice.case_id).pk, "Operator benar, akun itu tidak ada.", actor=world.supervisor)
    assert (fresh(notice).state, Letter.objects.get().key) == (NoticeState.ANSWERED, "reporter_ended")
    with pytest.raises(NoticeMovedOn):
        answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    other = asked(world, operator, account="tamu-80")
    answer_notice(other.pk, AnswerKind.REFUSED, WHY, actor=operator.contact)
    answer_notice(other.pk, AnswerKind.DONE, "Ternyata ada.", actor=operator.contact)
    assert fresh(other).answer == AnswerKind.DONE
    assert the_action(other.case_id).state == ActionState.PENDING


@pytest.mark.parametrize("kind", [AnswerKind.INVALID_LOCATOR, AnswerKind.WRONG_SCREENSHOT])
def test_the_clock_rests_while_we_owe_a_clarification(kind: AnswerKind, world: World, operator: Operator) -> None:
    """With twenty hours left, twenty remain however long we take; they run again from receipt of the correction."""
    with frozen(START):
        notice = asked(world, operator)
        open_notice(notice.pk, actor=operator.contact)
    with frozen(START + timedelta(hours=4)):
        answer_notice(notice.pk, kind, WHY, actor=operator.contact)
    resting = fresh(notice)
    assert (resting.state, resting.due_at, resting.left) == (NoticeState.ASKED_BACK, None, timedelta(hours=20))
    assert the_action(notice.case_id).state == ActionState.WAITING
    with frozen(START + timedelta(days=3)):
        with pytest.raises(InvalidInput):
            clarify_notice(notice.pk, "", actor=world.reviewers[0])
        clarify_notice(notice.pk, "Akunnya bernama tamu-77, dengan garis.", actor=world.reviewers[0])
        again = handed_over(the_action(notice.case_id).pk)
        assert (again.due_at, again.left, again.answer) == (None, timedelta(hours=20), "")
        assert notices.message_of(notice.pk).corrects == "Akunnya bernama tamu-77, dengan garis."
        with pytest.raises(NoticeMovedOn):
            clarify_notice(notice.pk, "Sekali lagi, sama.", actor=world.reviewers[0])
    later = START + timedelta(days=3, hours=5)
    with frozen(later):
        open_notice(notice.pk, actor=operator.colleague)
    assert (fresh(notice).due_at, fresh(notice).received_at) == (later + timedelta(hours=20), START)


def test_asking_back_too_late_does_not_make_it_punctual(world: World, operator: Operator) -> None:
    """A notice that was two hours overdue stays two hours overdue when the deadline continues."""
    with frozen(START):
        notice = asked(world, operator)
        open_notice(notice.pk, actor=operator.contact)
    with frozen(START + timedelta(hours=26)):
        answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, WHY, actor=operator.contact)
        clarify_notice(notice.pk, "Lihat namanya lagi.", actor=world.reviewers[0])
        handed_over(the_action(notice.case_id).pk)
        open_notice(notice.pk, actor=operator.contact)
    assert fresh(notice).due_at == START + timedelta(hours=24)


def test_the_same_answer_twice_is_one_answer(world: World, operator: Operator) -> None:
    """A form sent twice has no second effect; a different second answer is refused."""
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.DONE, "Sudah.", actor=operator.contact)
    before = rows()
    answer_notice(notice.pk, AnswerKind.DONE, "Sudah.", actor=operator.contact)
    with pytest.raises(NoticeMovedOn):
        answer_notice(notice.pk, AnswerKind.REFUSED, WHY, actor=operator.contact)
    assert rows() == before


def test_an_answer_that_came_before_our_own_record_stays(world: World) -> None:
    """If the platform's software answers before our own commit, its answer is not overwritten."""
    fast = make_operator("berkabar", "webhook")
    action = the_action(decided_closure(world, platform=fast.platform, account="tamu-81")).pk
    attempts.start_attempt(action, actor=SYSTEM)
    notice_id = notices.notice_for(action, actor=SYSTEM)
    number = Notice.objects.get(pk=notice_id).number
    answers.take_answer(notice_id, OperatorAnswer(number, AnswerKind.DONE), proof="m1", actor=SYSTEM)
    assert notices.record_delivery(notice_id, Handover(True), actor=SYSTEM) is ActionState.WAITING
    assert Notice.objects.get(pk=notice_id).state == NoticeState.ANSWERED


def test_a_withdrawn_notice_asks_for_nothing(world: World, operator: Operator) -> None:
    """The action ends with its reason, people are told, and a late answer is refused without effect."""
    notice = asked(world, operator)
    with pytest.raises(NotPermitted):
        withdraw_notice(notice.pk, "Keputusan dibatalkan.", actor=world.reviewers[0])
    withdraw_notice(notice.pk, "Keputusan dibatalkan.", actor=world.supervisor)
    assert (fresh(notice).state, the_action(notice.case_id).state) == (NoticeState.WITHDRAWN, ActionState.ENDED)
    assert Letter.objects.get().key == "reporter_ended"
    before = rows()
    for call in (
        lambda: answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact),
        lambda: withdraw_notice(notice.pk, "Sekali lagi saja.", actor=world.supervisor),
    ):
        with pytest.raises((NoticeWasWithdrawn, NoticeMovedOn)):
            call()
    assert rows() == before


def test_an_action_that_ends_otherwise_takes_its_notice_back(world: World, operator: Operator) -> None:
    """`withdraw_of` is called when an action ends; without a notice, or with an ended one, it does nothing."""
    notice = asked(world, operator)
    withdraw_of(the_action(notice.case_id), "Batas waktunya lewat.", actor=SYSTEM)
    assert fresh(notice).state == NoticeState.WITHDRAWN
    direct = the_action(decided_closure(world, account="@lain:localhost"))
    before = rows()
    withdraw_of(direct, "Batas waktunya lewat.", actor=SYSTEM)
    withdraw_of(the_action(notice.case_id), "Batas waktunya lewat.", actor=SYSTEM)
    assert rows() == before


def test_every_turn_is_in_the_ledger_without_contents(world: World, operator: Operator) -> None:
    """Who, what and when; no written words."""
    notice = asked(world, operator)
    open_notice(notice.pk, actor=operator.contact)
    answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, WHY, actor=operator.contact)
    clarify_notice(notice.pk, "Lihat namanya lagi.", actor=world.reviewers[0])
    handed_over(the_action(notice.case_id).pk)
    answer_notice(notice.pk, AnswerKind.DONE, "Sudah ditutup.", actor=operator.contact)
    entries = list(LedgerEntry.objects.filter(case_ref=notice.case_id, payload__has_key="notice").order_by("pk"))
    assert [entry.verb for entry in entries] == [
        "make_notice",
        "send_notice",
        "receive_notice",
        "answer_notice",
        "clarify_notice",
        "send_notice",
        "receive_notice",
        "answer_notice",
    ]
    everything = "".join(str(entry.payload) for entry in entries)
    assert not any(word in everything for word in (WHY, "Lihat", "Sudah", "tamu-77"))


def test_a_notice_that_is_not_handed_over_cannot_be_opened(world: World, operator: Operator) -> None:
    """A notice that was not sent does not exist for the operator, even with its number."""
    action = the_action(decided_closure(world, platform=operator.platform, account="tamu-82")).pk
    notice_id = notices.notice_for(action, actor=SYSTEM)
    for call in (
        lambda: open_notice(notice_id, actor=operator.contact),
        lambda: answer_notice(notice_id, AnswerKind.DONE, actor=operator.contact),
        lambda: open_notice(notice_id + 1, actor=operator.contact),
    ):
        with pytest.raises(NotFound):
            call()


def test_whoever_left_office_is_not_called(world: World, operator: Operator) -> None:
    """Mail is sent to the present contact persons only."""
    gone = contact("pensiun", Organisation.objects.get(pk=operator.contact.organisation_id))
    ContactDetails.objects.filter(person_id=gone.person_id).update(until=START.date() - timedelta(days=400))
    asked(world, operator)
    assert not OutgoingMail.objects.filter(person_id=gone.person_id).exists()


def test_a_direct_platform_is_not_touched(world: World) -> None:
    """If Jaga can act itself, no notice is sent."""
    resolved_closure(world)
    assert not Notice.objects.exists()
