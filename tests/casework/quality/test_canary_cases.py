"""Canary cases are never work and never counted, and an access raises an alarm in the same commit."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from tests.casework.closed_world import lose_clearance
from tests.factories import ACCOUNT, CATEGORY, PLATFORM, World, in_review, report, vote

from jaga.casework.quality.canary_cases import (
    AlarmOver,
    NewDecoy,
    OwnAlarm,
    acknowledge_alarm,
    call_for_alarms,
    call_me_at,
    make_decoy,
)
from jaga.casework.queue.search import read_all_stale
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms import DecisionKind, LookedAt
from jaga.jobs.mail import send_mail
from jaga.records.access.base.access_log import look
from jaga.records.access.cases.gate import CaseStage, access_case, access_case_history
from jaga.records.access.cases.history import history_of
from jaga.records.access.operations.figures import case_counts
from jaga.records.access.quality.canary_alarms import list_alarms, list_decoys, waiting_alarms
from jaga.records.access.queue.queue import list_queue, next_in_queue
from jaga.records.access.queue.search import SearchQuery, search_cases
from jaga.records.access.queue.waiting import QueueFilter
from jaga.records.models import Alarm, Case, LedgerEntry, Look, OutgoingMail, Subject

TEXT = "Akun ini menawarkan sesuatu di ruang umum, saya lihat kemarin."


def decoy(account: str = "@bintang:localhost") -> Case:
    return Case.objects.get(pk=make_decoy(NewDecoy(PLATFORM, account, CATEGORY, TEXT), actor=CLI))


def test_a_decoy_is_in_no_queue_and_no_figure(world: World) -> None:
    """What people are given and what the public reads is the same with and without it."""
    before = case_counts()
    made = decoy()
    assert case_counts() == before
    assert list_queue(QueueFilter(), actor=world.reviewers[0]).rows == ()
    assert next_in_queue(actor=world.supervisor) is None
    assert made.opened_at <= now() < made.due_at
    assert made.reports.count() == 1
    assert history_of(made, actor=world.supervisor) == ()


def test_no_search_tells_a_decoy_from_a_dismissed_case(world: World) -> None:
    """By number, day, words, category, stage and the name of the account they are found alike and read alike, in one
    order; neither by a row nor by a gap does anybody learn which one is invented, and no alarm is needed for that."""
    vote(in_review(text=TEXT), DecisionKind.DISMISS, world.reviewers[0])
    made = decoy()
    vote(in_review(account="@melati:localhost", text=TEXT), DecisionKind.DISMISS, world.reviewers[0])
    read_all_stale()
    day = now() - timedelta(days=1)
    for asked in (SearchQuery(words=("menawarkan",)), SearchQuery(words=("ruang umum",)),
                  SearchQuery(category=CATEGORY), SearchQuery(stage=CaseStage.RESOLVED, since=day),
                  SearchQuery(platform=PLATFORM, before=now() + timedelta(days=1))):
        found = [row.case_id for row in search_cases(asked, actor=world.reviewers[1]).rows]
        assert found == [made.pk + 1, made.pk, made.pk - 1], asked
    shown = {replace(row, case_id=0, reference="", account="", opened_at=day, due_at=day)
             for row in search_cases(SearchQuery(since=day), actor=world.reviewers[1]).rows}
    assert len(shown) == 1
    for number in (made.pk - 1, made.pk, made.pk + 1):
        (row,) = search_cases(SearchQuery(number=number, words=("menawarkan",)), actor=world.reviewers[1]).rows
        assert row.outcome is DecisionKind.DISMISS
    assert not Alarm.objects.exists()
    access_case(made.pk, actor=world.reviewers[1])
    assert Alarm.objects.count() == 1


def test_a_decoy_is_closed_to_whom_its_category_is_closed(world: World) -> None:
    """Else the only case of child safety that somebody without the clearance finds would be an invented one."""
    made = Case.objects.get(pk=make_decoy(NewDecoy(PLATFORM, "@bintang:localhost", "child_protection", TEXT),
                                          actor=CLI))
    real = Case.objects.get(pk=in_review(category="child_protection", account="@melati:localhost"))
    assert (made.queue, made.clearance, made.routed_by) == (real.queue, real.clearance, real.routed_by)
    lose_clearance(world.reviewers[0])
    assert not search_cases(SearchQuery(number=made.pk), actor=world.reviewers[0]).rows
    with pytest.raises(NotFound):
        access_case(made.pk, actor=world.reviewers[0])


def test_the_ledger_says_how_many_and_never_which(world: World) -> None:
    """Whoever reads the ledger would else know which cases to leave alone."""
    made = decoy()
    entry = LedgerEntry.objects.get(verb="make_decoy")
    assert (entry.payload, entry.case_ref) == ({"decoys": 1}, None)
    assert not LedgerEntry.objects.filter(case_ref=made.pk).exists()


def test_a_look_alarms_at_once_and_once_until_it_is_acknowledged(world: World) -> None:
    """Looking again while the alarm waits is the same alarm; after it, a new one."""
    made, snoop = decoy(), world.reviewers[0]
    access_case(made.pk, actor=snoop)
    access_case_history(made.pk, actor=snoop)
    alarm = Alarm.objects.get()
    assert (alarm.case_id, alarm.person_id, alarm.what) == (made.pk, snoop.person_id, LookedAt.CASE)
    assert waiting_alarms(world.supervisor) == 1
    assert waiting_alarms(snoop) == 0
    acknowledge_alarm(alarm.pk, "Salah ketik nomor, sudah ditanya.", actor=world.supervisor)
    assert waiting_alarms(world.supervisor) == 0
    access_case(made.pk, actor=snoop)
    assert waiting_alarms(world.supervisor) == 1
    assert [one.note for one in list_alarms(actor=world.supervisor)] == ["", "Salah ketik nomor, sudah ditanya."]


def test_a_look_at_any_other_case_alarms_nobody(world: World) -> None:
    """The trigger knows the difference."""
    decoy()
    access_case(in_review(), actor=world.reviewers[0])
    look(None, LookedAt.SEARCH, actor=world.reviewers[0])
    assert not Alarm.objects.exists()


def test_nobody_acknowledges_the_alarm_about_themselves(world: World) -> None:
    """Neither by the verb nor by the database."""
    made = decoy()
    access_case(made.pk, actor=world.supervisor)
    alarm = Alarm.objects.get()
    assert waiting_alarms(world.supervisor) == 0
    with pytest.raises(OwnAlarm):
        acknowledge_alarm(alarm.pk, "Saya hanya ingin tahu.", actor=world.supervisor)
    with pytest.raises(IntegrityError, match="records_alarm_acknowledged_by_another"), transaction.atomic():
        Alarm.objects.filter(pk=alarm.pk).update(acknowledged_by=world.supervisor.person_id, acknowledged_at=now(),
                                                 note="x")
    with pytest.raises(NotPermitted):
        acknowledge_alarm(alarm.pk, "Bukan urusan saya.", actor=world.reviewers[0])


def test_an_alarm_is_acknowledged_once_with_a_note_and_never_removed(world: World) -> None:
    """Its words stay as they are."""
    access_case(decoy().pk, actor=world.reviewers[0])
    alarm = Alarm.objects.get()
    with pytest.raises(InvalidInput):
        acknowledge_alarm(alarm.pk, " ", actor=world.supervisor)
    acknowledge_alarm(alarm.pk, "Sudah ditanya, salah ketik.", actor=world.supervisor)
    with pytest.raises(AlarmOver):
        acknowledge_alarm(alarm.pk, "Sekali lagi ditanya.", actor=world.supervisor)
    for write in (lambda: Alarm.objects.update(note="lain"), lambda: Alarm.objects.all().delete()):
        with pytest.raises(IntegrityError, match="acknowledged once"), transaction.atomic():
            write()


def test_a_real_case_never_becomes_a_decoy_nor_a_decoy_work(world: World) -> None:
    """Else a case could be taken out of the figures, or an invented one decided."""
    real, made = in_review(), decoy()
    with pytest.raises(IntegrityError, match="from the beginning"), transaction.atomic():
        Case.objects.filter(pk=real).update(decoy=True)
    with pytest.raises(IntegrityError, match="from the beginning"), transaction.atomic():
        Case.objects.filter(pk=made.pk).update(decoy=False)
    with pytest.raises(IntegrityError, match="records_decoy_is_never_worked_on"), transaction.atomic():
        Case.objects.filter(pk=made.pk).update(state="in_review")


def test_a_real_report_about_the_same_name_opens_a_real_case(world: World) -> None:
    """The invented account may come into being one day; its report is lost in no decoy."""
    made = decoy()
    filed = report(account="@bintang:localhost")
    assert filed.case_id != made.pk
    assert not Case.objects.get(pk=filed.case_id).decoy


def test_a_decoy_speaks_of_nobodys_account_and_of_something(world: World) -> None:
    """An account that we know is refused, and so is an empty report; only administrators make decoys."""
    report()
    for account, text, field in ((ACCOUNT, TEXT, "account"), ("@baru:localhost", "pendek", "text"),
                                 ("@baru:localhost", f"{TEXT} Nomornya 0812-3456-7890.", "text")):
        with pytest.raises(InvalidInput) as refused:
            make_decoy(NewDecoy(PLATFORM, account, CATEGORY, text), actor=CLI)
        assert [error.field for error in refused.value.errors] == [field]
    with pytest.raises(NotPermitted):
        make_decoy(NewDecoy(PLATFORM, "@baru:localhost", CATEGORY, TEXT), actor=world.supervisor)
    with pytest.raises(NotPermitted):
        list_decoys(actor=world.supervisor)
    assert not Subject.objects.filter(account_id="@baru:localhost").exists()


def test_whoever_watches_is_called_by_mail_once_and_never_about_themselves(
    world: World, settings: pytest.FixtureRequest
) -> None:
    """The mail says that something waits, and neither who nor what."""
    settings.JAGA_SMTP = "smtp.contoh.test"  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    call_me_at("wulan@contoh.test", actor=world.supervisor)
    made = decoy()
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
    """An empty field calls nobody."""
    with pytest.raises(InvalidInput):
        call_me_at("bukan alamat", actor=world.supervisor)
    call_me_at("wulan@contoh.test", actor=world.supervisor)
    call_me_at("", actor=world.supervisor)
    access_case(decoy().pk, actor=world.reviewers[0])
    assert call_for_alarms() == 1
    assert not OutgoingMail.objects.exists()


def test_looks_are_kept_once_in_ten_minutes(world: World) -> None:
    """The same person at the same thing; another person, another case or another kind is another look."""
    first, second = in_review(), in_review(account="@melati:localhost")
    moment = datetime.fromisoformat("2026-11-20T03:00:00+00:00")
    with frozen(moment):
        for _ in range(3):
            access_case(first, actor=world.reviewers[0])
        access_case(second, actor=world.reviewers[0])
        access_case(first, actor=world.reviewers[1])
        access_case_history(first, actor=world.reviewers[0])
    assert Look.objects.count() == 4
    with frozen(moment + timedelta(minutes=11)):
        access_case(first, actor=world.reviewers[0])
    assert Look.objects.count() == 5


def test_a_refused_look_leaves_none(world: World) -> None:
    """Who may not see the case has not seen it."""
    case_id = in_review()
    with pytest.raises(NotPermitted):
        access_case(case_id, actor=world.officer)
    assert not Look.objects.exists()
