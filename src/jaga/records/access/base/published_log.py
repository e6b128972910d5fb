"""The published log for others: is its head late, and was every promise kept? Read only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from jaga.core.clock import now
from jaga.ledger.checkpoints import MERGE_DELAY
from jaga.records.models import LedgerEntry, LedgerFault, PublishedHead

HEAD_MAY_WAIT = timedelta(minutes=5)
"""How long after its full hour a head may be signed, and then written, without an alarm."""
WITNESS_MAY_WAIT = timedelta(minutes=30)


@dataclass(frozen=True)
class PublishedState:
    """The newest published head; None and 0 before the first."""

    origin: str
    size: int
    root: str
    due_at: datetime | None
    witnessed_at: datetime | None


def published_state() -> PublishedState:
    """What the newest head says."""
    newest = newest_head()
    if newest is None:
        return PublishedState("", 0, "", None, None)
    return PublishedState(newest.log.origin, newest.size, newest.root, newest.due_at, newest.witnessed_at)


def newest_head() -> PublishedHead | None:
    """The head published last, of the newest log."""
    return PublishedHead.objects.select_related("log").order_by("-log__number", "-size").first()


def is_head_late() -> bool:
    """Whether a head should have been signed by now. Without any: whether an entry has waited that long."""
    least = now() - timedelta(seconds=settings.JAGA_LEDGER_SECONDS) - HEAD_MAY_WAIT
    newest = newest_head()
    if newest is None:
        return LedgerEntry.objects.filter(seq__isnull=False, at__lt=least).exists()
    return newest.due_at < least


def count_broken_promises() -> int:
    """Entries that a signed promise said would be published by now and that no head has.

    Those that were set aside are counted by the faults of the ledger. Before the first log there is nothing to keep.
    """
    newest = newest_head()
    if newest is None:
        return 0
    late = LedgerEntry.objects.filter(Q(seq__gt=newest.last_seq) | Q(seq__isnull=True), at__lt=now() - MERGE_DELAY)
    return late.exclude(pk__in=LedgerFault.objects.filter(entry_ref__isnull=False).values("entry_ref")).count()
