"""Nothing accepted is lost: record and job are one transaction, and lost jobs are deferred again."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import Job
from tests.factories import (
    World,
    ballot,
    decided_closure,
    in_review,
    make_world,
    new_report,
    report,
    rows,
    the_action,
    vote,
)
from tests.platforms.fake import FakePlatform

from jaga.actions.jobs import carry_out
from jaga.actions.verbs import attempts as act
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import ActionState, DecisionKind, OutcomeKind
from jaga.decisions.verbs import voting
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.signals.jobs import compare_list
from jaga.signals.models import HashList
from jaga.signals.verbs.image_hashes import NewHashList, import_hash_list, remove_hash_list
from jaga.store.kernel.jobs import CARRY_OUT, COMPARE_LIST, TRIAGE
from jaga.store.models import LedgerEntry
from jaga.work.rescue import defer_lost_work, retry_stalled

LATER = timedelta(minutes=1)


def jobs(task: str) -> list[tuple[str, Any]]:
    """The deferred jobs of that name: their lock, and when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lock, scheduled_at FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' ORDER BY id",
            [task],
        )
        return list(cursor.fetchall())


def lose_jobs() -> None:
    """Let every waiting or running job fail because of a bug."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE status IN ('todo', 'doing')")


def django_connector() -> DjangoConnector:
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    return connector


def take_last_jobs() -> None:
    """Let a worker take the last job of each case; the earlier ones are done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs j WHERE id < (SELECT max(id) FROM procrastinate_jobs k"
            " WHERE k.lock = j.lock)"
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")


def test_comparing_with_a_list_is_promised_again_until_it_is_done(world: World) -> None:
    """Some time after its job failed; a list that was compared, or removed, needs no job."""
    known = import_hash_list(NewHashList("Daftar", "Lembaga Contoh", "gambling", bytes(32)), actor=CLI)
    gone = import_hash_list(NewHashList("Lain", "Lembaga Contoh", "gambling", b"1" * 32), actor=CLI)
    assert defer_lost_work() == 0
    lose_jobs()
    remove_hash_list("Lain", actor=CLI)
    assert defer_lost_work() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '11 minutes'")
    assert defer_lost_work() == 1
    assert jobs(COMPARE_LIST) == [("hash-lists", None)]
    assert defer_lost_work() == 0
    compare_list(known.pk)
    compare_list(gone.pk)
    lose_jobs()
    assert defer_lost_work() == 0
    compared = HashList.objects.get(pk=known.pk).compared_at
    assert compared is not None
    for change in ({"compared_at": None}, {"hashes": b"2" * 32}, {"compared_at": now()}):
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            HashList.objects.filter(pk=known.pk).update(**change)
    compare_list(known.pk)
    assert HashList.objects.get(pk=known.pk).compared_at == compared
    remove_hash_list("Daftar", actor=CLI)


def test_a_report_and_its_triage_are_one_commit(world: World) -> None:
    """Rolled back together, committed together."""
    before = rows()
    with transaction.atomic():
        report()
        assert jobs(TRIAGE)
        transaction.set_rollback(True)
    assert rows() == before
    case_id = report().case_id
    assert jobs(TRIAGE) == [(f"case:{case_id}", None)]


def test_a_decision_and_its_job_are_one_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If anything after the decision fails, neither decision, vote, statement nor job is left; repeated, all exist."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    fence, cast = leases.take_lease(case_id, actor=world.reviewers[1]).fence, ballot(case_id, DecisionKind.CLOSE)
    before = rows()

    class Fault(Exception):
        """The very last statement of the verb fails."""

    def fail(lease: object) -> None:
        assert jobs(CARRY_OUT)
        assert Decision.objects.exists()
        raise Fault

    with monkeypatch.context() as patched:
        patched.setattr("jaga.decisions.verbs.voting._release", fail)
        with pytest.raises(Fault):
            voting.cast_vote(case_id, fence, cast, actor=world.reviewers[1])
    assert rows() == before
    voting.cast_vote(case_id, fence, cast, actor=world.reviewers[1])
    assert jobs(CARRY_OUT) == [(f"case:{case_id}", None)]


def test_a_refused_report_promises_nothing(world: World) -> None:
    """No job without a record."""
    with pytest.raises(Exception, match="not usable"):
        intake.file_report(new_report(text="\x00"), actor=PUBLIC)
    assert jobs(TRIAGE) == []


def test_a_failed_attempt_is_promised_at_its_moment(world: World) -> None:
    """The next job is scheduled for the time on the action, which is the policy's with random variation."""
    case_id, moment, retries = decided_closure(world), now(), load_release().enforcement.retries
    action = the_action(case_id).pk
    with frozen(moment):
        act.start_attempt(action, actor=SYSTEM)
        act.attempt_failed(action, OutcomeKind.UNKNOWN, actor=SYSTEM)
    promised = the_action(case_id).next_attempt_at
    assert promised is not None
    assert jobs(CARRY_OUT)[-1] == (f"case:{case_id}", promised)
    assert retries.wait(1, -1) <= promised - moment <= retries.wait(1, 1)


def test_work_with_a_living_job_is_left_alone(world: World) -> None:
    """A waiting or running job is enough, and something just committed has a moment's grace."""
    decided = the_action(decided_closure(world)).created_at
    report(account="@kenanga:localhost")
    with frozen(now() + LATER):
        assert defer_lost_work() == 0
        take_last_jobs()
        assert defer_lost_work() == 0
    lose_jobs()
    with frozen(decided):  # a copied world is older than the moment
        report(account="@melati:localhost")
        lose_jobs()
        assert defer_lost_work() == 0


def test_a_case_whose_triage_was_lost_is_promised_again(world: World) -> None:
    """One new job, and only one however often the task runs."""
    case_id = report().case_id
    lose_jobs()
    with frozen(now() + LATER):
        assert defer_lost_work() == 1
        assert defer_lost_work() == 0
    assert [lock for lock, _ in jobs(TRIAGE)] == [f"case:{case_id}"]


def test_an_action_whose_job_was_lost_is_promised_again(world: World) -> None:
    """And carried out by the new one."""
    case_id = decided_closure(world)
    lose_jobs()
    with frozen(now() + LATER):
        assert defer_lost_work() == 1
        assert defer_lost_work() == 0
    assert [lock for lock, _ in jobs(CARRY_OUT)] == [f"case:{case_id}"]


def test_jobs_that_fail_again_and_again_end_as_stuck(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bug in every attempt does not loop for ever: a person sees it."""
    case_id, attempts = decided_closure(world), load_release().enforcement.retries.attempts

    class Fault(Exception):
        """A bug."""

    def broken(account: object) -> None:
        raise Fault

    monkeypatch.setattr(fake, "observe", broken)
    for number in range(attempts):
        with frozen(now() + timedelta(days=number)), pytest.raises(Fault):
            carry_out(case_id)
        lose_jobs()
        with frozen(now() + LATER * (number + 1)):
            assert defer_lost_work() == 1
    assert the_action(case_id).state == ActionState.STUCK
    lose_jobs()
    with frozen(now() + LATER * 100):
        assert defer_lost_work() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_miss_the_same_one_give_its_job_back_once(settings: Any, tmp_path: Any) -> None:
    """The second message comes when the job is no longer the dead worker's; it does not end the new worker's run."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    make_world()
    case_id = report().case_id
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
        )

    async def both() -> list[int]:
        async with app.with_connector(django_connector().get_worker_connector()).open_async() as working:
            missed = list(await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=15))

            async def as_both_saw_it(**_: object) -> list[Job]:
                return missed

            with patch.object(working.job_manager, "get_stalled_jobs", as_both_saw_it):
                return [await retry_stalled(working) for _ in range(2)]

    assert asyncio.run(both()) == [1, 0]
    assert [lock for lock, _ in jobs(TRIAGE)] == [f"case:{case_id}"]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def test_what_waits_behind_a_stuck_action_is_not_promised_round_after_round(world: World) -> None:
    """It waits for a person; the ledger does not grow meanwhile, and the retry resumes it."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=("!a:localhost",))
    stuck = act.open_tasks(case_id)[0].action_id
    act.mark_stuck(stuck, OutcomeKind.REFUSED, actor=SYSTEM)
    lose_jobs()
    entries = LedgerEntry.objects.count()
    for number in range(3):
        with frozen(now() + LATER * (number + 1)):
            assert defer_lost_work() == 0
    assert LedgerEntry.objects.count() == entries
    act.retry_stuck(stuck, actor=world.supervisor)
    assert jobs(CARRY_OUT)
    assert Case.objects.get().state == CaseState.ACTING
