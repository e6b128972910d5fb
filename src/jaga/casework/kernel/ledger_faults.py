"""Ledger faults found by the sequencer: each raises an alarm until a person acknowledges it."""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.records.models import LedgerFault


class NoSuchFault(JagaError):
    """No unacknowledged fault has this number."""

    code = "no_such_fault"
    status = 404
    sentence = N_("There is no fault of the ledger with this number that still waits.")
    remedy = N_("`jaga ledger faults` lists them.")


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
    append("acknowledge_ledger_fault", {"fault": row.pk, "entry": row.entry_ref, "reason": row.reason}, actor=actor,
           case_id=None)
