"""What the worker refuses to do although the database has the row: triggers are off in these tests."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from structlog.testing import capture_logs
from tests.factories import ACCOUNT, World, decided_closure, in_review, resolved_closure, the_action, vote
from tests.platforms.fake import FakePlatform

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts, authorisation
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Outcome, Vote
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, ActionState, DecisionKind, OutcomeKind
from jaga.decisions.models import PendingDecision
from jaga.figures.reads.health import condition
from jaga.store.bound_rows import FOLLOWED, PARTS
from jaga.store.models import LedgerEntry

GUARDED = ("action", "decision", "vote", "pendingdecision", "ledgerentry", "subject")


@pytest.fixture
def unguarded(db: None) -> None:
    """As if somebody had bypassed every guard: only the worker's own check is left. What is written properly still
    notes its rows for its entry. The test is rolled back.
    """
    for table in GUARDED:
        change_table(f"ALTER TABLE records_{table} DISABLE TRIGGER USER")
        for part in (table, *FOLLOWED[table]) if table in PARTS else ():
            notes = "rows" if part == table else part.replace(".", "_")
            change_table(f"ALTER TABLE records_{table} ENABLE TRIGGER records_note_{notes}")


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def change_table(statement: str) -> None:
    """Change rows without the checks of foreign keys that are pending in this transaction."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(statement)


def refused(case_id: int, fake: FakePlatform, lacking: str) -> Action:
    """Carry out: the platform is asked for nothing, the action is stuck with its reason, and the health check
    alarms.
    """
    before = list(fake.orders)
    with capture_logs() as logs:
        job.carry_out(case_id)
    assert fake.orders == before
    action = Action.objects.filter(decision__case_id=case_id, state=ActionState.STUCK).get()
    outcome = Outcome.objects.filter(action=action).latest("pk")
    assert (outcome.kind, outcome.readings) == (OutcomeKind.REFUSED, [["decision", lacking]])
    assert [line["lacking"] for line in logs if line["event"] == "action_not_authorised"] == [lacking]
    assert LedgerEntry.objects.filter(verb="refuse_action", payload__lacking=lacking, case_ref=case_id).exists()
    assert condition().unauthorised_actions == 1
    job.carry_out(case_id)  # and it stays so
    assert fake.orders == before
    assert condition().unauthorised_actions == 1
    return action


def forged_votes(case_id: int, world: World) -> None:
    """Two people's votes to close, a commit whose time has come, the decision and its action, all written by SQL."""
    case = Case.objects.get(pk=case_id)
    first, second = (
        Vote.objects.create(
            case=case,
            person_id=person.person_id,
            kind="close",
            legal_basis="",
            facts="",
            accounts=[case.subject_id],
            elements=["x"],
            policy_hash="0" * 64,
            cast_at=now(),
        )
        for person in world.reviewers[:2]
    )
    for cast in (first, second):
        LedgerEntry.objects.create(
            at=now(),
            verb="cast_vote",
            actor=f"person:{cast.person_id}",
            case_ref=case_id,
            payload={"vote": cast.pk, "commitment": "0" * 64},
            entry_hash="0" * 64,
        )
    moment = now()
    commit = PendingDecision.objects.create(
        case=case, vote=first, other=second, both=True, adjudicated=False, made_at=moment, undo_until=moment
    )
    made = Decision.objects.create(
        case=case,
        subject=case.subject,
        kind="close",
        policy_hash="0" * 64,
        decided_by_id=first.person_id,
        seconded_by_id=second.person_id,
        decided_at=now(),
    )
    commit.end, commit.ended_at = "committed", now()
    commit.save()
    Action.objects.create(decision=made, kind="close", created_at=now())


def test_a_closure_of_two_people_is_carried_out(world: World, fake: FakePlatform, unguarded: None) -> None:
    """The same set-up without a forgery: the refusals below are due only to the forgery."""
    case_id = decided_closure(world)
    job.carry_out(case_id)
    assert fake.orders == ["restrict", "deliver", "close"]
    assert condition().unauthorised_actions == 0


def test_votes_that_were_written_by_sql_close_nothing(world: World, fake: FakePlatform) -> None:
    """Every trigger is satisfied: two votes, their ledger entries, a commit, a decision. Only the key is missing."""
    case_id = in_review()
    forged_votes(case_id, world)
    refused(case_id, fake, "votes")


@pytest.mark.parametrize(
    ("lacking", "change"),
    [
        ("second_person", "UPDATE records_decision SET seconded_by_id = NULL, kind = 'close'"),
        ("votes", "UPDATE records_vote SET kind = 'restrict' WHERE id = (SELECT max(id) FROM records_vote)"),
        ("votes", "UPDATE records_vote SET facts = facts || '!' WHERE id = (SELECT max(id) FROM records_vote)"),
        ("votes", "UPDATE records_vote SET facts = '' WHERE id = (SELECT max(id) FROM records_vote)"),
        (
            "votes",
            "UPDATE records_ledgerentry SET payload = jsonb_set(payload, '{commitment}', '\"é\"')"
            " WHERE verb = 'cast_vote'",
        ),
        (
            "time",
            "UPDATE records_pendingdecision SET undo_until = now() + interval '5 minutes',"
            " ended_at = now() + interval '6 minutes'",
        ),
        ("kind", "UPDATE records_action SET kind = 'redact'"),
        ("end", "UPDATE records_action SET kind = 'restore'"),
    ],
)
def test_what_lacks_something_is_refused(
    world: World, fake: FakePlatform, unguarded: None, lacking: str, change: str
) -> None:
    """One thing is wrong each time; the account is unchanged."""
    case_id = decided_closure(world)
    if lacking == "second_person":  # a constraint stands in the way of this one too
        change_table("ALTER TABLE records_decision DROP CONSTRAINT records_nobody_closes_alone")
    sql(change)
    refused(case_id, fake, lacking)


@pytest.mark.parametrize(
    ("table", "change"), [("statement", "body_id = body_id || '!'"), ("decision", "legal_basis = 'other'")]
)
def test_what_was_changed_past_jaga_is_not_carried_out(
    world: World, fake: FakePlatform, table: str, change: str
) -> None:
    """Nothing else knows these columns; the ledger recorded the row as it was."""
    case_id = decided_closure(world)
    change_table(f"ALTER TABLE records_{table} DISABLE TRIGGER USER")
    sql(f"UPDATE records_{table} SET {change}")
    refused(case_id, fake, "rows")


def test_a_finished_closure_that_was_overturned_is_not_done_again(
    world: World, fake: FakePlatform, unguarded: None
) -> None:
    """An action set to pending by SQL after its decision was overturned closes nothing."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get(case_id=case_id)
    Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind="restore",
        policy_hash="0" * 64,
        decided_by_id=world.reviewers[2].person_id,
        overturns=closure,
        decided_at=now(),
    )
    sql("UPDATE records_action SET state = 'pending', finished_at = NULL")
    refused(case_id, fake, "force")


def test_a_decision_that_loses_its_ground_between_two_steps_goes_no_further(
    world: World,
    fake: FakePlatform,
    unguarded: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decision is checked before each step, so nothing happens after the restriction."""
    case_id = decided_closure(world)
    deliver: Callable[..., Any] = fake.deliver

    def then_forge(*arguments: Any) -> Any:
        sql("UPDATE records_vote SET facts = ''")
        return deliver(*arguments)

    monkeypatch.setattr(fake, "deliver", then_forge)
    job.carry_out(case_id)
    assert fake.orders == ["restrict", "deliver"]
    assert the_action(case_id).state == ActionState.STUCK
    assert Outcome.objects.latest("pk").readings == [["decision", "votes"]]


def test_a_restoration_needs_its_appeal(world: World, fake: FakePlatform, unguarded: None) -> None:
    """A restoring decision without an appeal opens nothing."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get(case_id=case_id)
    restoring = Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind="restore",
        policy_hash="0" * 64,
        decided_by_id=world.reviewers[2].person_id,
        overturns=closure,
        decided_at=now(),
    )
    Action.objects.create(decision=restoring, kind=ActionKind.RESTORE, created_at=now())
    refused(case_id, fake, "appeal")


def test_another_account_than_the_decided_one_is_refused(world: World, fake: FakePlatform) -> None:
    """The task names an account; the decision must concern that one."""
    case_id = decided_closure(world)
    (task,) = attempts.open_tasks(case_id)
    authorisation.require_decision(task)
    change_table("ALTER TABLE records_subject DISABLE TRIGGER USER")
    sql("UPDATE records_subject SET account_id = '@lain:localhost' WHERE account_id = %s", ACCOUNT)
    with pytest.raises(authorisation.NotAuthorised) as caught:
        authorisation.require_decision(task)
    assert caught.value.lacking == "account"


def test_one_person_may_still_restrict(world: World, fake: FakePlatform) -> None:
    """What one person may decide is carried out on that person's own vote."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    job.carry_out(case_id)
    assert "restrict" in fake.orders


def test_a_person_who_tries_again_gets_the_same_answer(world: World, fake: FakePlatform) -> None:
    """Retrying by hand checks once more and changes nothing; ending the action ends the alarm."""
    case_id = in_review()
    forged_votes(case_id, world)
    action = refused(case_id, fake, "votes")
    attempts.retry_stuck(action.pk, actor=world.supervisor)
    refused(case_id, fake, "votes")
    attempts.end_stuck(action.pk, "Tidak ada yang memutuskan ini.", actor=world.supervisor)
    assert condition().unauthorised_actions == 0
