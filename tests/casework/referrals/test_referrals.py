"""A referral reaches its receiver, or everybody can see that it has not."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.factories import PLATFORM, World, carry_through, in_review, lose_clearance_of, vote
from tests.roles import acting_as

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Letter
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, RECEIVER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.referrals import ReferralState
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind
from jaga.core.terms.reports import Danger, ReferralOutcome
from jaga.decisions.models import CaseAlarm
from jaga.operators.models import OutgoingMail
from jaga.quality.verbs.canary_cases import NewCanaryCase, make_canary
from jaga.referrals.jobs import maintain_referrals
from jaga.referrals.models import Referral
from jaga.referrals.reads import access_received, access_referral, list_received, list_referrals
from jaga.referrals.verbs import referrals, replies
from jaga.referrals.verbs import replies as clocks
from jaga.reporting.reads.followed_reports import access_visited
from jaga.store.codes import referral_code, referral_secret
from jaga.store.grants import Part
from jaga.store.kernel.notification_mail import mail_sent, take_mail
from jaga.store.models import LedgerEntry

WORDS = "Anak mungkin disakiti malam ini juga."
CHILD = "violence_against_children"
HAND, MAIL = "sapa_129", "child_protection_office"


@pytest.fixture
def world(world: World, settings: Any) -> World:
    """With a mail server and the address of one office."""
    settings.JAGA_SMTP, settings.JAGA_RECEIVER_MAIL = True, {MAIL: "uptd@contoh.example"}
    return world


def police(world: World) -> str:
    return f"police_officers.{world.officer.organisation_id}"


def new(receiver: str = HAND, danger: Danger | None = Danger.CHILD, words: str = WORDS) -> referrals.NewReferral:
    return referrals.NewReferral(receiver, danger, words)


def decided(world: World, category: str = CHILD, **changes: Any) -> int:
    """A case that two people decided to refer; returns the number of its draft."""
    case_id = in_review(category=category, **changes)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.REFER, reviewer)
    carry_through(case_id)
    return Referral.objects.get(case_id=case_id).pk


def letters(referral_id: int) -> list[str]:
    return list(Letter.objects.filter(case__referrals=referral_id).order_by("pk").values_list("key", flat=True))


def state(referral_id: int) -> str:
    return Referral.objects.get(pk=referral_id).state


def addressed(world: World, receiver: str, **changes: Any) -> int:
    number = decided(world, **changes)
    referrals.address_referral(number, new(receiver), actor=world.reviewers[0])
    replies.send_referral(number, actor=SYSTEM)
    return number


def test_the_reporter_reads_passed_on_only_after_somebody_confirmed_it(world: World) -> None:
    """Before that: decided, and not confirmed. The page and the letter say the same."""
    number = addressed(world, HAND)
    report = Report.objects.get(case__referrals=number)
    assert letters(number) == ["reporter_referring"]
    assert access_visited(report.pk).referring
    replies.record_acknowledgement(number, replies.Taken("Ibu Rina, SAPA"), actor=world.reviewers[2])
    assert letters(number) == ["reporter_referring", "reporter_refer"]
    assert not access_visited(report.pk).referring
    with pytest.raises(replies.AlreadyConfirmed):
        replies.record_acknowledgement(number, replies.Taken("Lagi"), actor=world.reviewers[2])
    assert letters(number) == ["reporter_referring", "reporter_refer"]


def test_one_person_alone_decides_no_referral(world: World) -> None:
    """Also in a label: a referral hands somebody to an authority."""
    case_id = in_review(category=CHILD)
    assert vote(case_id, DecisionKind.REFER, world.reviewers[0]).state is CaseState.SECOND_VOTE
    assert not Referral.objects.exists()


def test_officers_read_and_confirm_what_is_theirs_and_nobody_elses(world: World) -> None:
    """The message has the account, the category and the danger, and neither the case nor a reporter."""
    number = addressed(world, police(world), name="Ani Pelapor", contact="ani@contoh.example")
    assert state(number) == ReferralState.SENT
    (listed,) = list_received(actor=world.officer)
    seen = access_received(number, actor=world.officer)
    assert seen.message is not None
    assert (seen.number, seen.message.danger, seen.message.words) == (listed.number, Danger.CHILD, WORDS)
    case = Case.objects.get(referrals=number)
    for secret in (case.reference, "Ani", "ani@contoh", "open BO"):
        assert secret not in repr(seen) + str(seen.message) + repr(seen.message.words)
    assert list_received(actor=world.minister) == ()
    for refused in (
        lambda: access_received(number, actor=world.minister),
        lambda: replies.acknowledge_as_officer(number, actor=world.minister),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(NotPermitted):
        replies.acknowledge_as_officer(number, actor=world.reviewers[0])
    replies.acknowledge_as_officer(number, "LP/1", actor=world.officer)
    with pytest.raises(replies.AlreadyConfirmed):
        replies.acknowledge_as_officer(number, "LP/2", actor=world.officer)
    assert Referral.objects.get().their_number == "LP/1"
    assert letters(number)[-1] == "reporter_refer"


def test_the_message_is_sealed_and_a_copy_of_the_database_does_not_tell_it(world: World) -> None:
    """Neither words nor account are readable in the row or the ledger; an unencrypted message is refused."""
    number = addressed(world, police(world))
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM records_referral r")
        row = cursor.fetchone()[0]
    stored = row + str(list(LedgerEntry.objects.values_list("payload", flat=True)))
    assert WORDS not in stored
    assert WORDS.encode().hex() not in stored
    with pytest.raises(DatabaseError), transaction.atomic():
        Referral.objects.filter(pk=number).update(sealed=b"terang")


def test_the_mail_says_a_number_and_a_link_and_no_more(world: World) -> None:
    """Neither category nor account nor name; and the code that opens it is not in it."""
    number = addressed(world, MAIL)
    mail = take_mail()
    assert mail is not None
    assert mail.address == "uptd@contoh.example"
    letter = mail.subject + mail.body
    assert f"R{number:06d}" in letter
    assert referral_secret(number) in letter
    for secret in (referral_code(number), "anak", "kekerasan", "@mawar", "mawar", "K0000", "Anak", "Kekerasan"):
        assert secret not in letter
    assert state(number) == ReferralState.ADDRESSED  # the mail server has not taken it


def test_a_worker_that_dies_between_sending_and_recording_sends_no_second_mail(world: World) -> None:
    """Each mail has one key: the job may run again at any point, and the state follows the mail server's answer."""
    number = addressed(world, MAIL)
    for _ in range(3):
        assert replies.send_referral(number, actor=SYSTEM) is False
    assert OutgoingMail.objects.count() == 1
    mail = take_mail()
    assert mail is not None
    mail_sent(mail.mail_id)  # and then the worker is killed
    assert state(number) == ReferralState.ADDRESSED
    maintain_referrals()
    maintain_referrals()
    assert state(number) == ReferralState.SENT
    assert OutgoingMail.objects.count() == 1


def test_a_lost_job_is_taken_up_by_the_round(world: World) -> None:
    """The referral was addressed, and the worker died before it sent anything."""
    number = decided(world)
    referrals.address_referral(number, new(police(world)), actor=world.reviewers[0])
    assert maintain_referrals() == 0  # its job may still come
    with frozen(now() + timedelta(minutes=1)):
        maintain_referrals()
    assert state(number) == ReferralState.SENT


def test_a_guessed_code_opens_nothing_and_ten_shut_the_link(world: World) -> None:
    """After that even the right code fails, and a person telephones. Other links are not affected."""
    number = addressed(world, MAIL)
    secret, code = referral_secret(number), referral_code(number)
    with pytest.raises(NotFound):
        replies.open_link("x" * 43, code)
    assert replies.open_link(secret, code.lower().replace("-", " ")).message is not None
    for _ in range(10):
        with pytest.raises(NotFound):
            replies.open_link(secret, "AAAA-AAAA")
    with pytest.raises(NotFound):
        replies.open_link(secret, code)
    assert LedgerEntry.objects.filter(verb="shut_referral_link").count() == 1
    assert access_referral(number, actor=world.reviewers[2]).referral.link_shut
    replies.record_acknowledgement(number, replies.Taken("Pak Joko"), actor=world.reviewers[2])
    assert state(number) == ReferralState.ACKNOWLEDGED


def test_a_link_confirms_once_and_then_says_what_came_of_it(world: World) -> None:
    """A second confirmation changes nothing; the recorded outcome cannot be edited, by SQL neither."""
    number = addressed(world, MAIL)
    replies.acknowledge_by_link(number, replies.Taken("Rina", "77"), actor=RECEIVER)
    with pytest.raises(replies.AlreadyConfirmed):
        replies.acknowledge_by_link(number, replies.Taken("Orang lain", "78"), actor=RECEIVER)
    with pytest.raises(DatabaseError), transaction.atomic():
        Referral.objects.filter(pk=number).update(taken_by="Orang lain")
    with pytest.raises(InvalidInput):
        replies.end_by_link(number, ReferralOutcome.NO_ANSWER, actor=RECEIVER)
    replies.end_by_link(number, ReferralOutcome.TAKEN_UP, "Sudah didatangi.", actor=RECEIVER)
    assert state(number) == ReferralState.FINISHED
    with pytest.raises(replies.AlreadyConfirmed):
        replies.end_by_link(number, ReferralOutcome.NOT_THEIRS, actor=RECEIVER)
    for change in ("DELETE FROM records_referral", "UPDATE records_referral SET state = 'drafted'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_what_is_not_theirs_comes_back_and_the_reporter_is_told_the_truth(world: World) -> None:
    """A new draft replaces it and is listed as a duty again."""
    number = addressed(world, police(world))
    replies.acknowledge_as_officer(number, actor=world.officer)
    replies.end_as_officer(number, ReferralOutcome.NOT_THEIRS, "Wilayah lain.", actor=world.officer)
    assert state(number) == ReferralState.RETURNED
    assert letters(number) == ["reporter_referring", "reporter_refer", "reporter_referring"]
    follower = Referral.objects.get(follows=number)
    assert [one.referral_id for one in list_referrals(actor=world.reviewers[2]).to_address] == [follower.pk]
    referrals.address_referral(follower.pk, new(HAND), actor=world.reviewers[0])
    replies.record_acknowledgement(follower.pk, replies.Taken("SAPA"), actor=world.reviewers[0])
    assert letters(number)[-1] == "reporter_refer"


def test_a_receiver_that_left_the_release_gets_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsent referrals return; the receiver can still confirm what it has."""
    sent = addressed(world, police(world))
    waiting = decided(world, account="@kenanga:localhost")
    referrals.address_referral(waiting, new(police(world)), actor=world.reviewers[0])
    monkeypatch.setattr("jaga.policy.release.PolicyRelease.receiver", lambda self, key: None)
    assert replies.send_referral(waiting, actor=SYSTEM) is False
    assert state(waiting) == ReferralState.RETURNED
    assert Referral.objects.get(pk=waiting).outcome == ReferralOutcome.NOT_REACHED
    assert state(Referral.objects.get(follows=waiting).pk) == ReferralState.DRAFTED
    assert [one.referral_id for one in list_received(actor=world.officer)] == [sent]
    replies.acknowledge_as_officer(sent, actor=world.officer)
    assert state(sent) == ReferralState.ACKNOWLEDGED


def test_the_receiver_is_reminded_and_then_a_supervisor_is_alarmed(world: World) -> None:
    """After half of the time and at its end, once each; nothing is confirmed automatically. A confirmation ends the
    alarm.
    """
    number = addressed(world, MAIL)
    begun = Referral.objects.get(pk=number).addressed_at
    assert begun is not None
    kinds: list[list[str]] = []
    for hours in (3, 4.1, 4.2, 8.1, 8.2):
        with frozen(begun + timedelta(hours=hours)):
            maintain_referrals()
        kinds.append(list(CaseAlarm.objects.order_by("pk").values_list("kind", flat=True)))
    half, end = CaseAlarmKind.REFERRAL_WAITS.value, CaseAlarmKind.REFERRAL_OVERDUE.value
    assert kinds == [[], [half], [half], [half, end], [half, end]]
    mails = list(OutgoingMail.objects.order_by("pk").values_list("key", flat=True))
    assert mails == [f"referral-{number}-{what}" for what in ("sent", "reminder-1", "reminder-2")]
    assert state(number) == ReferralState.ADDRESSED
    assert letters(number) == ["reporter_referring"]


def test_a_draft_that_nobody_addresses_alarms_within_the_hour(world: World) -> None:
    """A decision that nobody passed on is never silent."""
    number = decided(world)
    with frozen(now() + timedelta(minutes=61)):
        maintain_referrals()
    assert CaseAlarm.objects.get(kind=CaseAlarmKind.REFERRAL_OVERDUE).referral_id == number


def test_nobody_answering_is_a_supervisors_to_say_and_not_before_its_time(world: World) -> None:
    """Then it returns, and another receiver is chosen."""
    number = addressed(world, HAND)
    with pytest.raises(NotPermitted):
        replies.record_outcome(number, ReferralOutcome.NO_ANSWER, actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        replies.record_outcome(number, ReferralOutcome.NO_ANSWER, actor=world.supervisor)
    with frozen(now() + timedelta(hours=3)):
        replies.record_outcome(number, ReferralOutcome.NO_ANSWER, actor=world.supervisor)
    assert state(number) == ReferralState.RETURNED
    assert Referral.objects.filter(follows=number, state=ReferralState.DRAFTED).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"danger": Danger.HARM}, "danger"),
        ({"danger": None}, "danger"),
        ({"receiver": "lpsk"}, "receiver"),
        ({"receiver": ""}, "receiver"),
        ({"words": "cepat"}, "words"),
        ({"words": "x" * 601}, "words"),
        ({"words": "open BO nego di kamar 7 sekarang juga, katanya"}, "words"),
    ],
)
def test_one_person_refers_at_once_only_in_danger_and_with_what_is_needed(
    world: World, changes: dict[str, Any], field: str
) -> None:
    """Not for another harm, not to a receiver without this category, and without a reporter's words."""
    case_id = in_review(category=CHILD, text="open BO nego di kamar 7 sekarang juga")
    with pytest.raises(InvalidInput) as refused:
        referrals.refer_at_once(case_id, new(**changes), actor=world.reviewers[0])
    assert field in {error.field for error in refused.value.errors}
    assert not Referral.objects.exists()


def test_at_once_goes_out_now_is_no_vote_and_waits_for_a_second_person(world: World) -> None:
    """The case still waits for its votes; the person who referred cannot review it, and another can confirm that it was
    right.
    """
    case_id = in_review(category=CHILD)
    number = referrals.refer_at_once(case_id, new(police(world)), actor=world.reviewers[0])
    replies.send_referral(number, actor=SYSTEM)
    assert Case.objects.get(pk=case_id).state == CaseState.IN_REVIEW
    assert not Letter.objects.exists()
    with pytest.raises(referrals.AlreadyReferred):
        referrals.refer_at_once(case_id, new(police(world)), actor=world.reviewers[1])
    with pytest.raises(referrals.OwnReferral):
        referrals.review_referral(number, rightly=True, actor=world.reviewers[0])
    with pytest.raises(DatabaseError), transaction.atomic():
        Referral.objects.filter(pk=number).update(
            reviewed_by=world.reviewers[0].person_id, reviewed_at=now(), rightly=True
        )
    (duty,) = list_referrals(actor=world.reviewers[1]).to_review
    assert not duty.mine
    referrals.review_referral(number, rightly=True, actor=world.reviewers[1])
    with pytest.raises(referrals.ReviewedBefore):
        referrals.review_referral(number, rightly=False, reasons=WORDS, actor=world.reviewers[2])
    assert list_referrals(actor=world.reviewers[1]).to_review == ()


def test_at_once_that_nobody_reviews_within_a_day_alarms_once(world: World) -> None:
    """Also if the receiver has confirmed it meanwhile."""
    number = referrals.refer_at_once(in_review(category=CHILD), new(), actor=world.reviewers[0])
    replies.record_acknowledgement(number, replies.Taken("SAPA"), actor=world.reviewers[0])
    for hours in (23, 24.1, 30):
        with frozen(now() + timedelta(hours=hours)):
            maintain_referrals()
    assert list(CaseAlarm.objects.values_list("kind", flat=True)) == [CaseAlarmKind.REFERRAL_UNREVIEWED]


def test_what_the_second_finds_wrong_is_taken_back_and_the_receiver_is_told(world: World) -> None:
    """Officers see the retraction and no message on their page; otherwise a mail is sent, or a person calls."""
    by_way = {}
    for receiver, account in ((police(world), "@a:localhost"), (MAIL, "@b:localhost"), (HAND, "@c:localhost")):
        number = referrals.refer_at_once(
            in_review(category=CHILD, account=account), new(receiver), actor=world.reviewers[0]
        )
        replies.send_referral(number, actor=SYSTEM)
        by_way[receiver] = number
    mail = take_mail()
    assert mail is not None
    mail_sent(mail.mail_id)
    maintain_referrals()
    replies.record_acknowledgement(by_way[HAND], replies.Taken("SAPA"), actor=world.reviewers[0])
    for number in by_way.values():
        with pytest.raises(InvalidInput):
            referrals.review_referral(number, rightly=False, actor=world.reviewers[1])
        referrals.review_referral(number, rightly=False, reasons="Itu sandiwara sekolah.", actor=world.reviewers[1])
        assert state(number) == ReferralState.RETRACTED
    seen = access_received(by_way[police(world)], actor=world.officer)
    assert (seen.wrong, seen.message) == (True, None)
    opened = replies.open_link(referral_secret(by_way[MAIL]), referral_code(by_way[MAIL]))
    assert (opened.wrong, opened.message) == (True, None)
    maintain_referrals()
    wrong = take_mail()
    assert wrong is not None
    assert re.search("keliru|mistake", wrong.subject)
    assert Referral.objects.get(pk=by_way[MAIL]).mistake_told_at is None
    mail_sent(wrong.mail_id)
    maintain_referrals()
    assert Referral.objects.get(pk=by_way[MAIL]).mistake_told_at is not None
    assert [one.referral_id for one in list_referrals(actor=world.reviewers[2]).to_tell] == [by_way[HAND]]
    replies.record_mistake_told(by_way[HAND], actor=world.reviewers[2])
    assert list_referrals(actor=world.reviewers[2]).to_tell == ()


def test_danger_to_life_reaches_those_who_take_only_what_is_urgent(world: World) -> None:
    """Regardless of the case's deadline: fraud or advertising is rarely urgent, danger to life always is."""
    case_id = in_review(category="extortion")
    assert not Case.objects.get(pk=case_id).urgent
    number = referrals.refer_at_once(case_id, new("police_110", Danger.LIFE), actor=world.reviewers[0])
    assert Referral.objects.get(pk=number).urgent


def test_a_mail_that_leaves_after_it_was_taken_back_is_followed_by_another(world: World) -> None:
    """If it was still unsent when the review found it wrong, a correction follows."""
    number = referrals.refer_at_once(in_review(category=CHILD), new(MAIL), actor=world.reviewers[0])
    replies.send_referral(number, actor=SYSTEM)
    referrals.review_referral(number, rightly=False, reasons="Itu sandiwara sekolah.", actor=world.reviewers[1])
    maintain_referrals()
    assert OutgoingMail.objects.count() == 1
    mail = take_mail()
    assert mail is not None
    mail_sent(mail.mail_id)
    maintain_referrals()
    assert OutgoingMail.objects.filter(key=f"referral-{number}-wrong").exists()


def test_what_came_back_waits_no_more_once_people_decided_otherwise(world: World) -> None:
    """Nobody has to choose a receiver for a case that two people dismissed."""
    case_id = in_review(category=CHILD)
    number = referrals.refer_at_once(case_id, new(), actor=world.reviewers[0])
    replies.record_outcome(number, ReferralOutcome.NOT_THEIRS, actor=world.reviewers[0])
    assert len(list_referrals(actor=world.reviewers[2]).to_address) == 1
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    assert list_referrals(actor=world.reviewers[2]).to_address == ()


def test_a_decision_after_at_once_needs_no_second_message(world: World) -> None:
    """Confirmed before the decision: the first letter says so. Found wrong later: the decision waits for a receiver,
    and the reporter reads that nobody has confirmed it.
    """
    case_id = in_review(category=CHILD)
    number = referrals.refer_at_once(case_id, new(), actor=world.reviewers[0])
    replies.record_acknowledgement(number, replies.Taken("SAPA"), actor=world.reviewers[0])
    assert not Letter.objects.exists()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.REFER, reviewer)
    assert Referral.objects.count() == 1
    assert letters(number) == ["reporter_refer"]
    referrals.review_referral(number, rightly=False, reasons="Salah orang, ternyata.", actor=world.reviewers[2])
    assert letters(number) == ["reporter_refer", "reporter_referring"]
    assert Referral.objects.filter(state=ReferralState.DRAFTED, decision__isnull=False).count() == 1


def test_without_the_clearance_nobody_refers_reads_or_reviews(world: World) -> None:
    """A child-protection case and its referrals are closed to people without the clearance."""
    case_id = in_review(category="child_protection")
    number = referrals.refer_at_once(case_id, new(), actor=world.reviewers[0])
    lose_clearance_of(world.reviewers[1])
    outsider = world.reviewers[1]
    assert list_referrals(actor=outsider).to_review == ()
    for refused in (
        lambda: access_referral(number, actor=outsider),
        lambda: referrals.review_referral(number, rightly=True, actor=outsider),
        lambda: referrals.refer_at_once(case_id, new(), actor=outsider),
        lambda: replies.record_acknowledgement(number, replies.Taken("X"), actor=outsider),
    ):
        with pytest.raises(NotFound):
            refused()


def test_decided_and_canary_cases_and_speech_are_not_referred_at_once(world: World) -> None:
    """Nobody is sent out for a case decided otherwise, for an invented one, or for an opinion."""
    dismissed = in_review(category="fraud")
    vote(dismissed, DecisionKind.DISMISS, world.reviewers[0])
    speech = in_review(category="defamation", account="@kenanga:localhost")
    for case_id in (dismissed, speech):
        with pytest.raises(IllegalTransition):
            referrals.refer_at_once(case_id, new(danger=Danger.LIFE), actor=world.reviewers[0])
    canary = make_canary(
        NewCanaryCase(PLATFORM, "@umpan:localhost", CHILD, "Laporan rekaan tentang akun ini."), actor=CLI
    )
    with pytest.raises(IllegalTransition):
        referrals.refer_at_once(canary, new(), actor=world.reviewers[0])


def test_a_message_is_forgotten_a_month_after_the_end(world: World) -> None:
    """The record stays; the text about people is deleted."""
    number = addressed(world, HAND)
    replies.record_acknowledgement(number, replies.Taken("SAPA"), actor=world.reviewers[0])
    replies.record_outcome(number, ReferralOutcome.TAKEN_UP, actor=world.reviewers[0])
    with frozen(now() + timedelta(days=29)):
        assert clocks.forget_messages() == 0
    with frozen(now() + timedelta(days=31)):
        assert clocks.forget_messages() == 1
    assert access_referral(number, actor=world.reviewers[0]).message is None


def test_web_server_and_worker_do_their_parts_with_their_own_rights(
    world: World, database_roles: Mapping[Part, str]
) -> None:
    """Pages choose, confirm, end and review; the worker sends, records, reminds, alarms and deletes."""
    by_mail, by_officer = decided(world), decided(world, account="@kenanga:localhost")
    case_id = in_review(category=CHILD, account="@dahlia:localhost")
    with acting_as("web"):
        for number, receiver in ((by_mail, MAIL), (by_officer, police(world))):
            referrals.address_referral(number, new(receiver), actor=world.reviewers[0])
        at_once = referrals.refer_at_once(case_id, new(), actor=world.reviewers[0])
    with acting_as("worker"):
        for number in (by_mail, by_officer):
            replies.send_referral(number, actor=SYSTEM)
        mail = take_mail()
        assert mail is not None
        mail_sent(mail.mail_id)
        for hours in (1, 5, 9, 25):
            with frozen(now() + timedelta(hours=hours)):
                maintain_referrals()
    assert CaseAlarm.objects.count() == 6  # two of the mail, one of the officers, three of the one at once
    with acting_as("web"):
        opened = replies.open_link(referral_secret(by_mail), referral_code(by_mail))
        replies.acknowledge_by_link(opened.referral_id, replies.Taken("Rina"), actor=RECEIVER)
        replies.end_by_link(by_mail, ReferralOutcome.NOT_THEIRS, actor=RECEIVER)
        replies.acknowledge_as_officer(by_officer, actor=world.officer)
        replies.end_as_officer(by_officer, ReferralOutcome.TAKEN_UP, actor=world.officer)
        referrals.review_referral(at_once, rightly=False, reasons="Itu sandiwara sekolah.", actor=world.reviewers[1])
    with acting_as("worker"), frozen(now() + timedelta(days=40)):
        maintain_referrals()
    assert Referral.objects.get(pk=by_officer).sealed is None


def test_only_the_gate_opens_a_seal() -> None:
    """A message is decrypted in one place, which checks who reads, and where nobody reads what is found."""
    source = Path(referrals.__file__).parents[2]
    opening = {
        path.relative_to(source).as_posix() for path in source.rglob("*.py") if "open_referral" in path.read_text()
    }
    assert opening == {"store/codes.py", "referrals/reads.py", "privacy/reads/own_data.py"}
