"""The guards of the database are those of this version, and each other one is named."""

import re

import pytest
from django.db import connection, transaction

from jaga.store.grants import EXPECTED, as_text, guards_now, guards_that_differ
from jaga.store.kernel.ledger_verification import verify_and_note

CHANGES = {
    "trigger records_note_case_now on records_case": "ALTER TABLE records_case DISABLE TRIGGER records_note_case_now",
    "trigger records_note_rows on records_vote": "DROP TRIGGER records_note_rows ON records_vote",
    "function records_note_case_now()": "CREATE OR REPLACE FUNCTION records_note_case_now() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "trigger own on records_case": "CREATE TRIGGER own BEFORE UPDATE ON records_case FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "rule own on records_vote": "CREATE RULE own AS ON UPDATE TO records_vote DO INSTEAD NOTHING",
    "row security of records_vote": "ALTER TABLE records_vote ENABLE ROW LEVEL SECURITY",
}


def test_the_list_is_that_of_the_migrations(db: None) -> None:
    """After a change: `.venv/bin/python -m tests.records.write_guards`."""
    assert EXPECTED.read_text() == as_text(guards_now()), "run .venv/bin/python -m tests.records.write_guards"


@pytest.mark.parametrize("guard", CHANGES)
def test_each_changed_guard_is_named(guard: str, db: None) -> None:
    """Turned off, dropped, written anew, or too many; the verification says it, too."""
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(CHANGES[guard])
        assert list(guards_that_differ()) == [guard]
        assert [one.params.get("guard") for one in verify_and_note(rows=False).report.problems] == [guard]
        transaction.set_rollback(True)


def test_no_parameter_is_named_like_a_column(db: None) -> None:
    """In a function of SQL the name means the column then, without a word: a guard compares a row with itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " WHERE table_schema = current_schema() GROUP BY 1"
        )
        columns = {table: set(names) for table, names in cursor.fetchall()}
        cursor.execute(
            "SELECT p.proname, p.proargnames, p.prosrc FROM pg_proc p"
            " JOIN pg_language l ON l.oid = p.prolang WHERE l.lanname = 'sql'"
            " AND p.pronamespace = current_schema()::regnamespace"
        )
        functions = [(name, set(names or ()), source) for name, names, source in cursor.fetchall()]
    assert len(functions) > 10
    assert [
        (name, table, shared)
        for name, names, source in functions
        for table in sorted(set(re.findall(r"records_\w+", source)) & columns.keys())
        if (shared := names & columns[table])
    ] == []
