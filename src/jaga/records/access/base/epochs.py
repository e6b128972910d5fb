"""What was lost when the database was put back: known by numbers and codes alone, and nothing of what they were about.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from jaga.core.clock import now
from jaga.records.codes import appeal_hash, number_in_receipt, receipt_hash
from jaga.records.ledger_mark import read_mark
from jaga.records.models import Epoch, Installation, LedgerEntry, LostCode, Report

TOLD_FOR = timedelta(days=180)
"""So long everybody who types an unknown code is told that something was lost: older receipts carry no number."""


@dataclass(frozen=True)
class Loss:
    """A restoration: what came in between `since` (None: unknown) and `restored_at` is lost."""

    number: int
    since: datetime | None
    restored_at: datetime
    size: int


def mark_path() -> Path:
    """Where the file beside the database is that says how far the ledger went."""
    return Path(settings.JAGA_MARK)


def is_put_back() -> bool:
    """Whether the database is another one than the file's, or went back behind it, while this process runs."""
    mark = read_mark(mark_path())
    home = Installation.objects.values_list("mark", flat=True).first()
    if mark is None or not home:
        return False
    if mark.home != home:
        return True
    return mark.size > 0 and not LedgerEntry.objects.filter(seq=mark.size, hash=mark.hash).exists()


def lost_by_receipt(receipt: str) -> Loss | None:
    """The restoration with which the report of that receipt was lost; None for any other one.

    Only the number in it is compared with those given before. A guess learns nothing: one in some 100,000 is told so.
    """
    number = number_in_receipt(receipt)
    if number is None or Report.objects.filter(receipt_hash=receipt_hash(receipt)).exists():  # an officer's is here
        return None
    return lost_by_number("report", number)


def lost_by_number(name: str, number: int) -> Loss | None:
    """The restoration with which that number of that table (without `records_`) was lost, or never came to be given.

    For a number of which no row is here. Each epoch gives numbers beyond all of those before.
    """
    for epoch in Epoch.objects.order_by("number"):
        _, following = epoch.numbers.get(name, (0, 0))
        if 0 < number < following:
            return _loss(epoch)
    return None


def lost_by_code(code: str) -> Loss | None:
    """The restoration in which the letter with that code was lost."""
    found = LostCode.objects.filter(hash=appeal_hash(code)).select_related("epoch").first()
    return _loss(found.epoch) if found else None


def recent_loss() -> Loss | None:
    """The last restoration, for as long as somebody may still hold what was lost with it."""
    epoch = Epoch.objects.order_by("-number").first()
    return _loss(epoch) if epoch and epoch.began_at > now() - TOLD_FOR else None


def losses() -> tuple[Loss, ...]:
    """Every restoration, the newest first: for the public page of the key."""
    return tuple(_loss(epoch) for epoch in Epoch.objects.order_by("-number"))


def _loss(epoch: Epoch) -> Loss:
    return Loss(epoch.number, epoch.last_at, epoch.began_at, epoch.size)
