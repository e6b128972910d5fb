"""What the sequencer found: kept, shown and alarming until a person has looked into it."""

from django.db import transaction

from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.records.models import LedgerFault


class NoSuchFault(JagaError):
    """Nobody knows a fault of that number that still waits for a person."""

    code = "no_such_fault"
    status = 404
    sentence = N_("There is no fault of the ledger with this number that still waits.")
    remedy = N_("`jaga ledger faults` lists them.")


@transaction.atomic
def acknowledge_fault(fault_id: int, note: str, *, actor: Actor) -> None:
    """Somebody looked into it and says what came of it: the alarm ends. The entry stays set aside for ever.

    Not taken back. Raises NoSuchFault, InvalidInput without a note.
    """
    row = LedgerFault.objects.select_for_update().filter(pk=fault_id, acknowledged_at__isnull=True).first()
    if row is None:
        raise NoSuchFault
    required_text("note", note)
    row.acknowledged_at, row.note = now(), note.strip()
    row.save(update_fields=["acknowledged_at", "note"])
    enter("acknowledge_ledger_fault", {"fault": row.pk, "entry": row.entry_ref, "reason": row.reason}, actor=actor,
          case_id=None)
