"""Seals of the access log: removing or changing a record later is detected by the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import World, in_review

from jaga.core.actors import Actor
from jaga.core.clock import frozen
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.privacy.verbs.person_search import forget_access_log
from jaga.quality.models import AccessEvent, AccessLogSeal
from jaga.quality.reads.access_log import (
    PAGE,
    AccessLogFilter,
    AccessLogSealView,
    list_access_log,
    list_own_access_log,
    list_seals,
)
from jaga.quality.verbs.canary_cases import seal_access_log
from jaga.store.models import LedgerEntry
from jaga.store.reads import log_access, log_access_to_all

FIRST_DAY = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@contextmanager
def day(number: int) -> Iterator[None]:
    with frozen(FIRST_DAY + timedelta(days=number)):
        yield


def auditor(world: World) -> Actor:
    return Actor("auditor", world.supervisor.person_id, None, frozenset({Role.AUDITOR}))


def sealed(world: World, count: int = 3) -> AccessLogSeal:
    """This many access events of one day, sealed on the next."""
    with day(0):
        log_access_to_all(
            [in_review(account=f"@akun{number}:localhost") for number in range(count)],
            AccessKind.CASE,
            actor=world.reviewers[0],
        )
    with day(1):
        assert seal_access_log() == count
    return AccessLogSeal.objects.get()


def changed(statement: str, table: str = "accessevent") -> None:
    """What somebody with the database's password could do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE records_{table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE records_{table} ENABLE TRIGGER USER")


def intact(seal: AccessLogSeal, world: World) -> bool | None:
    return next(one.intact for one in list_seals(check=seal.pk, actor=auditor(world)) if one.seal_id == seal.pk)


def test_a_day_is_sealed_when_it_is_over_and_each_access_once(world: World) -> None:
    """Seals follow each other without a gap."""
    with day(0):
        log_access(in_review(), AccessKind.CASE, actor=world.reviewers[0])
        assert seal_access_log() == 0
    with day(1):
        log_access(None, AccessKind.SEARCH, actor=world.reviewers[0])
        assert seal_access_log() == 2
        assert seal_access_log() == 0
        log_access(None, AccessKind.SEARCH, actor=world.reviewers[1])
        assert seal_access_log() == 0
    with day(2):
        assert seal_access_log() == 1
    first, second = AccessLogSeal.objects.order_by("first")
    assert second.first == first.last + 1
    assert LedgerEntry.objects.filter(verb="seal_access_log").count() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM records_accessevent WHERE id = (SELECT min(id) FROM records_accessevent)",
        "UPDATE records_accessevent SET person_id = person_id + 1 WHERE id = (SELECT max(id) FROM records_accessevent)",
        "UPDATE records_accessevent SET case_id = NULL WHERE id = (SELECT max(id) FROM records_accessevent)",
        "UPDATE records_accessevent SET what = 'search' WHERE id = (SELECT min(id) FROM records_accessevent)",
        "UPDATE records_accessevent SET at = at + interval '1 microsecond'"
        " WHERE id = (SELECT min(id) FROM records_accessevent)",
    ],
)
def test_an_access_that_was_removed_or_changed_later_shows(statement: str, world: World) -> None:
    """Whatever change it was."""
    seal = sealed(world)
    assert intact(seal, world) is True
    changed(statement)
    assert intact(seal, world) is False


def test_the_database_refuses_to_change_accesses_and_seals(world: World) -> None:
    """Both are append-only."""
    sealed(world)
    for write in (
        lambda: AccessEvent.objects.update(what="search"),
        lambda: AccessEvent.objects.all().delete(),
        lambda: AccessLogSeal.objects.update(count=1),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            write()


def forgotten(on: int) -> int:
    """The sweep of that day, until it finds nothing more; how many entries went."""
    release = load_release()
    before = AccessEvent.objects.count()
    with day(on):
        while forget_access_log(release, today()):
            pass
    return before - AccessEvent.objects.count()


def view_of(seal: AccessLogSeal, world: World) -> AccessLogSealView:
    return next(one for one in list_seals(check=seal.pk, actor=auditor(world)) if one.seal_id == seal.pk)


def test_a_range_whose_period_is_over_is_deleted_by_rule_and_no_fault(world: World) -> None:
    """Whole, on the day after its rule, on record; what was sealed later or not at all stays, and its seal fits."""
    rule = load_release().retention.access_log_rule(FIRST_DAY.date() + timedelta(days=1000))
    assert rule
    first = sealed(world)
    with day(2):
        log_access(None, AccessKind.SEARCH, actor=world.reviewers[0])
    with day(3):
        assert seal_access_log() == 1
        log_access(None, AccessKind.SEARCH, actor=world.reviewers[1])
    assert forgotten(rule.days) == 0
    assert view_of(first, world).intact is True
    assert forgotten(1 + rule.days + 1) == first.count
    seen = view_of(first, world)
    assert (seen.intact, seen.deleted_at is not None) == (None, True)
    (entry,) = LedgerEntry.objects.filter(verb="forget_access_log")
    assert entry.payload["entries"] == first.count
    assert entry.payload["rule"] == rule.key
    assert view_of(AccessLogSeal.objects.order_by("last").last() or first, world).intact is True
    assert AccessEvent.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records_ledgerentry SET payload = payload || '{\"seal\": 0}' WHERE verb = 'forget_access_log'",
        "UPDATE records_ledgerentry SET payload = payload || '{\"entries\": 1}' WHERE verb = 'forget_access_log'",
        "UPDATE records_ledgerentry SET verb = 'seal_access_log' WHERE verb = 'forget_access_log'",
        "UPDATE records_ledgerentry SET at = at - interval '2 days' WHERE verb = 'forget_access_log'",
        "UPDATE records_accesslogseal SET first = first - 1",
    ],
)
def test_a_deletion_that_the_ledger_does_not_know_is_a_fault(change: str, world: World) -> None:
    """Somebody with the database's password removed entries, and a row that says “by rule” beside it."""
    rule = load_release().retention.access_log_rule(FIRST_DAY.date() + timedelta(days=1000))
    assert rule
    seal = sealed(world)
    assert forgotten(1 + rule.days + 1) == seal.count
    changed(change, "accesslogseal" if "accesslogseal" in change else "ledgerentry")
    seen = view_of(seal, world)
    assert (seen.intact, seen.deleted_at) == (False, None)


def test_only_auditors_see_everybodys_accesses_and_everybody_their_own(world: World) -> None:
    """By person, by case, and page by page without a repeated row."""
    reviewer, other = world.reviewers[:2]
    numbers = [in_review(account=f"@akun{number}:localhost") for number in range(3)]
    log_access_to_all(numbers, AccessKind.CASE, actor=reviewer)
    log_access(numbers[0], AccessKind.CASE, actor=other)
    AccessEvent.objects.bulk_create(
        AccessEvent(person_id=other.person_id, what="search", at=FIRST_DAY) for _ in range(PAGE)
    )
    assert [one.case_id for one in list_own_access_log(actor=reviewer)] == numbers[::-1]
    for refused in (reviewer, world.supervisor):
        with pytest.raises(NotPermitted):
            list_access_log(AccessLogFilter(), actor=refused)
    checks = auditor(world)
    of_case = list_access_log(AccessLogFilter(case_id=numbers[0]), actor=checks)
    assert {one.person for one in of_case} == {"Sinta", "Bayu"}
    first = list_access_log(AccessLogFilter(person_id=other.person_id), actor=checks)
    rest = list_access_log(AccessLogFilter(person_id=other.person_id), before=first[-1].number, actor=checks)
    assert len(first) == PAGE
    assert {one.number for one in (*first, *rest)} == set(
        AccessEvent.objects.filter(person_id=other.person_id).values_list("pk", flat=True)
    )
    assert len(rest) == 1
    with pytest.raises(NotFound):
        list_seals(check=12345, actor=checks)
    with pytest.raises(NotPermitted):
        list_seals(actor=world.supervisor)
