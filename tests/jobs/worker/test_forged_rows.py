"""Rows written with the connection of the web server or the worker: no account is affected.

Every guard of the database is in force here, and the rows go as far as the guards let them.
"""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import (
    ACCOUNT,
    World,
    ballot,
    carry_through,
    decided_closure,
    in_review,
    resolved_closure,
    vote,
)
from tests.platforms.fake import FakePlatform

from jaga.actions import jobs as job
from jaga.appeals.models import Appeal
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Action, Decision
from jaga.core.actors import HOLDER
from jaga.core.clock import now
from jaga.core.terms.cases import ActionState, DecisionKind
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import voting
from jaga.operators.models import Notice
from jaga.queue.verbs import leases
from jaga.store.codes import appeal_code


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def nothing_happens(case_id: int, fake: FakePlatform, *, stuck: bool = True) -> None:
    """The worker asks the platform for nothing; if the row got that far, its action is stuck."""
    before = list(fake.orders)
    job.carry_out(case_id)
    assert fake.orders == before
    if stuck:
        assert Action.objects.filter(decision__case_id=case_id, state=ActionState.STUCK).exists()


def restored(world: World) -> int:
    """An account that two people closed and that an appeal restored."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get(case_id=case_id)
    filed = appeals.file_appeal(appeal_code(closure.pk), "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(filed.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
    carry_through(case_id)
    return case_id


def test_votes_of_an_overturned_closure_close_nothing_again(world: World, fake: FakePlatform) -> None:
    """The two votes are genuine and valid; but nobody made a second decision on them."""
    case_id = restored(world)
    closure = Decision.objects.get(case_id=case_id, kind="close")
    spent = PendingDecision.objects.get(case_id=case_id)
    again = PendingDecision.objects.create(
        case_id=case_id,
        vote=spent.vote,
        other=spent.other,
        both=True,
        adjudicated=False,
        made_at=now(),
        undo_until=now(),
    )
    made = Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind="close",
        policy_hash=closure.policy_hash,
        decided_by_id=closure.decided_by_id,
        seconded_by_id=closure.seconded_by_id,
        decided_at=now(),
    )
    again.end, again.ended_at = "committed", now()
    again.save()
    with pytest.raises(IntegrityError, match="no action without its decision"), transaction.atomic():
        Action.objects.create(decision=made, kind="close", created_at=now())
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE records_action DISABLE TRIGGER USER")
    Action.objects.create(decision=made, kind="close", created_at=now())
    nothing_happens(case_id, fake)


def test_a_judged_account_is_not_another_one_by_way_of_its_case(
    world: World,
    fake: FakePlatform,
    settings: object,
) -> None:
    """The case is pointed elsewhere, the account renamed, the case pointed back: the votes would concern somebody
    else.
    """
    setattr(settings, "UNDO_WINDOW_SECONDS", 60)  # noqa: B010
    case_id = decided_closure(world)
    case = Case.objects.get(pk=case_id)
    other = Subject.objects.create(
        platform=case.subject.platform, kind=case.subject.kind, account_id="@lain:localhost", first_seen_at=now()
    )
    sql("UPDATE records_case SET subject_id = %s WHERE id = %s", other.pk, case_id)
    with pytest.raises(IntegrityError, match="stays that account"), transaction.atomic():
        sql("UPDATE records_subject SET account_id = '@korban:localhost' WHERE account_id = %s", ACCOUNT)


def test_a_forged_appeal_restores_nothing(world: World, fake: FakePlatform) -> None:
    """An overturned appeal and its restoring decision, written as rows only."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get(case_id=case_id)
    person, moment = world.reviewers[2].person_id, now()
    Appeal.objects.create(
        decision=closure,
        text="x",
        state="overturned",
        decided_by_id=person,
        filed_at=moment,
        due_at=moment + timedelta(days=1),
        decided_at=moment,
        reasons="x",
    )
    made = Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind="restore",
        policy_hash="0" * 64,
        decided_by_id=person,
        overturns=closure,
        decided_at=moment,
    )
    Action.objects.create(decision=made, kind="restore", created_at=moment)
    nothing_happens(case_id, fake)


def test_a_restriction_is_not_lifted_by_a_row(world: World, fake: FakePlatform) -> None:
    """It needs no appeal; it needs the verb of our own reversal."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    carry_through(case_id)
    old = Decision.objects.get(case_id=case_id)
    made = Decision.objects.create(
        case_id=case_id,
        subject=old.subject,
        kind="restore",
        policy_hash="0" * 64,
        decided_by_id=world.reviewers[2].person_id,
        overturns=old,
        decided_at=now(),
    )
    Action.objects.create(decision=made, kind="restore", created_at=now())
    nothing_happens(case_id, fake)


def test_nobody_is_restricted_at_once_by_a_row(world: World, fake: FakePlatform) -> None:
    """A decision without votes needs the commitment of its verb."""
    case_id = in_review()
    sql("UPDATE records_case SET urgent = true WHERE id = %s", case_id)
    case = Case.objects.get(pk=case_id)
    made = Decision.objects.create(
        case=case,
        subject=case.subject,
        kind="restrict",
        policy_hash="0" * 64,
        provisional=True,
        decided_by_id=world.reviewers[0].person_id,
        decided_at=now(),
        ends_at=now() + timedelta(days=3),
    )
    Action.objects.create(decision=made, kind="restrict", created_at=now())
    nothing_happens(case_id, fake)


def test_a_notice_asks_an_operator_for_nothing_that_was_not_decided(world: World) -> None:
    """A row beside a restriction asks the operator for a closure, or for another account: both are refused."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    action = Action.objects.get()
    case = Case.objects.select_related("subject__platform").get(pk=case_id)
    other = Subject.objects.create(
        platform=case.subject.platform, kind=case.subject.kind, account_id="@lain:localhost", first_seen_at=now()
    )
    told = {
        "operator_id": case.subject.platform.operator_id,
        "platform": case.subject.platform,
        "case": case,
        "subject": case.subject,
        "action": action,
        "asks_for": "restrict",
        "category": case.category,
        "created_at": now(),
    }
    for change in ({"asks_for": "close"}, {"subject": other}):
        with pytest.raises(IntegrityError, match="asks for what was decided"), transaction.atomic():
            Notice.objects.create(**{**told, **change})
    Notice.objects.create(**told)


def test_a_restriction_at_once_of_the_verb_is_carried_out(world: World, fake: FakePlatform) -> None:
    """The same row, made by the verb: the refusal above has no other cause."""
    case_id = in_review()
    sql("UPDATE records_case SET urgent = true WHERE id = %s", case_id)
    lease = leases.take_lease(case_id, actor=world.reviewers[0])
    voting.restrict_at_once(case_id, lease.fence, ballot(case_id, DecisionKind.RESTRICT), actor=world.reviewers[0])
    job.carry_out(case_id)
    assert "restrict" in fake.orders


def test_a_restoration_of_the_verb_is_carried_out(world: World, fake: FakePlatform) -> None:
    """Of an appeal that somebody decided."""
    closed = decided_closure(world)
    job.carry_out(closed)
    filed = appeals.file_appeal(appeal_code(Decision.objects.get(case_id=closed).pk), "Bukan saya.", actor=HOLDER)
    appeals.decide_appeal(filed.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
    job.carry_out(closed)
    assert Action.objects.get(kind="restore").state == ActionState.DONE
