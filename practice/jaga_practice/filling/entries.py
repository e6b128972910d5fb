"""Ledger entries for the cases of `jaga practice fill`: one for each report, vote and decision, as verbs write them.

Each entry binds its rows (ADR 0092) and has the moment of what it records, so that the ledger of a filled installation
can be verified, rows included, at the size of a ministry.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from psycopg.types.json import Jsonb

from jaga.core.actors import PUBLIC
from jaga.ledger.entries import Entry, entry_hash
from jaga.store.bound_rows import PARTS, hash_in_sql
from jaga.store.kernel.ledger import actor_name, macs
from jaga.store.kernel.row_bindings import vote_commitment


class _Row(NamedTuple):
    """A row that an entry binds."""

    part: str
    number: int
    salt: bytes
    hash: str


class _Act(NamedTuple):
    """What becomes an entry. Acts are sorted by their moment, then as they come."""

    at: datetime
    place: int
    verb: str
    actor: str
    case: int
    payload: dict[str, object]
    rows: tuple[_Row, ...]


# A salt is drawn once for each row: a volatile function keeps the subquery apart. A UUID has 122 random bits.
_HASHED = """
SELECT w.number, w.salt, {hash}{more} FROM (
    SELECT {number} AS number, uuid_send(gen_random_uuid()) AS salt{named} FROM {source} OFFSET 0
) w JOIN {table} r ON r.id = w.number ORDER BY w.number"""
_EntryQuery = tuple[str, str, dict[str, str], str, tuple[str, ...]]
"""Part, the number of its rows, further columns of `source`, the source, and what is asked beside the hash."""
_CASES: _EntryQuery = ("case", "f.case_id", {}, "fill_now f", ())
_CASES_NOW: _EntryQuery = ("case.now", "f.case_id", {}, "fill_now f", ())
_CASES_WORK: _EntryQuery = ("case.work", "f.case_id", {}, "fill_now f", ())
_ACCOUNTS: _EntryQuery = (
    "subject.now",
    "f.subject_id",
    {"case_id": "f.case_id"},
    "(SELECT subject_id, min(case_id) AS case_id FROM fill_now GROUP BY 1) f",
    ("w.case_id",),
)
_REPORTS_NOW: _EntryQuery = ("report.now", "f.id", {}, "fill_report f", ())
_REPORTS: _EntryQuery = (
    "report",
    "f.id",
    {"case_id": "f.case_id"},
    "fill_report f",
    ("w.case_id", "r.filed_at", "r.channel", "r.form", "r.category"),
)
_VOTES: _EntryQuery = (
    "vote",
    "v.id",
    {},
    "fill_now f JOIN records_vote v ON v.case_id = f.case_id",
    ("r.case_id", "r.cast_at", "r.person_id", "r.kind", "r.legal_basis", "r.accounts", "r.elements"),
)
_PENDING: _EntryQuery = (
    "pendingdecision",
    "p.id",
    {},
    "fill_now f JOIN records_pendingdecision p ON p.case_id = f.case_id",
    ("r.case_id",),
)
_PENDING_NOW: _EntryQuery = ("pendingdecision.now", *_PENDING[1:4], ())
_DECISIONS: _EntryQuery = (
    "decision",
    "d.id",
    {"category": "pr.category"},
    "fill_now f JOIN fill_profile pr USING (p) JOIN records_decision d ON d.case_id = f.case_id",
    (
        "r.case_id",
        "r.decided_at",
        "r.decided_by_id",
        "r.kind",
        "r.legal_basis",
        "r.policy_hash",
        "r.seconded_by_id",
        "r.subject_id",
        "r.ends_at",
        "w.category",
    ),
)
_NUMBERS = "SELECT nextval('records_ledgerentry_id_seq') FROM generate_series(1, %s::int)"
_COPY_ENTRIES = "COPY records_ledgerentry (id, at, verb, actor, case_ref, payload, entry_hash, rows, mac) FROM STDIN"
_COPY_BINDINGS = "COPY records_rowbinding (entry, place, part, number, salt, gone) FROM STDIN"


def write_entries(vote_facts: str) -> int:
    """Insert unlinked entries for the chunk in `fill_now` and `fill_report`; returns how many. Part of its transaction.

    `vote_facts` is the text that every vote of the chunk has, before it was sealed.
    """
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        acts = sorted(_acts(cursor, vote_facts))
        numbers = [number for (number,) in cursor.execute(_NUMBERS, [len(acts)])]
        with cursor.copy(_COPY_ENTRIES) as copy:
            for number, act in zip(numbers, acts, strict=True):
                hashes = [row.hash for row in act.rows]
                digest = entry_hash(
                    Entry(number, act.at, act.verb, act.actor, f"case:{act.case}", act.payload, tuple(hashes))
                )
                copy.write_row(
                    (
                        number,
                        act.at,
                        act.verb,
                        act.actor,
                        act.case,
                        Jsonb(act.payload),
                        digest,
                        Jsonb(hashes),
                        macs().of(digest),
                    )
                )
        with cursor.copy(_COPY_BINDINGS) as copy:
            for number, act in zip(numbers, acts, strict=True):
                for place, row in enumerate(act.rows):
                    copy.write_row((number, place, row.part, row.number, row.salt, False))
    return len(acts)


def _acts(cursor: psycopg.Cursor[Any], vote_facts: str) -> Iterator[_Act]:
    cases = {row.number: [row] for row, _ in _hashed(cursor, _CASES)}
    for asked in (_CASES_NOW, _CASES_WORK):
        for row, _ in _hashed(cursor, asked):
            cases[row.number].append(row)
    for row, (case,) in _hashed(cursor, _ACCOUNTS):
        cases[case].append(row)
    filed = {row.number: row for row, _ in _hashed(cursor, _REPORTS_NOW)}
    public = actor_name(PUBLIC)
    for row, (case, at, channel, form, category) in _hashed(cursor, _REPORTS):
        opened = cases.pop(case, ())  # the first report opens its case
        yield _Act(
            at,
            row.number,
            "file_report",
            public,
            case,
            {"report": row.number, "channel": channel, "form": form, "category": category},
            (row, filed[row.number], *opened),
        )
    for row, (case, at, person, kind, basis, accounts, elements) in _hashed(cursor, _VOTES):
        bound = vote_commitment(row.number, kind, basis, vote_facts, [], accounts, None, elements)
        yield _Act(
            at, row.number, "cast_vote", f"person:{person}", case, {"vote": row.number, "commitment": bound}, (row,)
        )
    ended = {row.number: row for row, _ in _hashed(cursor, _PENDING_NOW)}
    pending = {case: (row, ended[row.number]) for row, (case,) in _hashed(cursor, _PENDING)}
    for row, (case, at, person, kind, basis, policy, second, subject, ends, category) in _hashed(cursor, _DECISIONS):
        yield _Act(
            at,
            row.number,
            "decide_case",
            f"person:{person}",
            case,
            {
                "decision": row.number,
                "kind": kind,
                "category": category,
                "legal_basis": basis,
                "policy": policy,
                "two_people": second is not None,
                "adjudicated": False,
                "subject": subject,
                "ends_at": ends.isoformat() if ends else None,
            },
            (row, *pending.get(case, ())),
        )


def _hashed(cursor: psycopg.Cursor[Any], asked: _EntryQuery) -> Iterator[tuple[_Row, list[Any]]]:
    part, number, named, source, more = asked
    statement = _HASHED.format(
        hash=hash_in_sql(part, "r", "w.salt"),
        table=PARTS[part].table,
        number=number,
        source=source,
        more="".join(f", {one}" for one in more),
        named="".join(f", {column} AS {name}" for name, column in named.items()),
    )
    for row_number, salt, digest, *others in cursor.execute(statement.encode()).fetchall():
        yield _Row(part, row_number, bytes(salt), digest), others
