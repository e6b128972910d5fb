"""Canary cases are never work and never counted, and an access raises an alarm in the same commit."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from tests.casework.closed_world import lose_clearance
from tests.factories import ACCOUNT, CATEGORY, PLATFORM, World, in_review, report, vote

from jaga.cases.models.cases import Case, Subject
from jaga.cases.reads.case_view import CaseStage
from jaga.cases.reads.gate import access_case, access_case_history
from jaga.cases.reads.history import history_of
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.figures.reads.closed_counts import case_counts
from jaga.operators.models import OutgoingMail
from jaga.quality.models import AccessEvent, Alarm
from jaga.quality.reads.access_log import list_alarms, list_canaries, waiting_alarms
from jaga.quality.verbs.canary_cases import (
    AlarmOver,
    NewCanaryCase,
    OwnAlarm,
    acknowledge_alarm,
    call_for_alarms,
    call_me_at,
    make_canary,
)
from jaga.queue.reads.queue import list_queue, next_in_queue
from jaga.queue.reads.search import SearchQuery, search_cases
from jaga.queue.reads.waiting import QueueFilter
from jaga.queue.verbs.search import read_all_stale
from jaga.store.models import LedgerEntry
from jaga.store.reads import log_access
from jaga.work.mail import send_mail

TEXT = "Akun ini menawarkan sesuatu di ruang umum, saya lihat kemarin."


def canary(account: str = "@bintang:localhost") -> Case:
    return Case.objects.get(pk=make_canary(NewCanaryCase(PLATFORM, account, CATEGORY, TEXT), actor=CLI))


def test_a_canary_case_is_in_no_queue_and_no_figure(world: World) -> None:
    """Queues and public figures are the same with and without it."""
    before = case_counts()
    made = canary()
    assert case_counts() == before
    assert list_queue(QueueFilter(), actor=world.reviewers[0]).rows == ()
    assert next_in_queue(actor=world.supervisor) is None
    assert made.opened_at <= now() < made.due_at
    assert made.reports.count() == 1
    assert history_of(made, actor=world.supervisor) == ()


def test_no_search_tells_a_canary_case_from_a_dismissed_case(world: World) -> None:
    """By number, day, words, category, stage and account name they are found alike, look alike and are ordered alike;
    neither a row nor a gap reveals which one is invented, and no alarm is needed for that.
    """
    vote(in_review(text=TEXT), DecisionKind.DISMISS, world.reviewers[0])
    made = canary()
    vote(in_review(account="@melati:localhost", text=TEXT), DecisionKind.DISMISS, world.reviewers[0])
    read_all_stale()
    day = now() - timedelta(days=1)
    for asked in (
        SearchQuery(words=("menawarkan",)),
        SearchQuery(words=("ruang umum",)),
        SearchQuery(category=CATEGORY),
        SearchQuery(stage=CaseStage.RESOLVED, since=day),
        SearchQuery(platform=PLATFORM, before=now() + timedelta(days=1)),
    ):
        found = [row.case_id for row in search_cases(asked, actor=world.reviewers[1]).rows]
        assert found == [made.pk + 1, made.pk, made.pk - 1], asked
    shown = {
        replace(row, case_id=0, reference="", account="", opened_at=day, due_at=day)
        for row in search_cases(SearchQuery(since=day), actor=world.reviewers[1]).rows
    }
    assert len(shown) == 1
    for number in (made.pk - 1, made.pk, made.pk + 1):
        (row,) = search_cases(SearchQuery(number=number, words=("menawarkan",)), actor=world.reviewers[1]).rows
        assert row.outcome is DecisionKind.DISMISS
    assert not Alarm.objects.exists()
    access_case(made.pk, actor=world.reviewers[1])
    assert Alarm.objects.count() == 1


def test_a_canary_case_is_closed_to_whom_its_category_is_closed(world: World) -> None:
    """Otherwise the only child-safety case that people without the clearance find would be an invented one."""
    made = Case.objects.get(
        pk=make_canary(NewCanaryCase(PLATFORM, "@bintang:localhost", "child_protection", TEXT), actor=CLI)
    )
    real = Case.objects.get(pk=in_review(category="child_protection", account="@melati:localhost"))
    assert (made.queue, made.clearance, made.routed_by) == (real.queue, real.clearance, real.routed_by)
    lose_clearance(world.reviewers[0])
    assert not search_cases(SearchQuery(number=made.pk), actor=world.reviewers[0]).rows
    with pytest.raises(NotFound):
        access_case(made.pk, actor=world.reviewers[0])


def test_the_ledger_says_how_many_and_never_which(world: World) -> None:
    """Otherwise a reader of the ledger would know which cases to avoid."""
    made = canary()
    entry = LedgerEntry.objects.get(verb="make_canary")
    assert (entry.payload, entry.case_ref) == ({"canaries": 1}, None)
    assert not LedgerEntry.objects.filter(case_ref=made.pk).exists()


def test_an_access_alarms_at_once_and_once_until_it_is_acknowledged(world: World) -> None:
    """A repeated access while the alarm waits is the same alarm; afterwards it is a new one."""
    made, snoop = canary(), world.reviewers[0]
    access_case(made.pk, actor=snoop)
    access_case_history(made.pk, actor=snoop)
    alarm = Alarm.objects.get()
    assert (alarm.case_id, alarm.person_id, alarm.what) == (made.pk, snoop.person_id, AccessKind.CASE)
    assert waiting_alarms(world.supervisor) == 1
    assert waiting_alarms(snoop) == 0
    acknowledge_alarm(alarm.pk, "Salah ketik nomor, sudah ditanya.", actor=world.supervisor)
    assert waiting_alarms(world.supervisor) == 0
    access_case(made.pk, actor=snoop)
    assert waiting_alarms(world.supervisor) == 1
    assert [one.note for one in list_alarms(actor=world.supervisor)] == ["", "Salah ketik nomor, sudah ditanya."]


def test_an_access_to_any_other_case_alarms_nobody(world: World) -> None:
    """The trigger checks the case."""
    canary()
    access_case(in_review(), actor=world.reviewers[0])
    log_access(None, AccessKind.SEARCH, actor=world.reviewers[0])
    assert not Alarm.objects.exists()


def test_nobody_acknowledges_the_alarm_about_themselves(world: World) -> None:
    """Refused by the verb and by the database."""
    made = canary()
    access_case(made.pk, actor=world.supervisor)
    alarm = Alarm.objects.get()
    assert waiting_alarms(world.supervisor) == 0
    with pytest.raises(OwnAlarm):
        acknowledge_alarm(alarm.pk, "Saya hanya ingin tahu.", actor=world.supervisor)
    with pytest.raises(IntegrityError, match="records_alarm_acknowledged_by_another"), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(
            acknowledged_by=world.supervisor.person_id, acknowledged_at=now(), note="x"
        )
    with pytest.raises(NotPermitted):
        acknowledge_alarm(alarm.pk, "Bukan urusan saya.", actor=world.reviewers[0])


def test_an_alarm_is_acknowledged_once_with_a_note_and_never_removed(world: World) -> None:
    """Its text cannot be changed."""
    access_case(canary().pk, actor=world.reviewers[0])
    alarm = Alarm.objects.get()
    with pytest.raises(InvalidInput):
        acknowledge_alarm(alarm.pk, " ", actor=world.supervisor)
    acknowledge_alarm(alarm.pk, "Sudah ditanya, salah ketik.", actor=world.supervisor)
    with pytest.raises(AlarmOver):
        acknowledge_alarm(alarm.pk, "Sekali lagi ditanya.", actor=world.supervisor)
    for write in (lambda: Alarm.objects.update(note="lain"), lambda: Alarm.objects.all().delete()):
        with pytest.raises(IntegrityError, match="acknowledged once"), transaction.atomic():
            write()


def test_a_real_case_never_becomes_a_canary_case_nor_the_other_way_round(world: World) -> None:
    """Otherwise a case could be hidden from the figures, or an invented one decided."""
    real, made = in_review(), canary()
    with pytest.raises(IntegrityError, match="from the beginning"), transaction.atomic():
        Case.objects.filter(pk=real).update(canary=True)
    with pytest.raises(IntegrityError, match="from the beginning"), transaction.atomic():
        Case.objects.filter(pk=made.pk).update(canary=False)
    with pytest.raises(IntegrityError, match="records_canary_is_never_worked_on"), transaction.atomic():
        Case.objects.filter(pk=made.pk).update(state="in_review")


def test_a_real_report_about_the_same_name_opens_a_real_case(world: World) -> None:
    """The invented account may exist one day; its report must not be lost."""
    made = canary()
    filed = report(account="@bintang:localhost")
    assert filed.case_id != made.pk
    assert not Case.objects.get(pk=filed.case_id).canary


def test_a_canary_case_speaks_of_nobodys_account_and_of_something(world: World) -> None:
    """A known account and an empty report are refused; only administrators create canary cases."""
    report()
    for account, text, field in (
        (ACCOUNT, TEXT, "account"),
        ("@baru:localhost", "pendek", "text"),
        ("@baru:localhost", f"{TEXT} Nomornya 0812-3456-7890.", "text"),
    ):
        with pytest.raises(InvalidInput) as refused:
            make_canary(NewCanaryCase(PLATFORM, account, CATEGORY, text), actor=CLI)
        assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(NotPermitted):
        make_canary(NewCanaryCase(PLATFORM, "@baru:localhost", CATEGORY, TEXT), actor=world.supervisor)
    with pytest.raises(NotPermitted):
        list_canaries(actor=world.supervisor)
    assert not Subject.objects.filter(account_id="@baru:localhost").exists()


def test_whoever_watches_is_called_by_mail_once_and_never_about_themselves(
    world: World, settings: pytest.FixtureRequest
) -> None:
    """The mail says that something waits, and neither who nor what."""
    settings.JAGA_SMTP = "smtp.contoh.test"  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    call_me_at("wulan@contoh.test", actor=world.supervisor)
    made = canary()
    access_case(made.pk, actor=world.reviewers[0])
    assert call_for_alarms() == 1
    assert call_for_alarms() == 0
    assert send_mail() == 1
    sent = mail.outbox[-1]
    assert sent.to == ["wulan@contoh.test"]
    assert "/console/alarms/" in sent.body
    assert "Sinta" not in sent.body
    assert made.reference not in sent.body
    access_case(made.pk, actor=world.supervisor)
    assert call_for_alarms() == 1
    assert OutgoingMail.objects.count() == 1


def test_an_address_is_checked_and_can_be_taken_back(world: World) -> None:
    """An empty field removes the address."""
    with pytest.raises(InvalidInput):
        call_me_at("bukan alamat", actor=world.supervisor)
    call_me_at("wulan@contoh.test", actor=world.supervisor)
    call_me_at("", actor=world.supervisor)
    access_case(canary().pk, actor=world.reviewers[0])
    assert call_for_alarms() == 1
    assert not OutgoingMail.objects.exists()


def test_accesses_are_logged_once_in_ten_minutes(world: World) -> None:
    """The same person and thing within ten minutes; another person, case or kind is another event."""
    first, second = in_review(), in_review(account="@melati:localhost")
    moment = datetime.fromisoformat("2026-11-20T03:00:00+00:00")
    with frozen(moment):
        for _ in range(3):
            access_case(first, actor=world.reviewers[0])
        access_case(second, actor=world.reviewers[0])
        access_case(first, actor=world.reviewers[1])
        access_case_history(first, actor=world.reviewers[0])
    assert AccessEvent.objects.count() == 4
    with frozen(moment + timedelta(minutes=11)):
        access_case(first, actor=world.reviewers[0])
    assert AccessEvent.objects.count() == 5


def test_a_refused_access_leaves_none(world: World) -> None:
    """Somebody who may not see the case has not seen it."""
    case_id = in_review()
    with pytest.raises(NotPermitted):
        access_case(case_id, actor=world.officer)
    assert not AccessEvent.objects.exists()
