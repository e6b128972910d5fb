"""Columns that change are bound by the last entry of whoever changed them: an edit past Jaga is named, and stays so."""

import pytest
from django.db import connection, transaction
from tests.factories import World, in_review, report, resolved_closure, vote

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Action, Statement
from jaga.cases.models.reports import Report
from jaga.cases.verbs.state import locked_case, move_case
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseVerb
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import RowFaultKind
from jaga.decisions.models import PendingDecision
from jaga.people.verbs.people import deactivate_person
from jaga.queue.verbs.assignment import assign_case
from jaga.store.bound_rows import PARTS
from jaga.store.kernel.ledger import append_changes
from jaga.store.kernel.row_verification import (
    NoSuchRow,
    RowsDiffer,
    accept_row,
    require_unchanged,
    rows_of_case,
    verify_rows,
)
from jaga.store.models import LedgerEntry, RowBinding
from jaga.store.sealed_text import sealed_field

Fault = tuple[RowFaultKind, str, int]


def past_jaga(table: str, change: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET {change} WHERE id = %s", [number])
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def faults() -> set[Fault]:
    return {(fault.kind, fault.part, fault.number) for fault in verify_rows().faults}


def end_of_transaction() -> None:
    """What no entry has taken by now is lost."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jaga.rows', '', true)")


def test_an_assignment_that_ends_with_a_right_is_bound(world: World) -> None:
    """Also where it is all that changes in a case."""
    case, person = in_review(), world.reviewers[0]
    assign_case(case, person.person_id or 0, actor=person)
    deactivate_person(person.person_id or 0, actor=CLI)
    end_of_transaction()
    assert Case.objects.get(pk=case).assigned_to_id is None
    assert faults() == set()


def test_states_accounts_and_names_are_whole_through_a_whole_case(world: World) -> None:
    """Each state of a case from report to closure is in an entry, and its present one is the last."""
    case = resolved_closure(world)
    end_of_transaction()
    assert faults() == set()
    bound = RowBinding.objects.filter(part="case.now", number=case)
    assert bound.count() >= 5
    assert {part for part, _ in EDITS} <= {part for part, _ in rows_of_case(case)}
    require_unchanged(rows_of_case(case))


EDITS = [
    ("case.now", "state = 'received', resolved_at = NULL"),
    ("case.now", "category = 'fraud'"),
    ("case.now", "victim_first = true, victim_state = 'proposed'"),
    ("case.now", "subject_id = %(other)s"),
    ("case.work", "clearance = 'child_safety'"),
    ("case.work", "queue = 'lain'"),
    ("case.work", "queue_fixed = true"),
    ("case.work", "urgent = NOT urgent"),
    ("case.work", "due_at = due_at + interval '1 hour'"),
    ("case.work", "snoozed_until = due_at, snooze_reason = '%(sealed)s'"),
    ("case.work", "escalated_at = now()"),
    ("case.work", "assigned_to_id = (SELECT min(id) FROM records_person)"),
    ("case.work", "decided_at = now()"),
    ("case.work", "met_at = now()"),
    ("case.work", "snoozed_by_id = (SELECT min(id) FROM records_person)"),
    ("action.now", "state = 'pending'"),
    ("action.now", "finished_at = now()"),
    ("report.now", "subject_id = %(other)s"),
    ("report.now", "case_id = %(held)s"),
    ("report.now", "withdrawn_at = now()"),
    ("report.now", "set_aside_at = now()"),
    ("subject.now", "account_id = '@lain:localhost'"),
    ("subject.now", "handle = 'lain'"),
    ("pendingdecision.now", "ended_at = ended_at + interval '1 second'"),
    ("statement.now", "delivered_at = now()"),
    ("statement.now", "opened_at = now()"),
    ("statement.now", "appeal_until = now()"),
]


def test_each_edited_column_that_changes_is_named(world: World) -> None:
    """And what rests on the row is refused."""
    case, held = resolved_closure(world), in_review(account="@melati:localhost")
    row = Case.objects.get(pk=case)
    numbers = {
        "case.now": case,
        "case.work": case,
        "report.now": row.reports.get().pk,
        "subject.now": row.subject_id,
        "action.now": Action.objects.get().pk,
        "pendingdecision.now": PendingDecision.objects.get().pk,
        "statement.now": Statement.objects.get().pk,
    }
    sealed = sealed_field(Case, "snooze_reason").sealed_for(row.key_owner(), "nanti")
    rows = rows_of_case(case)
    for part, change in EDITS:
        with transaction.atomic():
            past_jaga(
                PARTS[part].table,
                change % {"other": Case.objects.get(pk=held).subject_id, "held": held, "sealed": sealed},
                numbers[part],
            )
            assert faults() == {(RowFaultKind.EDITED, part, numbers[part])}, change
            with pytest.raises(RowsDiffer):
                require_unchanged(rows)
            transaction.set_rollback(True)


def test_a_later_verb_does_not_cover_an_edit(world: World) -> None:
    """Entries commit only to rows that were until then as recorded; so the first edit stays found."""
    case = in_review()
    past_jaga("records_case", "category = 'fraud'", case)
    assert faults() == {(RowFaultKind.EDITED, "case.now", case)}
    vote(case, DecisionKind.CLOSE, world.reviewers[0])
    assert Case.objects.get(pk=case).state == "second_vote"
    assert faults() == {(RowFaultKind.EDITED, "case.now", case)}
    for part, number in (("case.now", case + 1), ("report", 1), ("suara", 1)):
        with pytest.raises(NoSuchRow):
            accept_row(part, number, actor=CLI)
    accept_row("case.now", case, actor=CLI)
    assert faults() == set()
    vote(case, DecisionKind.CLOSE, world.reviewers[1])
    assert faults() == set()


def test_an_earlier_state_is_no_excuse(world: World) -> None:
    """A case that is set back to a state that an entry once recorded is named: the last entry counts."""
    case = in_review()
    vote(case, DecisionKind.CLOSE, world.reviewers[0])
    assert faults() == set()
    past_jaga("records_case", "state = 'in_review'", case)
    assert faults() == {(RowFaultKind.EDITED, "case.now", case)}
    newest = RowBinding.objects.filter(part="case.now", number=case).latest("entry")
    past_jaga("records_rowbinding", "salt = NULL", newest.pk)
    assert (RowFaultKind.SALT, "case.now", case) in faults()


def test_a_row_written_by_sql_with_all_triggers_has_no_entry(world: World) -> None:
    """The triggers note it, but the note ends with the transaction."""
    number = report(account="@mawar:localhost").report_id
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_report SET withdrawn_at = now() WHERE id = %s", [number])
    end_of_transaction()
    assert faults() == {(RowFaultKind.EDITED, "report.now", number)}


def test_a_change_after_the_last_entry_is_entered_by_itself(world: World) -> None:
    """Once: without a change there is no entry."""
    case = locked_case(in_review(), actor=SYSTEM)
    append_changes(actor=SYSTEM, case_id=case.pk)
    assert not LedgerEntry.objects.filter(verb="note_changes").exists()
    move_case(case, CaseVerb.PROPOSE)
    append_changes(actor=SYSTEM, case_id=case.pk)
    append_changes(actor=SYSTEM, case_id=case.pk)
    assert LedgerEntry.objects.filter(verb="note_changes").count() == 1
    assert faults() == set()


def test_a_name_that_was_given_anew_leaves_no_salt_of_the_old_one(world: World) -> None:
    """Nobody can test a guess of a former name against the ledger."""
    report(account="@mawar:localhost")
    account = Subject.objects.get(account_id="@mawar:localhost")
    account.account_id = "@kenanga:localhost"
    account.save()
    append_changes(actor=SYSTEM, case_id=None)
    salts = list(RowBinding.objects.filter(part="subject.now", number=account.pk).order_by("entry").values_list("salt"))
    assert len(salts) == 2
    assert salts[0] == (None,)
    assert salts[1] != (None,)
    assert faults() == set()
    assert Report.objects.get().subject_id == account.pk
