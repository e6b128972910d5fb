"""Compares stored rows with what the ledger's entries commit to, and names those that differ (ADR 0092).

The database hashes the rows itself, part by part, and returns only what differs, so a million rows take seconds and no
memory. Whether the entries are genuine is for `verify_ledger` to say: this compares rows with them.

Deletions that failed: noted, so that a supervisor and `/health/ready` show them, while all others go on.

Ledger faults found by the sequencer: each raises an alarm until a person acknowledges it. And rows that were changed
past Jaga and stay as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.outside import RowFaultKind
from jaga.ledger.entries import entry_hash
from jaga.ledger.verify import SHOWN, LedgerProblem
from jaga.policy.local_time import today
from jaga.privacy.models import FileToDelete, RetentionDue
from jaga.store.bound_rows import MUST, PARTS, gone_in_sql, hash_in_sql
from jaga.store.bulk import ask_prepared
from jaga.store.kernel.ledger import append, as_entry, macs
from jaga.store.kernel.row_bindings import RowName, noted_now
from jaga.store.kernel.validation import record_task_fault, required_text
from jaga.store.models import LedgerEntry, LedgerFault
from jaga.store.room import says_full

log = structlog.get_logger("jaga.retention")
_LONGEST = 200
_AGAIN = timedelta(days=1)


def reason_of(fault: Exception) -> str:
    """The fault in a line, with the line of our code that it passed last. Values of rows, which a database adds to its
    errors, stay out of logs and pages.
    """
    detail = ""
    if isinstance(fault, JagaError):
        detail = fault.sentence
    elif isinstance(fault, OSError):
        detail = fault.strerror or ""
    elif isinstance(fault, DatabaseError):
        detail = getattr(getattr(fault.__cause__, "diag", None), "message_primary", None) or ""
    lines = [
        f"{Path(one.filename).name}:{one.lineno}" for one in extract_tb(fault.__traceback__) if "/jaga/" in one.filename
    ]
    words = [type(fault).__name__, *(f"({one})" for one in lines[-1:]), detail]
    return " ".join(words).strip()[:_LONGEST]


def note_case(case_id: int, fault: Exception) -> None:
    """Note that something of this case could not be deleted; it is looked at again the next day.

    A full disk is raised again: no case is to blame for it.
    """
    if says_full(fault):
        raise fault
    reason = reason_of(fault)
    log.error("retention_case_failed", case=case_id, reason=reason)
    RetentionDue.objects.filter(case=case_id).update(failed_at=now(), failure=reason, look_on=today() + _AGAIN)
    record_task_fault("retention", reason)


def note_file(row: FileToDelete, fault: Exception) -> None:
    """Note that this file could not be deleted. A full disk is raised again."""
    if says_full(fault):
        raise fault
    reason = reason_of(fault)
    log.error("retention_file_failed", case=row.erasure.case_id, reason=reason)
    FileToDelete.objects.filter(pk=row.pk).update(failed_at=now(), failure=reason)
    record_task_fault("retention", reason)


_AT_ONCE = 2000
SENTENCES: Mapping[RowFaultKind, str] = MappingProxyType(
    {
        RowFaultKind.EDITED: N_("Row %(number)d of %(part)s was edited after entry number %(entry)d recorded it."),
        RowFaultKind.MISSING: N_(
            "Row %(number)d of %(part)s was deleted, and no entry says so; entry number %(entry)d recorded it."
        ),
        RowFaultKind.BACK: N_("Row %(number)d of %(part)s is there, but entry number %(entry)d recorded its deletion."),
        RowFaultKind.UNBOUND: N_("Row %(number)d of %(part)s has no entry in the ledger: it was not written by Jaga."),
        RowFaultKind.FORGED: N_(
            "Row %(number)d of %(part)s is said to be recorded by entry number %(entry)d, which does not contain it."
        ),
        RowFaultKind.SALT: N_(
            "Row %(number)d of %(part)s cannot be checked any more: the salt is missing with which entry "
            "number %(entry)d recorded it."
        ),
        RowFaultKind.UNNAMED: N_(
            "Entry number %(entry)d recorded rows, but which they are is missing or was changed in the database."
        ),
    }
)
"""What each kind of fault means."""


EMPTIED = (
    "report",
    "appeal",
    "appeal.answer",
    "appealreply",
    "appealreply.answer",
    "hearinganswer",
    "holdercheck",
    "goldencase",
    "traininganswer",
)
"""The parts whose words retention empties (`privacy.verbs.side_tables`)."""


class RowsDiffer(JagaError):
    """Rows on which an act rests are not those that the ledger recorded."""

    code = "rows_differ"
    status = 409
    sentence = N_("This rests on data that was changed in the database past Jaga: row %(number)d of %(part)s.")
    remedy = N_("Nothing was made. Tell an auditor: `jaga ledger verify --rows` names all that differs.")


@dataclass(frozen=True)
class RowFault:
    """A row that is not as the ledger recorded it. `part` and `number` are empty and 0 for `UNNAMED`."""

    kind: RowFaultKind
    part: str
    number: int
    entry: int

    def problem(self) -> LedgerProblem:
        """The fault for the report of the verifier."""
        return LedgerProblem(
            0, SENTENCES[self.kind], params={"part": self.part, "number": self.number, "entry": self.entry}
        )


@dataclass
class RowsReport:
    """What was compared: how many rows, the first faults, and how many more there are."""

    rows: int = 0
    faults: list[RowFault] = field(default_factory=list)
    more: int = 0

    def add(self, fault: RowFault) -> None:
        """Keep the first faults, and count the others."""
        if len(self.faults) < SHOWN:
            self.faults.append(fault)
        else:
            self.more += 1


_DIFFERS = """
SELECT b.number, b.entry, CASE WHEN e.rows->>b.place IS NULL THEN 'forged' WHEN b.gone AND r.id IS NOT NULL THEN 'back'
    WHEN NOT b.gone AND r.id IS NULL THEN 'missing' ELSE 'edited' END
FROM records_rowbinding b LEFT JOIN records_ledgerentry e ON e.id = b.entry LEFT JOIN {table} r ON r.id = b.number
WHERE b.part = '{part}' AND b.salt IS NOT NULL{only} AND e.rows->>b.place IS DISTINCT FROM
    CASE WHEN NOT b.gone THEN {hash} WHEN r.id IS NULL THEN {gone} END
ORDER BY b.number"""
_UNBOUND = """
FROM {table} r WHERE {must} AND NOT EXISTS (
    SELECT FROM records_rowbinding b WHERE b.part = '{part}' AND b.number = r.id)"""
# Of columns that change the last entry counts.
_LAST = (
    " AND NOT EXISTS (SELECT FROM records_rowbinding l WHERE l.part = b.part AND l.number = b.number"
    " AND l.entry > b.entry)"
)
# An entry's hashes and its bindings are one for one.
_UNNAMED = """
SELECT e.id FROM records_ledgerentry e FULL JOIN (
    SELECT entry, count(*) AS number, count(DISTINCT place) AS places, min(place) AS first, max(place) AS last
    FROM records_rowbinding GROUP BY entry) b ON b.entry = e.id
CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(e.rows) WHEN 'array' THEN jsonb_array_length(e.rows) ELSE -1 END) AS had(n)
WHERE e.id IS NOT NULL AND (had.n <> coalesce(b.number, 0) OR had.n <> coalesce(b.places, 0) OR b.first < 0
                            OR b.last >= had.n)
ORDER BY e.id"""
# A salt goes when a later entry binds the row again.
_NO_SALT = """
SELECT b.part, b.number, b.entry FROM records_rowbinding b WHERE b.salt IS NULL AND NOT EXISTS (
    SELECT FROM records_rowbinding later WHERE later.part = b.part AND later.number = b.number
    AND later.entry > b.entry)
ORDER BY b.id"""
_ENTRIES = (
    "SELECT entry, number FROM records_rowbinding b WHERE part = %s AND number = ANY(%s) AND salt IS NOT NULL{last}"
)
# Row numbers may repeat at the end of a range: all bindings of a row are in one.
_RANGE = """
SELECT max(b.number), count(b.salt), count(*) FROM records_rowbinding b
WHERE b.part = %s AND b.number > %s AND b.number <= (
    SELECT max(n) FROM (SELECT number AS n FROM records_rowbinding WHERE part = %s AND number > %s
                                     ORDER BY number LIMIT %s) first)"""
_A_PART = 250_000
_UNKNOWN = "SELECT part, number, entry FROM records_rowbinding WHERE part <> ALL(%s) ORDER BY id"


def verify_rows() -> RowsReport:
    """Compare all rows of bound tables with the ledger. Reads only; streams."""
    return next(found for found in rows_in_parts() if found is not None)


def rows_in_parts() -> Iterator[RowsReport | None]:
    """Compare them part by part, at most `_A_PART` rows by one query; None after each, at the end the report."""
    report = RowsReport()
    for name, part in PARTS.items():
        for after, upto, count in _ranges(name):
            report.rows += count
            for number, entry, kind in _stream(_differs(name, "range"), [after, upto]):
                report.add(RowFault(RowFaultKind(str(kind)), name, int(str(number)), int(str(entry))))
            yield None
        if part.later and not part.followed and name not in MUST:
            continue
        unbound = _UNBOUND.format(table=part.table, part=name, must=MUST.get(name, "true"))
        for (number,) in _stream(f"SELECT r.id {unbound} ORDER BY r.id", []):
            report.add(RowFault(RowFaultKind.UNBOUND, name, int(str(number)), 0))
        yield None
    for (entry,) in _stream(_UNNAMED, []):
        report.add(RowFault(RowFaultKind.UNNAMED, "", 0, int(str(entry))))
    for fault, question, values in ((RowFaultKind.SALT, _NO_SALT, []), (RowFaultKind.FORGED, _UNKNOWN, [list(PARTS)])):
        for part_name, number, entry in _stream(question, values):
            report.add(RowFault(fault, str(part_name), int(str(number)), int(str(entry))))
    yield report


def _ranges(part: str) -> Iterator[tuple[int, int, int]]:
    """The numbers of bound rows in ranges: after, up to, and how many bindings with a salt are within."""
    after = -(2**63)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_RANGE, [part, after, part, after, _A_PART])
            upto, count, every = cursor.fetchone()
        if upto is not None:
            yield after, upto, count
        if every < _A_PART:
            return
        after = upto


def differing(names: Iterable[RowName]) -> list[RowFault]:
    """The faults of these rows alone: edited, deleted, or bound by an entry that does not contain them.

    A row that no entry binds is no fault here.
    """
    return [
        RowFault(RowFaultKind(kind), part, number, entry)
        for part, numbers in _by_part(names).items()
        for number, entry, kind in ask_prepared(_differs(part, "some"), [numbers])
    ]


def _by_part(names: Iterable[RowName]) -> dict[str, list[int]]:
    wanted: dict[str, list[int]] = {}
    for part, number in names:
        wanted.setdefault(part, []).append(number)
    return wanted


def unchanged(names: Iterable[RowName]) -> list[RowName]:
    """Those of these rows that are as the ledger recorded them, or that no entry binds."""
    wanted = list(dict.fromkeys(names))
    other = {(fault.part, fault.number) for fault in differing(wanted)}
    return [name for name in wanted if name not in other]


def require_unchanged(names: Iterable[RowName]) -> None:
    """Raises RowsDiffer, with the first of these rows that is not as the ledger recorded it, that no entry recorded, or
    whose entry was not written by this installation.
    """
    wanted = list(names)
    if found := [*differing(wanted), *_entries_differ(wanted), *_unbound(wanted)]:
        raise RowsDiffer(part=found[0].part, number=found[0].number)


def _entries_differ(names: Iterable[RowName]) -> Iterator[RowFault]:
    """Rows whose entry was changed so that it contains their hash."""
    by_entry: dict[int, RowName] = {}
    for part, numbers in _by_part(names).items():
        by_entry.update(
            (entry, (part, number))
            for entry, number in ask_prepared(
                _ENTRIES.format(last=_LAST if PARTS[part].followed else ""), [part, numbers]
            )
        )
    ours = macs()
    for row in LedgerEntry.objects.filter(pk__in=by_entry).order_by("pk"):
        if entry_hash(as_entry(row)) != row.entry_hash or not ours.fits(row.entry_hash, row.mac):
            yield RowFault(RowFaultKind.FORGED, *by_entry[row.pk], row.pk)


def _unbound(names: Iterable[RowName]) -> Iterator[RowFault]:
    """Rows that no entry binds, other than those of this transaction, whose entry is yet to come: inserted by SQL."""
    missing = [
        (part, number)
        for part, numbers in _by_part(names).items()
        if PARTS[part].followed or not (PARTS[part].later or part in MUST)
        for (number,) in ask_prepared(_unbound_of(part), [numbers])
    ]
    if not missing:
        return
    mine = noted_now()
    for part, number in missing:
        if not {(part, number), (part.partition(".")[0], number)} & mine:
            yield RowFault(RowFaultKind.UNBOUND, part, number, 0)


@cache
def _unbound_of(part: str) -> str:
    return "SELECT r.id " + _UNBOUND.format(
        table=PARTS[part].table, part=part, must=(f"r.id = ANY(%s::bigint[]) AND {MUST.get(part, 'true')}")
    )


_OF_CASE = MappingProxyType(
    {
        "case_id": "%s",
        "decision_id": "(SELECT d.id FROM records_decision d WHERE d.case_id = %s)",
        "action_id": "(SELECT a.id FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
        " WHERE d.case_id = %s)",
        "report_id": "(SELECT p.id FROM records_report p WHERE p.case_id = %s)",
        "vote_id": "(SELECT v.id FROM records_vote v WHERE v.case_id = %s)",
        "appeal_id": "(SELECT a.id FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id"
        " WHERE d.case_id = %s)",
        "hearing_id": "(SELECT h.id FROM records_hearing h WHERE h.case_id = %s)",
        "golden_id": "(SELECT g.id FROM records_goldencase g WHERE g.case_id = %s)",
    }
)
"""By a column that leads to a case: its values for the rows of one."""


def rows_of_case(case_id: int, parts: Iterable[str] | None = None) -> list[RowName]:
    """The rows of a case, by part. Those of `parts`, or of all that belong to cases."""
    found: list[RowName] = []
    for name in parts if parts is not None else PARTS:
        question = _of_case(name)
        if question:
            found += [(name, number) for (number,) in ask_prepared(question, [case_id] * question.count("%s"))]
    return found


@cache
def _of_case(name: str) -> str:
    one = PARTS[name]
    if one.table == "records_case":
        return "SELECT id FROM records_case WHERE id = %s"
    if one.table == "records_subject":
        return _ACCOUNTS
    columns = {
        column for part in PARTS.values() if part.table == one.table for column in (*part.columns, *part.changing)
    }
    leads = next((column for column in _OF_CASE if column in columns), None)
    if leads is None:
        return ""
    return f"SELECT id FROM {one.table} WHERE {leads} IN ({_OF_CASE[leads]}) ORDER BY id"  # noqa: S608 - our own


_ACCOUNTS = """
SELECT c.subject_id FROM records_case c WHERE c.id = %s
UNION SELECT l.subject_id FROM records_linkedaccount l WHERE l.case_id = %s AND l.withdrawn_at IS NULL
UNION SELECT d.subject_id FROM records_decision d WHERE d.case_id = %s ORDER BY 1"""


_ONLY = MappingProxyType({"some": " AND b.number = ANY(%s)", "range": " AND b.number > %s AND b.number <= %s"})


@cache
def _differs(name: str, only: str) -> str:
    return _DIFFERS.format(
        table=PARTS[name].table,
        part=name,
        only=_ONLY[only] + (_LAST if PARTS[name].followed else ""),
        hash=hash_in_sql(name, "r", "b.salt"),
        gone=gone_in_sql(name, "b.number", "b.salt"),
    )


def _stream(question: str, values: Sequence[Any]) -> Iterator[tuple[object, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(question, values)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


class NoSuchFault(JagaError):
    """No unacknowledged fault has this number."""

    code = "no_such_fault"
    status = 404
    sentence = N_("There is no fault of the ledger with this number that still waits.")
    remedy = N_("`jaga ledger faults` lists them.")


class NoSuchRow(JagaError):
    """This row does not differ from the ledger, or its columns never change and so have to be put right."""

    code = "no_such_row"
    status = 404
    sentence = N_("No row %(number)d of %(part)s differs from the ledger that could be recorded as it is.")
    remedy = N_(
        "`jaga ledger verify --rows` names those that differ. Only rows of case.now, report.now and "
        "subject.now can be recorded as they are; restore others from a backup."
    )


@transaction.atomic
def acknowledge_fault(fault_id: int, note: str, *, actor: Actor) -> None:
    """End the alarm of a fault with a note on what was found.

    The entry stays unlinked for good.

    Irreversible. Raises NoSuchFault, InvalidInput without a note.
    """
    row = LedgerFault.objects.select_for_update().filter(pk=fault_id, acknowledged_at__isnull=True).first()
    if row is None:
        raise NoSuchFault
    required_text("note", note)
    row.acknowledged_at, row.note = now(), note.strip()
    row.save(update_fields=["acknowledged_at", "note"])
    append(
        "acknowledge_ledger_fault",
        {"fault": row.pk, "entry": row.entry_ref, "reason": row.reason},
        actor=actor,
        case_id=None,
    )


@transaction.atomic
def accept_row(part: str, number: int, *, actor: Actor) -> None:
    """Record a row as it is now, although it was changed past Jaga: columns that change, after somebody has looked.

    A verb may have changed the row rightly since, so that no earlier value would fit. The entry says which row it was.
    Cannot be undone. Raises NoSuchRow.
    """
    if part not in PARTS or not PARTS[part].followed or not differing([(part, number)]):
        raise NoSuchRow(part=part, number=number)
    append(
        "accept_row",
        {"part": part, "number": number},
        actor=actor,
        rows=[(part, number)],
        case_id=number if part == "case.now" else None,
    )
