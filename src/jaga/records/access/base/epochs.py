"""What was lost when the database was restored from a backup, identified only by numbers and codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from jaga.core.clock import now
from jaga.records.codes import appeal_hash, number_in_receipt, receipt_hash
from jaga.records.ledger_mark import read_mark
from jaga.records.models import Epoch, Installation, LedgerEntry, LostCode, Report

TOLD_FOR = timedelta(days=180)
"""For this long anyone who enters an unknown code is told about the loss, since older receipts carry no number."""


@dataclass(frozen=True)
class DatabaseLoss:
    """A restoration: data written between `since` (None: unknown) and `restored_at` is lost."""

    number: int
    since: datetime | None
    restored_at: datetime
    size: int


def mark_path() -> Path:
    """The file beside the database that records how far the ledger had come."""
    return Path(settings.JAGA_MARK)


def is_put_back() -> bool:
    """Whether the database was replaced or set back while this process runs, compared with the file."""
    mark = read_mark(mark_path())
    home = Installation.objects.values_list("mark", flat=True).first()
    if mark is None or not home:
        return False
    if mark.home != home:
        return True
    return mark.size > 0 and not LedgerEntry.objects.filter(seq=mark.size, hash=mark.hash).exists()


def lost_by_receipt(receipt: str) -> DatabaseLoss | None:
    """The restoration that lost the report of this receipt, or None.

    Only the number in the receipt is compared with numbers issued before. Guessing reveals nothing: about one guess in
    100,000 gets this answer.
    """
    number = number_in_receipt(receipt)
    # This one belongs to an officer.
    if number is None or Report.objects.filter(receipt_hash=receipt_hash(receipt)).exists():
        return None
    return lost_by_number("report", number)


def lost_by_number(name: str, number: int) -> DatabaseLoss | None:
    """The restoration that lost this row number of this table (name without `records_`), or after which it was never
    issued.

    Call it only for numbers without a row. Each epoch issues numbers above all earlier ones.
    """
    for epoch in Epoch.objects.order_by("number"):
        _, following = epoch.numbers.get(name, (0, 0))
        if 0 < number < following:
            return _loss(epoch)
    return None


def lost_by_code(code: str) -> DatabaseLoss | None:
    """The restoration that lost the letter with this code."""
    found = LostCode.objects.filter(hash=appeal_hash(code)).select_related("epoch").first()
    return _loss(found.epoch) if found else None


def recent_loss() -> DatabaseLoss | None:
    """The latest restoration, while people may still hold receipts or codes lost with it."""
    epoch = Epoch.objects.order_by("-number").first()
    return _loss(epoch) if epoch and epoch.began_at > now() - TOLD_FOR else None


def losses() -> tuple[DatabaseLoss, ...]:
    """Every restoration, newest first, for the public key page."""
    return tuple(_loss(epoch) for epoch in Epoch.objects.order_by("-number"))


@dataclass(frozen=True)
class LostPromises:
    """What a restoration lost although a receipt may promise it: the possible numbers of ledger entries and of reports,
    from the first to the last (0 and 0: none). At least `entries` entries are lost for certain.

    Which of these numbers were given out only the lost database knew. Who has a receipt of one can prove the promise.
    """

    epoch: int
    since: datetime | None
    restored_at: datetime
    entries: int
    entry_numbers: tuple[int, int]
    report_numbers: tuple[int, int]


def lost_promises() -> tuple[LostPromises, ...]:
    """By restoration, newest first. Raises nothing; empty if the database was never restored."""
    return tuple(
        LostPromises(
            epoch.number,
            epoch.last_at,
            epoch.began_at,
            max(epoch.proven - epoch.size, 0),
            _between(epoch, "ledgerentry"),
            _between(epoch, "report"),
        )
        for epoch in Epoch.objects.order_by("-number")
    )


def _between(epoch: Epoch, name: str) -> tuple[int, int]:
    last, following = epoch.numbers.get(name, (0, 0))
    return (last + 1, following - 1) if following > last + 1 else (0, 0)


def _loss(epoch: Epoch) -> DatabaseLoss:
    return DatabaseLoss(epoch.number, epoch.last_at, epoch.began_at, epoch.size)
