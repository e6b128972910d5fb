"""Ledger faults found by the sequencer: each raises an alarm until a person acknowledges it. And rows that were changed
past Jaga and stay as they are.
"""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.row_verification import differing
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.records.bound_rows import PARTS
from jaga.records.models import LedgerFault


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
