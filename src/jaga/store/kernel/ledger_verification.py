"""Verification of the whole ledger with a note of its result, so that an auditor sees when it was last done.

The note is no proof: whoever can write to the database can write it. A proof is `jaga ledger verify` with a checkpoint
that was kept elsewhere.

The ledger is read in parts, each by a short query of its own: memory stays flat, and no snapshot of the database is
held while millions of entries are verified.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from django.db import connection, transaction

from jaga.cases.reads.history import ROW_FAULTS, VERIFIED
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.terms.outside import LedgerFaultReason
from jaga.ledger.checkpoints import Checkpoint
from jaga.ledger.verify import LedgerProblem, LedgerVerifier, VerificationReport
from jaga.quality.models import Tally
from jaga.store.grants import guards_that_differ
from jaga.store.kernel.ledger import macs, signing_key
from jaga.store.kernel.row_verification import RowsReport, rows_in_parts
from jaga.store.kernel.sequencer import AT_ONCE, as_checkpoint, parts_of_linked_rows, rows_without_entries
from jaga.store.ledger_mark import read_mark
from jaga.store.models import Installation, LedgerCheckpoint, LedgerFault
from jaga.store.reads import is_put_back, mark_path

log = structlog.get_logger("jaga.ledger")
EVERY = timedelta(hours=20)
SECONDS = 15.0
"""How long the worker verifies at a time. It goes on a minute later, so that it stays free for its jobs, and can end.
"""
_NOTING = 7_021_004
_KEPT = 20
_FAULTS = {
    LedgerFaultReason.UNREADABLE: N_(
        "Entry number %(entry)d was set aside and not linked: what stands there is no entry (fault %(fault)d)."
    ),
    LedgerFaultReason.NUMBER: N_(
        "Entry number %(entry)d was set aside and not linked: that number was never given out (fault %(fault)d)."
    ),
    LedgerFaultReason.VERB: N_(
        "Entry number %(entry)d was set aside and not linked: its verb is unknown (fault %(fault)d)."
    ),
    LedgerFaultReason.HASH: N_(
        "Entry number %(entry)d was set aside and not linked: its content does not fit its hash (fault %(fault)d)."
    ),
    LedgerFaultReason.MAC: N_(
        "Entry number %(entry)d was set aside and not linked: it was not written by Jaga, but by "
        "somebody with the database alone (fault %(fault)d)."
    ),
    LedgerFaultReason.UNSIGNED_HEAD: N_(
        "The sequencer found linked entries and checkpoints that did not end at the same place (fault %(fault)d)."
    ),
}
"""The message for each kind of fault."""


@dataclass(frozen=True)
class LedgerVerification:
    """The result for the ledger, and if they were compared, for the rows that it binds."""

    report: VerificationReport
    rows: RowsReport | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return self.report.ok and not (self.rows and self.rows.faults)


def verify_ledger(*, kept: Sequence[Checkpoint] = (), at_least: int = 0) -> VerificationReport:
    """Verify the stored ledger, its checkpoints, open faults, and that rows have the entries they need.

    `kept` are checkpoints stored elsewhere, `at_least` a known length. Without them, a ledger that was rolled back
    together with everything else looks intact.
    """
    return next(found for found in _ledger_in_parts(kept, at_least) if found is not None)


def verify_and_note(*, kept: Sequence[Checkpoint] = (), at_least: int = 0, rows: bool = True) -> LedgerVerification:
    """Verify the ledger as `verify_ledger` does, and with `rows` the rows that it binds, and keep when, how far, and
    how many problems were found.
    """
    return _note(next(found for found in _all_in_parts(kept, at_least, rows=rows) if found is not None))


_under_way: list[Iterator[LedgerVerification | None]] = []
"""The daily verification of this process, if it has begun. A worker that starts anew begins anew."""


def verify_daily() -> int:
    """Go on with the daily verification for `SECONDS`, unless it was done within `EVERY`.

    Returns the number of entries read once it is complete, else 0. Any size, in flat memory.
    """
    if Tally.objects.filter(name=VERIFIED, counted_at__gt=now() - EVERY).exists():
        _under_way.clear()
        return 0
    parts = _under_way.pop() if _under_way else _all_in_parts((), 0, rows=True)
    until = time.monotonic() + SECONDS
    for found in parts:
        if found is not None:
            return _note(found).report.head.size
        if time.monotonic() > until:
            _under_way.append(parts)
            return 0
    return 0


def _all_in_parts(kept: Sequence[Checkpoint], at_least: int, *, rows: bool) -> Iterator[LedgerVerification | None]:
    """None after each part, at the end the result."""
    for report in _ledger_in_parts(kept, at_least):
        if report is None:
            yield None
            continue
        report = replace(report, problems=(*report.problems, *_guards_differ()))
        if not rows:
            yield LedgerVerification(report)
        else:
            yield from (LedgerVerification(report, found) if found else None for found in rows_in_parts())


def _ledger_in_parts(kept: Sequence[Checkpoint], at_least: int) -> Iterator[VerificationReport | None]:
    ends = _chain_ends()  # entries linked during the check are left out
    verifier = LedgerVerifier(_checkpoints(ends), [signing_key().public], kept=kept, macs=macs())
    for part in parts_of_linked_rows(ends):
        verifier.read(part)
        yield None
    report = verifier.finish(at_least)
    faults = [
        LedgerProblem(0, _FAULTS[LedgerFaultReason(row.reason)], params={"entry": row.entry_ref or 0, "fault": row.pk})
        for row in LedgerFault.objects.filter(acknowledged_at=None).order_by("pk")
    ]
    yield replace(report, problems=(*report.problems, *faults, *rows_without_entries(), *_mark_differs()))


def _mark_differs() -> Iterator[LedgerProblem]:
    """The mark file beside the database knows an entry that the ledger does not have: its end was cut off."""
    mark = read_mark(mark_path())
    if mark is None:
        if Installation.objects.exclude(mark="").exists():
            yield LedgerProblem(
                0,
                N_("The mark file is missing, which says how far the ledger went: somebody deleted it."),
                N_("Follow docs/runbooks/restore.md."),
            )
    elif is_put_back():
        yield LedgerProblem(
            mark.size,
            N_(
                "The ledger does not have entry %(size)d of the mark file: its end was cut "
                "off, it was put back to an earlier state, or it is another one."
            ),
            params={"size": mark.size},
        )


def _guards_differ() -> Iterator[LedgerProblem]:
    """A trigger or function of the database is not that of this version: it could have covered edits of rows."""
    for guard in guards_that_differ():
        yield LedgerProblem(
            0,
            N_(
                "%(guard)s in the database is not as this version made it: with it somebody can "
                "change what Jaga writes."
            ),
            N_("Follow docs/runbooks/ledger-not-whole.md#a-changed-guard."),
            {"guard": guard},
        )


def _checkpoints(ends: int) -> Iterator[Checkpoint]:
    """The stored checkpoints up to this size, in short queries."""
    last: int | None = None
    while True:
        stored = LedgerCheckpoint.objects.filter(size__lte=ends).order_by("size")
        rows = list((stored if last is None else stored.filter(size__gt=last))[:AT_ONCE])
        if not rows:
            return
        yield from map(as_checkpoint, rows)
        last = rows[-1].size


def _note(found: LedgerVerification) -> LedgerVerification:
    report, moment = found.report, now()
    numbers = {"entries": report.head.size, "problems": len(report.problems) + report.more}
    if found.rows:
        numbers |= {"rows": found.rows.rows, "row_faults": len(found.rows.faults) + found.rows.more}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NOTING])  # workers that begin together note in turn
        Tally.objects.filter(name__in=(VERIFIED, ROW_FAULTS)).delete()
        Tally.objects.bulk_create(
            [Tally(name=VERIFIED, key=key, number=number, counted_at=moment) for key, number in numbers.items()]
        )
        if found.rows:
            Tally.objects.bulk_create(
                [
                    Tally(
                        name=ROW_FAULTS,
                        counted_at=moment,
                        number=one.number or one.entry,
                        key=f"{one.kind} {one.part} {one.number or one.entry}",
                    )
                    for one in found.rows.faults[:_KEPT]
                ]
            )
    if not found.ok:
        log.error("ledger_not_whole", problems=numbers["problems"], rows=numbers.get("row_faults", 0))
    return found


def _chain_ends() -> int:
    """The end of the linked entries or of the checkpoints, whichever is later, from one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest((SELECT max(seq) FROM records_ledgerentry),"
            " (SELECT max(size) FROM records_ledgercheckpoint), 0)"
        )
        return int(cursor.fetchone()[0])
