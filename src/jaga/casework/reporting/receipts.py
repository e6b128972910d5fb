"""Receipts as files: proof of a report that its sender can keep and show to anybody (docs/verify-receipt.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.casework.kernel.ledger import ORIGIN, as_linked, signing_key
from jaga.casework.kernel.promises import promise_note
from jaga.casework.ledger.proofs import head_with, log_of, proof_of
from jaga.core.errors import NotFound
from jaga.exchange.package import fingerprint
from jaga.ledger.checkpoints import read_checkpoint, read_promise
from jaga.ledger.extract import write_extract
from jaga.ledger.receipt import write_receipt
from jaga.records.access.base.published_log import published_state
from jaga.records.models import LedgerCheckpoint, LedgerEntry, Report

_FILING = ("accept_report", "file_report")
_WITHIN = timedelta(minutes=3)  # the entry ends its transaction, which takes a while with pictures


@dataclass(frozen=True)
class ReceiptFile:
    """A receipt file. `proves` is true if it shows the entry in the ledger, not only the promise of it."""

    content: bytes
    proves: bool


@dataclass(frozen=True)
class PublishedKey:
    """The key that signs receipts, checkpoints and exports, in three formats, with the newest published head.

    Nothing newer is shown: the chain's own checkpoints tell when something happened.
    """

    name: str
    line: str
    pem: str
    fingerprint: str
    size: int
    signed_at: datetime | None


def promise_file(note: str) -> ReceiptFile:
    """The file of a signed promise. Raises BadNote for any other text."""
    return ReceiptFile(write_receipt(read_promise(note), signing_key().public), proves=False)


def receipt_file(report_id: int) -> ReceiptFile:
    """The signed promise that a report was received.

    Of an entry from before the published log: the path to a signed checkpoint, once linked. Of other entries it
    contains only hashes. Raises NotFound if the report has no entry of its own.
    """
    entry = _entry_of(report_id)
    promise, key = read_promise(promise_note(entry)), signing_key().public
    if log_of(entry) is not None:
        return ReceiptFile(write_receipt(promise, key), proves=False)
    checkpoint = (
        LedgerCheckpoint.objects.filter(size__gte=entry.seq).order_by("size").first() if entry.seq is not None else None
    )
    if checkpoint is None:
        return ReceiptFile(write_receipt(promise, key), proves=False)
    rows = LedgerEntry.objects.filter(seq__gte=entry.seq, seq__lte=checkpoint.size).order_by("seq")
    extract = write_extract([as_linked(entry)], [as_linked(row).link for row in rows], read_checkpoint(checkpoint.note))
    return ReceiptFile(write_receipt(promise, key, extract), proves=True)


def receipt_proof(report_id: int) -> bytes:
    """The proof that a report's entry is in the published log.

    Raises NotPublishedYet until the head of its hour is out, NotFound if the report has no entry of its own.
    """
    return proof_of(_entry_of(report_id))


def proof_is_ready(report_id: int) -> bool:
    """Whether `receipt_proof` can be made now."""
    try:
        return head_with(_entry_of(report_id)) is not None
    except NotFound:
        return False


def public_key() -> PublishedKey:
    """What the public key page shows."""
    key = signing_key().public
    newest = published_state()
    return PublishedKey(ORIGIN, key.text(), key.pem().decode(), fingerprint(key.pem()), newest.size, newest.due_at)


def _entry_of(report_id: int) -> LedgerEntry:
    report = Report.objects.filter(pk=report_id).only("received_at").first()
    if report is None:
        raise NotFound
    # Filter by time first: entries are indexed by time, not by content.
    entry = (
        LedgerEntry.objects.filter(
            at__gte=report.received_at - timedelta(seconds=5),
            at__lte=report.received_at + _WITHIN,
            verb__in=_FILING,
            payload__report=report_id,
        )
        .order_by("pk")
        .first()
    )
    if entry is None:
        raise NotFound
    return entry
