"""Turns on accounts: never two workers on one account, never more than a platform allows; no turn outlives its
worker.
"""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from tests.factories import ACCOUNT, World, decided_closure, the_action
from tests.jobs.base.test_patience import due_jobs, next_moment
from tests.platforms.fake import FakePlatform

from jaga.actions.jobs import carry_out
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Outcome
from jaga.core.clock import now
from jaga.core.platforms import Account, StepResult
from jaga.core.terms.cases import AccountState, ActionState
from jaga.work import adapters as turns
from jaga.work.adapters import PlatformTurn, TurnLost, turn_on


@pytest.fixture
def other() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Another worker's session."""
    told = connection.get_connection_params()
    wanted = {key: told[key] for key in ("dbname", "user", "password", "host", "port") if told.get(key)}
    with psycopg.connect(**wanted, autocommit=True) as session:
        yield session


def hold(session: "psycopg.Connection[tuple[object, ...]]", key: str) -> None:
    """Give the turn to the other worker."""
    assert session.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key]).fetchone() == (True,)


def test_an_account_that_another_worker_is_at_is_left_alone(
    world: World,
    fake: FakePlatform,
    other: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    """The job is tried again shortly without using up an attempt; when the other is done, it is carried out."""
    case_id = decided_closure(world)
    due_jobs()
    hold(other, f"jaga subject obrolan {ACCOUNT}")
    carry_out(case_id)
    assert (fake.orders, the_action(case_id).attempts) == ([], 0)
    soon = next_moment()
    assert soon
    assert 0 < (soon - now()).total_seconds() < 2
    other.close()  # also what becomes of a killed worker's session
    carry_out(case_id)
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED


def test_a_place_that_becomes_free_at_once_is_waited_for(
    world: World,
    fake: FakePlatform,
    other: "psycopg.Connection[tuple[object, ...]]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database wakes the waiting job when the slot is released, and the job is not postponed."""
    monkeypatch.setattr(turns, "_PATIENCE_MS", 20_000)
    Platform.objects.update(concurrency=1)
    case_id = decided_closure(world)
    due_jobs()
    hold(other, "jaga place obrolan 0")
    free = threading.Timer(0.2, other.close)
    free.start()
    carry_out(case_id)
    free.join()
    assert fake.accounts[ACCOUNT].state is AccountState.CLOSED
    assert next_moment() is None


def test_no_more_accounts_at_a_time_than_the_platform_bears(
    world: World,
    fake: FakePlatform,
    other: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    """With every slot taken by other workers the next account waits, and uses up no attempt."""
    Platform.objects.update(concurrency=2)
    case_id = decided_closure(world)
    for place in range(2):
        hold(other, f"jaga place obrolan {place}")
    carry_out(case_id)
    assert (fake.orders, the_action(case_id).attempts) == ([], 0)
    other.execute("SELECT pg_advisory_unlock_all()")
    carry_out(case_id)
    assert the_action(case_id).state == ActionState.DONE


def test_a_turn_is_given_back_whatever_happens(
    world: World,
    fake: FakePlatform,
    other: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    """Also after a fault; the next one gets it at once."""
    account = Account("obrolan", ACCOUNT)

    class Fault(Exception):
        """A bug."""

    def break_off() -> None:
        with turn_on(account) as turn:
            assert turn
            raise Fault

    with pytest.raises(Fault):
        break_off()
    hold(other, f"jaga subject obrolan {ACCOUNT}")
    for place in range(4):
        hold(other, f"jaga place obrolan {place}")


def test_who_lost_the_turn_does_nothing_more(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the session ended between two steps, somebody else may be at the account: no change, no outcome, no
    attempt.
    """
    case_id, real = decided_closure(world), fake.restrict

    def restrict(account: Account) -> StepResult:
        result = real(account)
        monkeypatch.setattr(turns, "_session", lambda: 0)
        return result

    monkeypatch.setattr(fake, "restrict", restrict)
    with pytest.raises(TurnLost):
        carry_out(case_id)
    assert fake.orders == ["restrict"]
    assert not Outcome.objects.filter(kind="unknown").exists()
    with pytest.raises(TurnLost):
        PlatformTurn(session=-1).still_ours()
