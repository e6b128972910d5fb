"""Promises: the signed statement of a receipt that an entry will be in the ledger, and whether it was kept."""

from datetime import datetime

from jaga.casework.kernel.ledger import as_entry, as_linked, signing_key
from jaga.core.errors import N_, JagaError
from jaga.ledger.checkpoints import check_promise, read_promise, sign_promise, write_promise
from jaga.ledger.entries import ChainLink, entry_hash
from jaga.records.access.base.epochs import lost_by_number
from jaga.records.models import LedgerEntry


def promise_note(row: LedgerEntry) -> str:
    """The signed promise that this entry will be linked: the provable part of a receipt."""
    return promise_of(row.pk, row.entry_hash, row.at)


def promise_of(entry_id: int, digest: str, at: datetime) -> str:
    """The signed promise of an entry by its number and hash."""
    return write_promise(sign_promise(entry_id, digest, at, signing_key()))


class PromiseBroken(JagaError):
    """A promise signed by this installation whose entry is missing from the ledger or differs."""

    code = "promise_broken"
    status = 409
    sentence = N_("The promise is ours, but its entry is missing from the ledger, or is another one.")
    remedy = N_("Wait a few seconds if the receipt is new; otherwise keep the receipt and tell an auditor.")


class PromiseLost(PromiseBroken):
    """A promise signed by this installation whose entry was lost in a declared restoration."""

    code = "promise_lost"
    sentence = N_("The promise is ours. Its entry was lost when the system was restored on %(day)s.")
    remedy = N_("Keep the receipt: it shows what was received. The report has to be sent again.")


def check_receipt(note: str) -> ChainLink:
    """The chain link of the entry that a receipt's signed promise names.

    Raises BadNote or BadSignature if the promise is not ours, PromiseBroken if the entry is missing or differs,
    PromiseLost if it was lost in a restoration.
    """
    promise = read_promise(note)
    check_promise(promise, signing_key().public)
    row = LedgerEntry.objects.filter(pk=promise.entry_id, entry_hash=promise.entry_hash, seq__isnull=False).first()
    if row is None or entry_hash(as_entry(row)) != promise.entry_hash:
        lost = (
            None
            if row or LedgerEntry.objects.filter(pk=promise.entry_id).exists()
            else lost_by_number("ledgerentry", promise.entry_id)
        )
        raise PromiseLost(day=f"{lost.restored_at:%Y-%m-%d}") if lost else PromiseBroken
    return as_linked(row).link
