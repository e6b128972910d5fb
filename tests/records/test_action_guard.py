"""Every row in the table of actions needs its decision: an insert that bypasses the verbs is refused."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import (
    World,
    carry_through,
    decided_closure,
    in_review,
    resolved_closure,
    the_action,
    vote,
)

from jaga.actions.verbs import attempts
from jaga.actions.verbs import verification as expiry
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Action, Decision
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import ActionKind, ActionState, DecisionKind
from jaga.store.codes import appeal_code

_INSERT = (
    "INSERT INTO records_action (decision_id, kind, sequence, state, attempts, created_at)"
    " VALUES (%s, %s, 9, 'pending', 0, now())"
)


def run(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(why: str, sql: str, *values: object) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        run(sql, *values)


@pytest.mark.parametrize("kind", ["preserve", "restrict", "redact", "close", "restore"])
def test_one_insert_closes_no_account(world: World, kind: str) -> None:
    """An INSERT of a closure for a dismissed case is refused."""
    case_id = in_review()
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    refused("no action without its decision", _INSERT, Decision.objects.get().pk, kind)
    assert not Action.objects.exists()


@pytest.mark.parametrize("kind", ["preserve", "redact", "close", "restore"])
def test_one_persons_restriction_permits_nothing_more(world: World, kind: str) -> None:
    """A restriction decided by one person permits no closure, redaction or lifting on that decision."""
    vote(in_review(), DecisionKind.RESTRICT, world.reviewers[0])
    refused("no action without its decision", _INSERT, Decision.objects.get().pk, kind)


@pytest.mark.parametrize("kind", ["preserve", "restrict", "redact", "restore"])
def test_a_closure_of_two_people_permits_that_closure_alone(world: World, kind: str) -> None:
    """The closure's action exists once; another kind is refused, and so is a second closure."""
    decided_closure(world)
    decision = Decision.objects.get()
    refused("no action without its decision", _INSERT, decision.pk, kind)
    refused("records_action_once_per_decision", _INSERT, decision.pk, "close")


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'close'",
        "kind = 'restore'",
        "sequence = 1 + sequence",
        "created_at = now()",
        "id = id + 1000",
    ],
)
def test_an_action_does_not_become_another(world: World, change: str) -> None:
    """A restriction decided by one person cannot be updated into a closure."""
    vote(in_review(), DecisionKind.RESTRICT, world.reviewers[0])
    refused("stays what it is", f"UPDATE records_action SET {change}")


def test_an_action_is_not_given_to_another_decision(world: World) -> None:
    """An action cannot be moved to another decision, and so not to another account."""
    vote(in_review(), DecisionKind.RESTRICT, world.reviewers[0])
    other = in_review(account="@kenanga:localhost")
    vote(other, DecisionKind.DISMISS, world.reviewers[0])
    refused("stays what it is", "UPDATE records_action SET decision_id = %s", Decision.objects.get(case_id=other).pk)


def test_what_has_ended_does_not_begin_again(world: World) -> None:
    """A finished closure cannot be set to pending again, which would close a restored account anew, nor deleted."""
    resolved_closure(world)
    refused("ends once", "UPDATE records_action SET state = 'pending', finished_at = NULL")
    refused("ends once", "UPDATE records_action SET attempts = 0, next_attempt_at = now()")
    refused("never deleted", "DELETE FROM records_action")


def test_an_action_begins_as_a_promise(world: World) -> None:
    """An action is inserted as pending; one inserted as done is refused."""
    vote(in_review(), DecisionKind.RESTRICT, world.reviewers[0])
    refused(
        "begins as a promise",
        "INSERT INTO records_action (decision_id, kind, sequence, state, attempts,"
        " created_at, finished_at) SELECT decision_id, 'restore', 2, 'done', 0, now(), now() FROM records_action",
    )


def test_an_overturned_closure_is_not_done_again(world: World) -> None:
    """After a successful appeal no action of the old decision's kind can be added; the restoring action exists once."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get()
    filed = appeals.file_appeal(appeal_code(closure.pk), "Bukan saya yang menulis.", actor=HOLDER)
    refused("the measure has not ended", _INSERT, closure.pk, "restore")
    appeals.decide_appeal(filed.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
    refused("was overturned", _INSERT, closure.pk, "restrict")
    restoring = Decision.objects.get(overturns=closure)
    assert the_action_of(restoring).kind == ActionKind.RESTORE
    refused("permits no such action", _INSERT, restoring.pk, "close")
    refused("permits no such action", _INSERT, restoring.pk, "restrict")  # no other decision holds the account
    carry_through(case_id)


def test_a_restoring_decision_without_an_appeal_opens_nothing(world: World) -> None:
    """A row in the table of decisions alone does not reopen an account."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get()
    restoring = Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind="restore",
        policy_hash="0" * 64,
        decided_by_id=world.reviewers[2].person_id,
        overturns=closure,
        decided_at=now(),
    )
    refused("only an appeal", _INSERT, restoring.pk, "restore")


def test_a_restriction_is_lifted_once_its_time_is_over(world: World) -> None:
    """The lifting is refused before the restriction has ended, and the verb makes it when the days are over."""
    vote(in_review(), DecisionKind.RESTRICT, world.reviewers[0], restrict_days=7)
    case_id = Case.objects.get().pk
    carry_through(case_id)
    decision = Decision.objects.get()
    refused("has not ended", _INSERT, decision.pk, "restore")
    with frozen(now() + timedelta(days=8)):
        assert expiry.end_restriction(decision.pk, actor=SYSTEM)
    assert set(decision.actions.values_list("kind", flat=True)) == {"restrict", "restore"}


def test_a_closure_that_came_to_nothing_may_be_undone(world: World) -> None:
    """When a closure failed for good, its hold may be released; no other state permits that row."""
    case_id = decided_closure(world)
    action = the_action(case_id)
    refused("has not ended", _INSERT, action.decision_id, "restore")
    Action.objects.filter(pk=action.pk).update(state=ActionState.STUCK)
    attempts.end_stuck(action.pk, "Tidak dapat dilakukan.", actor=world.supervisor)
    run(_INSERT, action.decision_id, "restore")


def test_an_account_that_was_judged_stays_that_account(world: World) -> None:
    """The account of a decision, or of a vote that waits for a second one, cannot be changed; that of another case
    can.
    """
    waiting = in_review(account="@kenanga:localhost")
    vote(waiting, DecisionKind.CLOSE, world.reviewers[0])
    decided_closure(world)
    untouched = in_review(account="@melati:localhost")
    for case in Case.objects.exclude(pk=untouched):
        refused(
            "stays that account",
            "UPDATE records_subject SET account_id = '@lain:localhost' WHERE id = %s",
            case.subject_id,
        )
        run("UPDATE records_subject SET handle = 'nama baru', account_id = account_id WHERE id = %s", case.subject_id)
    subject = Case.objects.get(pk=untouched).subject_id
    run("UPDATE records_subject SET account_id = '@lain:localhost' WHERE id = %s", subject)
    assert Subject.objects.get(pk=subject).account_id == "@lain:localhost"


def the_action_of(decision: Decision) -> Action:
    return Action.objects.get(decision=decision)
