"""The calendar: a deadline is on its day, overdue items are at the top, and items without a clock have no day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, in_review, observed, resolved_closure, the_action, vote
from tests.web.console.conftest import Staff

from jaga.actions.verbs import verification
from jaga.appeals.verbs import appeals
from jaga.cases.models.decisions import Decision
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState, DecisionKind
from jaga.core.terms.outside import AnswerKind, EscalationStage
from jaga.core.terms.people import HostKind, Role
from jaga.figures.reads.calendar import Calendar, CalendarEntry, Due, see_calendar
from jaga.operators.models import ContactDetails, OperatorLetter
from jaga.operators.verbs import escalation, notices
from jaga.operators.verbs import escalation as data_requests
from jaga.operators.verbs import notices as objections
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import record_manual_check
from jaga.people.verbs import api_keys
from jaga.people.verbs.people import claim_installation
from jaga.policy.local_time import day_of
from jaga.policy.release import load_release
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]
HOUR = timedelta(hours=1)
WIB = ZoneInfo("Asia/Jakarta")
NOON = datetime.combine(day_of(now()), datetime.min.time(), WIB) + 12 * HOUR


def see(world: World, at: datetime = NOON) -> Calendar:
    with frozen(at):
        return see_calendar(actor=world.supervisor)


def dated(found: Calendar, kind: Due) -> dict[date, list[CalendarEntry]]:
    return {
        day.day: [one for one in day.entries if one.kind is kind]
        for day in found.days
        if any(one.kind is kind for one in day.entries)
    }


def overdue(found: Calendar, kind: Due) -> list[CalendarEntry]:
    return [one for one in found.overdue if one.kind is kind]


def undated(found: Calendar, kind: Due) -> list[CalendarEntry]:
    return [one for one in found.undated if one.kind is kind]


def test_a_notice_has_no_day_until_it_is_received_and_none_while_it_rests(world: World) -> None:
    """Not received, due on its day, paused while Jaga answers, and overdue: each in its place."""
    operator = make_operator()
    with frozen(NOON):
        notice = asked(world, operator)
    assert [one.what for one in undated(see(world), Due.UNOPENED)] == [f"{notice.number} · PSE mengobrol"]
    with frozen(NOON):
        notices.open_notice(notice.pk, actor=operator.contact)
    assert list(dated(see(world), Due.NOTICE)) == [day_of(NOON + 24 * HOUR)]
    assert overdue(see(world, NOON + 25 * HOUR), Due.NOTICE)[0].number == notice.pk
    with frozen(NOON + HOUR):
        answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Tidak ditemukan.", actor=operator.contact)
    found = see(world, NOON + 25 * HOUR)
    assert (len(undated(found, Due.CORRECTION)), overdue(found, Due.NOTICE)) == (1, [])


def test_days_are_those_of_jakarta(world: World) -> None:
    """23:30 in UTC is the next morning in WIB."""
    operator = make_operator()
    start = NOON.replace(hour=6, minute=30)  # 23.30 UTC of the day before
    with frozen(start):
        notice = asked(world, operator)
        notices.open_notice(notice.pk, actor=operator.contact)
    assert list(dated(see(world, start), Due.NOTICE)) == [day_of(NOON) + timedelta(days=1)]


def test_a_request_for_data_is_due_at_the_end_of_its_fifth_day(world: World) -> None:
    """Requests for data are listed apart from notices about accounts."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    operator = make_operator()
    with frozen(NOON):
        notice = asked(world, operator)
        number = data_requests.ask_for_data(
            notice.case_id,
            data_requests.DataRequest("Polisi", "Penyidikan", "Waktu masuk", "Penipuan"),
            actor=world.supervisor,
        )
        notices.open_notice(number, actor=operator.contact)
    assert list(dated(see(world), Due.DATA)) == [day_of(NOON) + timedelta(days=5)]


def test_cases_are_counted_by_day_and_not_listed(world: World) -> None:
    """Three cases of one day are one entry; overdue ones are one entry at the top; decided ones are not shown."""
    with frozen(NOON):
        cases = [in_review(account=f"@akun-{number}:localhost", source=f"192.0.{number}.0") for number in range(3)]
    (entries,) = dated(see(world), Due.CASES).values()
    assert [(one.count, one.page) for one in entries] == [(3, "queue")]
    late = see(world, NOON + 25 * HOUR)
    assert [one.count for one in overdue(late, Due.CASES)] == [3]
    with frozen(NOON):
        vote(cases[0], DecisionKind.DISMISS, world.reviewers[0])
    assert [one.count for one in overdue(see(world, NOON + 25 * HOUR), Due.CASES)] == [2]


def test_appeals_and_restorations_have_their_deadlines(world: World) -> None:
    """The appeal's own deadline, then the legal 48 hours from its decision; once the account was seen open, nothing."""
    with frozen(NOON):
        case_id = resolved_closure(world)
        code = appeal_code(Decision.objects.get(case_id=case_id).pk)
        appeal = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
    assert list(dated(see(world), Due.APPEAL)) == [day_of(appeal.due_at)]
    with frozen(NOON):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.reviewers[2])
    found = see(world)
    assert (dated(found, Due.APPEAL), list(dated(found, Due.RESTORATION))) == ({}, [day_of(NOON + 48 * HOUR)])
    assert len(overdue(see(world, NOON + 49 * HOUR), Due.RESTORATION)) == 1
    restoring = Decision.objects.get(kind=DecisionKind.RESTORE).actions.get()
    verification.record_verification(restoring.pk, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert overdue(see(world, NOON + 49 * HOUR), Due.RESTORATION) == []


def test_restrictions_end_on_their_day(world: World) -> None:
    """The decision gives the day."""
    with frozen(NOON):
        case_id = in_review(category="fraud")
        vote(case_id, DecisionKind.RESTRICT, world.reviewers[0], restrict_days=7)
    (day,) = dated(see(world), Due.RESTRICTION)
    assert day == day_of(NOON) + timedelta(days=7)


def test_later_checks_agree_with_the_workers_own_list(world: World) -> None:
    """The same schedule as `due_verifications`: an hour, a day, a week; counted by day."""
    with frozen(NOON):
        action = the_action(resolved_closure(world))
    schedule = load_release().enforcement.verification
    assert list(dated(see(world), Due.CHECKS)) == [day_of(NOON + schedule[1])]
    at = NOON
    for after in schedule[1:4]:
        at = NOON + after
        assert [one.count for one in overdue(see(world, at), Due.CHECKS)] == [1]
        with frozen(at):
            assert len(verification.due_verifications()) == 1
            verification.record_verification(action.pk, observed(AccountState.CLOSED), actor=SYSTEM)
        assert overdue(see(world, at), Due.CHECKS) == []
    assert see(world, at).overdue == ()


def test_checks_by_people_are_counted_apart(world: World) -> None:
    """Where no automatic check can see the account, a person checks by the same schedule (`due_manual_checks`)."""
    operator = make_operator()
    with frozen(NOON):
        notice = asked(world, operator)
        answer_notice(notice.pk, AnswerKind.DONE, handed_over=True, actor=operator.contact)
    assert [one.count for one in undated(see(world), Due.CHECK_BY_PERSON)] == [1]
    assert notice.action_id is not None
    with frozen(NOON):
        record_manual_check(notice.action_id, AccountState.CLOSED, "Dilihat di aplikasi.", actor=world.reviewers[2])
    later = NOON + load_release().enforcement.verification[1]
    found = see(world, later)
    assert ([one.count for one in overdue(found, Due.PERSON_CHECKS)], overdue(found, Due.CHECKS)) == ([1], [])
    with frozen(later):
        assert verification.due_manual_checks() == (notice.action_id,)


def test_contacts_who_leave_and_keys_that_expire(world: World) -> None:
    """A contact's last day and an expiring key are named; a key with a successor is not."""
    operator = make_operator()
    ContactDetails.objects.filter(person_id=operator.contact.person_id).update(until=day_of(NOON) + timedelta(days=3))
    assert world.officer.person_id is not None
    with frozen(NOON - api_keys.KEY_LIFETIME + timedelta(days=5)):
        api_keys.issue_officer_key(world.officer.person_id, actor=CLI)
    found = see(world)
    assert list(dated(found, Due.CONTACT)) == [day_of(NOON) + timedelta(days=3)]
    assert list(dated(found, Due.KEY)) == [day_of(NOON) + timedelta(days=5)]
    with frozen(NOON):
        api_keys.issue_officer_key(world.officer.person_id, actor=CLI)
    assert dated(see(world), Due.KEY) == {}


def test_a_prepared_letter_waits_without_a_day(world: World) -> None:
    """It waits until a person releases it, without a deadline."""
    notice = asked(world, make_operator())
    OperatorLetter.objects.create(
        notice=notice,
        stage=EscalationStage.ORDER,
        number="S/1",
        body_id="x",
        body_en="x",
        pdf_sha256="0" * 64,
        prepared_by_id=world.supervisor.person_id,
        prepared_at=NOON,
    )
    assert [one.what for one in undated(see(world), Due.LETTER)] == [f"S/1 · {notice.number}"]
    OperatorLetter.objects.update(released_at=NOON, released_by_id=world.supervisor.person_id)
    assert undated(see(world), Due.LETTER) == []


def test_a_letters_time_ends_on_its_day_and_then_a_person_may_go_on(world: World) -> None:
    """The deadline runs from receipt, not from release; once the next letter is prepared, it waits for its release."""
    operator = make_operator()
    with frozen(NOON):
        notice = asked(world, operator)
        order = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        escalation.release_letter(order, actor=world.supervisor)
    late = NOON + 26 * HOUR
    assert (overdue(see(world, late), Due.LETTER_TIME), dated(see(world), Due.LETTER_TIME)) == ([], {})
    with frozen(NOON + HOUR):
        escalation.open_letter(order, actor=operator.contact)
    ((day, (entry,)),) = dated(see(world), Due.LETTER_TIME).items()
    assert (day, entry.at, entry.number) == (day_of(NOON + 25 * HOUR), NOON + 25 * HOUR, notice.pk)
    assert entry.what == f"SP/{notice.number}/{NOON.year} · PSE mengobrol"
    assert len(overdue(see(world, late), Due.LETTER_TIME)) == 1
    with frozen(late):
        escalation.prepare_letter(notice.pk, EscalationStage.WARNING_1, actor=world.supervisor)
    found = see(world, late)
    assert (overdue(found, Due.LETTER_TIME), len(undated(found, Due.LETTER))) == ([], 1)


def test_objections_and_refusals_wait_for_a_supervisor(world: World) -> None:
    """Each is listed once, until a supervisor has answered."""
    operator = make_operator()
    first, second = (asked(world, operator, account=f"tamu-{one}", source=f"192.0.{one}.0") for one in (1, 2))
    for notice in (first, second):
        answer_notice(notice.pk, AnswerKind.REFUSED, "Akun itu milik toko.", actor=operator.contact)
    objection = objections.object_to(second.pk, "Akun itu milik toko resmi.", actor=operator.contact)

    def waiting() -> tuple[list[int | None], list[int | None]]:
        found = see(world, now())
        return (
            [one.number for one in undated(found, Due.REFUSAL)],
            [one.number for one in undated(found, Due.OBJECTION)],
        )

    assert waiting() == ([first.pk], [second.pk])
    objections.decide_objection(objection, accept=False, reasons="Iklannya jelas terlihat.", actor=world.supervisor)
    notices.ask_again(first.pk, "Lihat tanggal iklannya.", actor=world.supervisor)
    assert waiting() == ([second.pk], [])


def test_an_empty_calendar_says_so_and_a_full_one_links(world: World, staff: Staff, browser_of: Open) -> None:
    """Supervisors get links; administrators only to pages that they may open."""
    client = browser_of(world.supervisor)
    assert "Nothing is due" in client.get("/console/calendar/").content.decode()
    notice = asked(world, make_operator())
    link = f"/console/operator-notices/{notice.number}/"
    assert link in client.get("/console/calendar/").content.decode()
    other = browser_of(staff.by_role[Role.ADMINISTRATOR]).get("/console/calendar/").content.decode()
    assert notice.number in other
    assert link not in other


def test_more_that_is_due_costs_no_more_queries(world: World, browser_of: Open) -> None:
    """The number of queries is fixed."""
    operator = make_operator()

    def fill(number: int) -> None:
        notice = asked(world, operator, account=f"tamu-{number}", source=f"192.0.{number}.0")
        notices.open_notice(notice.pk, actor=operator.contact)
        order = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        escalation.release_letter(order, actor=world.supervisor)
        escalation.open_letter(order, actor=operator.contact)
        asked(world, operator, account=f"tamu-{number}-b", source=f"192.1.{number}.0")
        closed = resolved_closure(world, account=f"@akun-{number}:localhost", source=f"192.2.{number}.0")
        appeals.file_appeal(appeal_code(Decision.objects.get(case_id=closed).pk), "Bukan saya itu.", actor=HOLDER)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            see_calendar(actor=world.supervisor)
        return len(caught)

    fill(1)
    queries()  # what a process reads once is read
    before = queries()
    fill(2)
    fill(3)
    assert queries() == before


def test_what_is_too_much_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond the limit are counted, not silently dropped."""
    monkeypatch.setattr("jaga.figures.reads.calendar.SHOWN", 1)
    operator = make_operator()
    for number in range(3):
        asked(world, operator, account=f"tamu-{number}", source=f"192.0.{number}.0")
    found = see(world)
    assert (len(undated(found, Due.UNOPENED)), found.left_out) == (1, ((Due.UNOPENED, 2),))
