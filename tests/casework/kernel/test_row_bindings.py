"""Rows are bound to ledger entries: whatever somebody with the database's rights does to a bound row is named."""

from collections.abc import Sequence
from itertools import zip_longest

import pytest
from django.apps import apps
from django.db import connection, transaction
from tests.factories import World, in_review, report, resolved_closure, vote

from jaga.cases.models.decisions import Letter
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, SYSTEM
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import LedgerFaultReason, RowFaultKind
from jaga.ledger.entries import entry_hash
from jaga.store.bound_rows import NOT_BOUND, PARTS, row_hash
from jaga.store.grants import GRANTS, Right
from jaga.store.kernel import row_verification
from jaga.store.kernel.ledger import append, as_entry, macs
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.row_bindings import bound_row
from jaga.store.kernel.row_verification import RowsDiffer, differing, require_unchanged, rows_of_case, verify_rows
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry, LedgerFault, RowBinding

Fault = tuple[RowFaultKind, str, int]
_TABLES = sorted({part.table for part in PARTS.values()})
_SAMPLES = {
    "text": "'eins'",
    "character varying": "'id'",
    "bigint": "7",
    "integer": "7",
    "smallint": "7",
    "boolean": "false",
    "timestamp with time zone": "'2026-03-01 10:00:00.123456+07'",
    "date": "'2026-03-01'",
    "bytea": r"'\x00ff'",
    "jsonb": """'{"b": [1, "é"], "a": null}'""",
    "double precision": "0.5",
    "interval": "'1 hour'",
}
_EDITS = {
    "text": "{0} || 'x'",
    "character varying": "left({0}, -1) || 'x'",
    "boolean": "NOT {0}",
    "timestamp with time zone": "{0} + interval '1 microsecond'",
    "bytea": r"{0} || '\x00'",
    "jsonb": "jsonb_build_array({0})",
}


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def faults() -> set[Fault]:
    return {(fault.kind, fault.part, fault.number) for fault in verify_rows().faults}


def edited(*rows: tuple[str, int]) -> set[Fault]:
    return {(RowFaultKind.EDITED, part, number) for part, number in rows}


@pytest.fixture
def past_jaga(db: None) -> dict[str, dict[str, str]]:
    """All constraints and guards of bound tables are gone until the end of the test; the column types by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype IN ('c', 'u', 'f')"
            " AND conrelid::regclass::text = ANY(%s)",
            [[*_TABLES, "records_rowbinding"]],
        )
        drops = [f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE" for table, name in cursor.fetchall()]
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ANY(%s)",
            [_TABLES],
        )
        types: dict[str, dict[str, str]] = {}
        for table, column, kind in cursor.fetchall():
            types.setdefault(table, {})[column] = kind
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary"
            " AND indrelid::regclass::text = ANY(%s)",
            [_TABLES],
        )
        indexes = [f"DROP INDEX IF EXISTS {name}" for (name,) in cursor.fetchall()]
    run(
        "SET CONSTRAINTS ALL IMMEDIATE",
        *drops,
        *indexes,
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in [*_TABLES, "records_rowbinding"]),
        *(f"ALTER TABLE {part.table} ENABLE TRIGGER records_note_rows" for part in PARTS.values() if not part.later),
    )
    return types


def insert_one_of_each(types: dict[str, dict[str, str]]) -> dict[str, int]:
    """A row with a value in every column of each bound table, and its number by part."""
    numbers = {}
    for table in _TABLES:
        columns = {name: kind for name, kind in types[table].items() if name != "id"}
        with connection.cursor() as cursor:
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(_SAMPLES[kind] for kind in columns.values())
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({values}) RETURNING id")
            numbers[table] = cursor.fetchone()[0]
    return {name: numbers[part.table] for name, part in PARTS.items()}


def set_later(numbers: dict[str, int]) -> list[tuple[str, int]]:
    """Parts that a verb names, since their columns are set after the row was added."""
    return [(name, numbers[name]) for name, part in PARTS.items() if part.later]


def test_an_edit_of_any_bound_column_of_any_table_is_named(
    past_jaga: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One entry binds a row of each table; then each column is changed, those of all tables side by side."""
    monkeypatch.setattr(row_verification, "SHOWN", len(PARTS))
    numbers = insert_one_of_each(past_jaga)
    append("seek_account", {}, actor=SYSTEM, case_id=None, rows=set_later(numbers))
    assert verify_rows().rows == len(PARTS)
    assert faults() == set()
    edits = {
        (name, column): _EDITS.get(past_jaga[part.table][column], "{0} + 1").format(f'"{column}"')
        for name, part in PARTS.items()
        for column in part.columns
    }
    for at_once in zip_longest(*([(name, column) for column in part.columns] for name, part in PARTS.items())):
        here = [one for one in at_once if one is not None]
        for change in (edits.get, lambda _: "NULL"):
            with transaction.atomic():
                for name, column in here:
                    table, number = PARTS[name].table, numbers[name]
                    run(
                        f'ALTER TABLE {table} ALTER COLUMN "{column}" DROP NOT NULL',
                        f'UPDATE {table} SET "{column}" = {change((name, column))} WHERE id = {number}',
                    )
                assert faults() == edited(*((name, numbers[name]) for name, _ in here)), here
                transaction.set_rollback(True)


def test_rows_deleted_inserted_and_swapped_are_named(past_jaga: dict[str, dict[str, str]]) -> None:
    """Also where the record of what is bound is changed with them."""
    first, second = insert_one_of_each(past_jaga), insert_one_of_each(past_jaga)
    mine, other = first["vote"], second["vote"]
    run(f"UPDATE records_vote SET kind = 'no' WHERE id = {other}")  # an entry binds what its transaction leaves
    append("seek_account", {}, actor=SYSTEM, case_id=None, rows=[*set_later(first), *set_later(second)])
    assert faults() == set()
    entry = LedgerEntry.objects.latest("pk").pk

    def found(*statements: str) -> set[Fault]:
        with transaction.atomic():
            run(*statements)
            seen = faults()
            transaction.set_rollback(True)
        return seen

    unnamed = {(RowFaultKind.UNNAMED, "", 0)}
    binding = f"records_rowbinding WHERE part = 'vote' AND number = {mine}"
    swap = (
        f"UPDATE records_vote SET id = -1 WHERE id = {mine}",
        f"UPDATE records_vote SET id = {mine} WHERE id = {other}",
        f"UPDATE records_vote SET id = {other} WHERE id = -1",
    )
    assert found(*swap) == edited(("vote", mine), ("vote", other))
    assert found(f"DELETE FROM records_vote WHERE id = {mine}") == {(RowFaultKind.MISSING, "vote", mine)}
    assert found(f"DELETE FROM records_vote WHERE id = {mine}", f"DELETE FROM {binding}") == unnamed
    columns = ", ".join(f'"{name}"' for name in past_jaga["records_vote"] if name != "id")
    again = f"INSERT INTO records_vote (id, {columns}) SELECT 900, {columns} FROM records_vote WHERE id = {mine}"
    assert found(again) == {(RowFaultKind.UNBOUND, "vote", 900)}
    forged = (
        f"INSERT INTO records_rowbinding (entry, place, part, number, salt, gone)"
        f" VALUES ({entry}, 0, 'vote', 900, '\\x00', false)"
    )
    assert {(RowFaultKind.EDITED, "vote", 900), *unnamed} == found(again, forged)
    assert found(again, forged.replace(f"({entry}, 0", f"({entry}, 999")) == {
        (RowFaultKind.FORGED, "vote", 900),
        *unnamed,
    }
    assert found(f"UPDATE records_rowbinding SET salt = NULL WHERE part = 'vote' AND number = {mine}") == {
        (RowFaultKind.SALT, "vote", mine)
    }
    assert found(f"UPDATE records_rowbinding SET part = 'void' WHERE part = 'vote' AND number = {mine}") == {
        (RowFaultKind.FORGED, "void", mine),
        (RowFaultKind.UNBOUND, "vote", mine),
    }
    assert found(f"DELETE FROM {binding}") == {*unnamed, (RowFaultKind.UNBOUND, "vote", mine)}


def test_a_row_that_is_deleted_by_a_verb_is_whole_until_it_is_back(past_jaga: dict[str, dict[str, str]]) -> None:
    """The entry says that it is gone, and its salt goes with it."""
    numbers = insert_one_of_each(past_jaga)
    number = numbers["personrole"]
    append("create_person", {}, actor=CLI, case_id=None, rows=set_later(numbers))
    run("CREATE TABLE kept AS SELECT * FROM records_personrole", f"DELETE FROM records_personrole WHERE id = {number}")
    append("end_role", {}, actor=CLI, case_id=None, rows=[("personrole", number)])
    assert faults() == set()
    assert [row.salt for row in RowBinding.objects.filter(part="personrole", gone=False)] == [None]
    run("INSERT INTO records_personrole SELECT * FROM kept")
    assert faults() == {(RowFaultKind.BACK, "personrole", number)}


def test_a_row_has_the_same_hash_in_python_and_in_the_database(world: World) -> None:
    """Reports are hashed before they are inserted, for speed."""
    number = report(account="@mawar:localhost", text="“Ñ”\n\\x00 |").report_id
    assert differing([("report", number)]) == []
    row = Report.objects.values(*PARTS["report"].columns).get(pk=number)
    raw = dict(zip(PARTS["report"].columns, _stored("report", number), strict=True))
    assert row.keys() == raw.keys()
    one = bound_row("report", number, raw)
    assert row_hash("report", number, one.salt, raw) == one.hash


def _stored(part: str, number: int) -> Sequence[object]:
    with connection.cursor() as cursor:
        names = ", ".join(f'"{column}"' for column in PARTS[part].columns)
        cursor.execute(f"SELECT {names} FROM {PARTS[part].table} WHERE id = %s", [number])
        return tuple(cursor.fetchone())


def test_verbs_bind_what_they_write_and_change_nothing_of_it(world: World) -> None:
    """A whole case: all its rows are bound, and each is still as it was."""
    case, held = resolved_closure(world), in_review(account="@melati:localhost")
    vote(held, DecisionKind.RESTRICT, world.reviewers[0])
    link_entries()
    result = verify_rows()
    assert result.faults == []
    bound = set(RowBinding.objects.values_list("part", "number"))
    of_case = rows_of_case(case)
    assert {"report", "case", "vote", "decision", "action", "outcome", "verification", "statement", "letter"} <= {
        part for part, _ in of_case
    }
    assert {name for name in of_case if "." not in name[0]} <= bound
    assert verify_ledger().ok
    require_unchanged(of_case)
    columns = ", ".join(field.column for field in Letter._meta.concrete_fields if field.column != "id")
    run(
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE records_letter DISABLE TRIGGER USER",
        f"INSERT INTO records_letter (id, {columns}) SELECT 90000, {columns} FROM records_letter LIMIT 1",
    )
    with pytest.raises(RowsDiffer, match="90000"):  # no entry recorded it
        require_unchanged(rows_of_case(case))
    require_unchanged(of_case)
    run(
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE records_letter DISABLE TRIGGER USER",
        "UPDATE records_letter SET key = 'other'",
    )
    with pytest.raises(RowsDiffer):
        require_unchanged(of_case)


def test_an_entry_written_with_the_database_alone_is_never_signed(world: World) -> None:
    """Its hash is right, and all else: only the key is missing."""
    append("add_note", {"note": 1}, actor=SYSTEM, case_id=None)
    last = LedgerEntry.objects.latest("pk")
    last.actor = "person:9"
    digest = entry_hash(as_entry(last))
    run(
        "ALTER TABLE records_ledgerentry DISABLE TRIGGER USER",
        f"UPDATE records_ledgerentry SET actor = 'person:9', entry_hash = '{digest}' WHERE id = {last.pk}",
    )
    link_entries()
    assert LedgerFault.objects.get().reason == LedgerFaultReason.MAC
    assert LedgerEntry.objects.get(pk=last.pk).seq is None
    run(
        f"UPDATE records_ledgerentry SET mac = '{macs().of(digest)}' WHERE id = {last.pk}",
        "ALTER TABLE records_ledgerfault DISABLE TRIGGER USER",
        "DELETE FROM records_ledgerfault",
    )
    link_entries()
    run("UPDATE records_ledgerentry SET mac = repeat('0', 64) WHERE seq = 2")
    assert any("was not written by this installation" in one.sentence for one in verify_ledger().problems)


def test_each_column_of_a_bound_table_is_bound_or_said_to_change() -> None:
    """A new column has to be placed; and neither role may change a bound one."""
    for table in _TABLES:
        parts = [part for part in PARTS.values() if part.table == table]
        bound = [column for part in parts for column in part.columns]
        changing = [column for part in parts for column in part.changing]
        model = next(model for model in apps.get_models() if model._meta.db_table == table)
        columns = {field.column for field in model._meta.concrete_fields} - {"id"}
        assert sorted([*bound, *changing]) == sorted(columns), table
        first = {column for part in parts if not part.later for column in part.columns}
        updated = {
            column
            for rights in GRANTS[table].values()
            for right in rights
            if right.verb == "UPDATE"
            for column in right.columns
        }
        assert not updated & first - _EMPTIED.get(table, set()), table
        assert Right("SELECT") in GRANTS[table]["worker"], f"the worker compares {table} with the ledger each night"


_EMPTIED = {
    "records_appeal": {"text", "helper", "check_note"},
    "records_person": {"created_at"},
    "records_appealreply": {"text"},
    "records_hearinganswer": {"text"},
    "records_holdercheck": {"how", "explanation"},
    "records_goldencase": {"reasons"},
    "records_traininganswer": {"reasons"},
    "records_correctionnote": {"text"},
    "records_personcheck": {"note"},
    "records_personanswer": {"text", "note"},
    "records_authorityrequest": {"locator"},
    "records_locatorversion": {"locator"},
}
"""Words that retention empties, with an entry that binds the row again; and a right that is only for locking a row."""


def test_each_table_is_bound_or_has_a_reason_why_not() -> None:
    """A new table has to be placed."""
    ours = {table for table in GRANTS if table.startswith("records_")}
    assert ours == {*_TABLES, *(f"records_{name}" for name in NOT_BOUND)}
    assert all(NOT_BOUND.values())
