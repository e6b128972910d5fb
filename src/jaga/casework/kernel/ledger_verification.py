"""Verification of the whole ledger with a note of its result, so that an auditor sees when it was last done.

The note is no proof: whoever can write to the database can write it. A proof is `jaga ledger verify` with a checkpoint
that was kept elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Max

from jaga.casework.kernel.ledger import verify_ledger
from jaga.casework.kernel.row_verification import RowsReport, verify_rows
from jaga.core.clock import now
from jaga.ledger.checkpoints import Checkpoint
from jaga.ledger.verify import VerificationReport
from jaga.records.access.cases.history import ROW_FAULTS, VERIFIED
from jaga.records.models import LedgerEntry, Tally

log = structlog.get_logger("jaga.ledger")
EVERY = timedelta(hours=20)
_NOTING = 7_021_004
_KEPT = 20
LARGEST = 2_000_000
"""Entries up to which the worker verifies the ledger by itself; beyond, whoever runs the installation does."""


@dataclass(frozen=True)
class LedgerVerification:
    """The result for the ledger, and if they were compared, for the rows that it binds."""

    report: VerificationReport
    rows: RowsReport | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return self.report.ok and not (self.rows and self.rows.faults)


def verify_and_note(*, kept: Sequence[Checkpoint] = (), at_least: int = 0, rows: bool = True) -> LedgerVerification:
    """Verify the ledger as `verify_ledger` does, and with `rows` the rows that it binds, and keep when, how far, and
    how many problems were found.
    """
    found = LedgerVerification(verify_ledger(kept=kept, at_least=at_least), verify_rows() if rows else None)
    report, moment = found.report, now()
    numbers = {"entries": report.head.size, "problems": len(report.problems) + report.more}
    if found.rows:
        numbers |= {"rows": found.rows.rows, "row_faults": len(found.rows.faults) + found.rows.more}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NOTING])  # workers that begin together note in turn
        Tally.objects.filter(name__in=(VERIFIED, ROW_FAULTS)).delete()
        Tally.objects.bulk_create([Tally(name=VERIFIED, key=key, number=number, counted_at=moment)
                                   for key, number in numbers.items()])
        if found.rows:
            Tally.objects.bulk_create([Tally(name=ROW_FAULTS, counted_at=moment, number=one.number or one.entry,
                                             key=f"{one.kind} {one.part} {one.number or one.entry}")
                                       for one in found.rows.faults[:_KEPT]])
    if not found.ok:
        log.error("ledger_not_whole", problems=numbers["problems"], rows=numbers.get("row_faults", 0))
    return found


def verify_daily() -> int:
    """Verify the ledger if that was not done within `EVERY`; returns the entries read, 0 if not yet due or too many."""
    if Tally.objects.filter(name=VERIFIED, counted_at__gt=now() - EVERY).exists():
        return 0
    if (LedgerEntry.objects.aggregate(size=Max("seq"))["size"] or 0) > LARGEST:
        return 0
    return verify_and_note().report.head.size
