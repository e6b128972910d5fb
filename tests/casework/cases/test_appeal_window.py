"""The appeal window: one stored end that no release, delivery or visit makes earlier."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import World, decided_closure, the_action

from jaga.actions.verbs import attempts
from jaga.actions.verbs.attempts import holder_text
from jaga.actions.verbs.verification import hand_over_statement
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Decision, Statement
from jaga.cases.verbs import appeal_window, letters
from jaga.cases.verbs.letters import say_day
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import OutcomeKind, Step
from jaga.core.terms.people import Language
from jaga.policy import local_time
from jaga.policy.release import load_release, shipped_folder
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=JAKARTA)
TEXT = "Bukan saya yang menulis itu."


def day(moment: datetime) -> str:
    return moment.astimezone(JAKARTA).date().isoformat()


def deliver(case_id: int, kind: OutcomeKind = OutcomeKind.DONE) -> None:
    attempts.record_step(the_action(case_id).pk, Step.DELIVER, StepResult(kind, "x"), actor=SYSTEM)


def until() -> datetime:
    return Statement.objects.get().appeal_until


@pytest.fixture
def case_id(world: World) -> int:
    with frozen(NOON):
        return decided_closure(world)


def code() -> str:
    return appeal_code(Decision.objects.get().pk)


def test_it_runs_from_the_observed_delivery(world: World, case_id: int) -> None:
    """184 whole days after the day of delivery, until the end of the last one in Jakarta."""
    with frozen(NOON + timedelta(days=5)):
        deliver(case_id, OutcomeKind.UNKNOWN)
        assert day(until()) == day(NOON + timedelta(days=30 + 184))
        deliver(case_id)
    assert day(until()) == day(NOON + timedelta(days=5 + 184))
    assert until().astimezone(JAKARTA).time().isoformat().startswith("23:59:59")
    with frozen(NOON + timedelta(days=20)):
        appeals.open_page(code(), actor=HOLDER)
    assert day(until()) == day(NOON + timedelta(days=5 + 184))


def test_a_change_of_clocks_makes_no_window_shorter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision of the last winter hour, whose window ends in summer: its letter can be dated and delivered.

    The end lies 214 calendar days later and no less than 214 times 24 hours later, which the database asks for.
    """
    brussels = load_release(shipped_folder("eu")).jurisdiction
    monkeypatch.setattr(local_time, "jurisdiction", lambda: brussels)
    late = datetime(2026, 11, 29, 23, 34, tzinfo=ZoneInfo("Europe/Brussels"))
    with frozen(late):
        case_id = decided_closure(world)
        assert until() == datetime(2027, 7, 2, 21, 59, 59, 999999, tzinfo=UTC)
        holder_text(the_action(case_id).pk)
        deliver(case_id)
    assert until() == datetime(2027, 6, 2, 21, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["EU", "ID"])
def test_a_window_is_never_shorter_than_its_days_whatever_the_clocks_do(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each hour of a year: at least so many days of the calendar, and at least so many times 24 hours."""
    folders = {"EU": shipped_folder("eu"), "ID": shipped_folder("id")}
    ours = load_release(folders[zone]).jurisdiction
    monkeypatch.setattr(local_time, "jurisdiction", lambda: ours)
    first, before = datetime(2026, 1, 1, 0, 30, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(366 * 24):
        start = first + timedelta(hours=hours)
        end = appeal_window.last_moment(start, 184)
        assert end >= start + timedelta(days=184)
        assert local_time.day_of(end) >= local_time.day_of(start) + timedelta(days=184)
        assert end >= before
        before = end


def test_without_one_it_runs_from_the_first_opening(world: World, case_id: int) -> None:
    """Only the first opening counts; a delivery observed later makes the end later, never earlier."""
    for days in (7, 12):
        with frozen(NOON + timedelta(days=days)):
            appeals.open_page(code(), actor=HOLDER)
        assert day(until()) == day(NOON + timedelta(days=7 + 184))
    assert LedgerEntry.objects.filter(verb="open_statement").count() == 1
    with frozen(NOON + timedelta(days=15)):
        deliver(case_id)
    assert day(until()) == day(NOON + timedelta(days=15 + 184))


def test_it_runs_from_the_thirtieth_day_at_the_latest(world: World, case_id: int) -> None:
    """Whatever is observed afterwards; until the last second of the last day."""
    end = datetime.combine((NOON + timedelta(days=214)).date(), datetime.max.time(), JAKARTA)
    for late in (40, 60):
        with frozen(NOON + timedelta(days=late)):
            deliver(case_id) if late == 60 else appeals.open_page(code(), actor=HOLDER)
        assert until() == end
    with frozen(end + timedelta(seconds=1)), pytest.raises(appeals.AppealTooLate):
        appeals.file_appeal(code(), TEXT, actor=HOLDER)
    with frozen(end):
        appeals.file_appeal(code(), TEXT, actor=HOLDER)


def test_a_new_release_shortens_nothing(world: World, case_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a release that evaded its check; page, letter and verb read the stored end."""
    shorter = replace(load_release(), enforcement=replace(load_release().enforcement, appeal_window_days=3))
    for module in (letters, appeals):
        monkeypatch.setattr(module, "load_release", lambda: shorter)
    with frozen(NOON + timedelta(days=1)):
        deliver(case_id)
        text, _ = holder_text(the_action(case_id).pk)
    last = NOON + timedelta(days=1 + 184)
    assert say_day(last, Language.INDONESIAN) in text
    assert access_statement(code()).appeal_until == until()
    with frozen(last):
        appeals.file_appeal(code(), TEXT, actor=HOLDER)


def test_under_a_short_release_a_new_statement_still_gets_half_a_year(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The legal minimum is in the code, not in the release."""
    shorter = replace(load_release(), enforcement=replace(load_release().enforcement, appeal_window_days=3))
    monkeypatch.setattr(letters, "load_release", lambda: shorter)
    decided_closure(world)
    assert Statement.objects.get().appeal_days == 184


def test_the_letter_names_a_day_that_is_kept(world: World, case_id: int) -> None:
    """A letter that is sent late names a later day; the stored end is never before it."""
    with frozen(NOON + timedelta(days=9)):
        text, _ = holder_text(the_action(case_id).pk)
        assert say_day(NOON + timedelta(days=9 + 184), Language.ENGLISH) in text
        deliver(case_id)
    assert day(until()) == day(NOON + timedelta(days=9 + 184))


def test_a_letter_that_is_handed_over_by_hand_begins_nothing_until_its_code_is_opened(
    world: World,
    case_id: int,
) -> None:
    """The installation's staff have the letter then; it is not observed that the holder has it."""
    Platform.objects.update(capabilities={})
    with frozen(NOON + timedelta(days=3)):
        hand_over_statement(case_id, Decision.objects.get().pk, actor=world.supervisor)
    assert day(until()) == day(NOON + timedelta(days=30 + 184))


def refused(change: str, *values: str | int) -> None:
    wanted = pytest.raises(IntegrityError, match=r"never shortened|never edited")
    with wanted, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE records_statement SET {change}", values)


def test_the_database_lets_nobody_shorten_it(world: World, case_id: int) -> None:
    """SQL without the verbs is refused too, before and after the window began."""
    refused("appeal_until = now()")
    refused("appeal_days = 200")
    refused("opened_at = now(), appeal_until = now()")
    with frozen(NOON + timedelta(days=5)):
        deliver(case_id)
    refused("appeal_until = appeal_until - interval '1 second'")
    refused("delivered_at = now()")
    appeals.open_page(code(), actor=HOLDER)
    refused("opened_at = NULL")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_statement SET appeal_until = appeal_until + interval '1 day'")


def test_the_rule_stands_in_one_place(world: World, case_id: int) -> None:
    """A preview shows the same day as a letter at that time."""
    with frozen(NOON):
        decision = Decision.objects.get()
        assert appeal_window.day_in_letter(decision, now()) == appeal_window.last_moment(now(), 184)
