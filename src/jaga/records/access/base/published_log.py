"""The published log for others: is its head late, and was every promise kept? Read only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from jaga.core.clock import now
from jaga.ledger.checkpoints import MERGE_DELAY
from jaga.ledger.tlog.errors import BadFormat
from jaga.ledger.tlog.policy import NONE, parse_policy
from jaga.records.models import HeadTimestamp, LedgerEntry, LedgerFault, PublishedHead, Tally

PUBLISHED_VERIFIED = "published_verified"
"""The name under which the last verification of the published log is kept: its problems."""
HEAD_MAY_WAIT = timedelta(minutes=5)
"""How long after its full hour a head may be signed, and then written, without an alarm."""
WITNESS_MAY_WAIT = timedelta(minutes=30)
STAMP_MAY_WAIT = timedelta(hours=26)


@dataclass(frozen=True)
class PublishedState:
    """The newest published head; None and 0 before the first."""

    origin: str
    size: int
    root: str
    due_at: datetime | None
    witnessed_at: datetime | None


@dataclass(frozen=True)
class PublishedStamp:
    """A time stamp (RFC 3161) of a head: the answer of the authority, and the checkpoint that it is of."""

    origin: str
    size: int
    at: datetime
    stamp: bytes
    head: bytes


def published_state() -> PublishedState:
    """What the newest head says."""
    newest = newest_head()
    if newest is None:
        return PublishedState("", 0, "", None, None)
    return PublishedState(newest.log.origin, newest.size, newest.root, newest.due_at, newest.witnessed_at)


def newest_head() -> PublishedHead | None:
    """The head published last, of the newest log."""
    return PublishedHead.objects.select_related("log").order_by("-log__number", "-size").first()


def newest_stamp() -> HeadTimestamp | None:
    """The last time stamp of a head, with the head."""
    return HeadTimestamp.objects.select_related("head__log").order_by("-received_at").first()


def published_stamp() -> PublishedStamp | None:
    """The last time stamp with the head that it is of, or None."""
    last = newest_stamp()
    return (
        None
        if last is None
        else PublishedStamp(
            last.head.log.origin, last.head.size, last.stamped_at, bytes(last.stamp), last.head.note.encode()
        )
    )


def is_stamp_late() -> bool:
    """Whether an authority is configured and no head was stamped for longer than `STAMP_MAY_WAIT`."""
    if not settings.JAGA_TIMESTAMP_URL:
        return False
    last = newest_stamp()
    if last is not None:
        return now() - last.received_at > STAMP_MAY_WAIT
    first = PublishedHead.objects.order_by("signed_at").values_list("signed_at", flat=True).first()
    return first is not None and now() - first > STAMP_MAY_WAIT


def is_head_late() -> bool:
    """Whether a head should have been signed by now. Without any: whether an entry has waited that long."""
    least = now() - timedelta(seconds=settings.JAGA_LEDGER_SECONDS) - HEAD_MAY_WAIT
    newest = newest_head()
    if newest is None:
        return LedgerEntry.objects.filter(seq__isnull=False, at__lt=least).exists()
    return newest.due_at < least


def is_witnessing_late() -> bool:
    """Whether no head of the last while became witnessed: witnesses refuse or do not answer, or their file is wrong."""
    newest, file = newest_head(), Path(settings.JAGA_LEDGER_WITNESSES)
    if newest is None or not file.is_file():
        return False
    try:
        if parse_policy(file.read_bytes()).quorum == NONE:
            return False
    except BadFormat:
        return True
    heads = PublishedHead.objects.filter(log=newest.log)
    waiting = heads.filter(size__gt=heads.filter(witnessed_at__isnull=False).aggregate(last=Max("size"))["last"] or 0)
    oldest = waiting.order_by("size").values_list("signed_at", flat=True).first()
    return oldest is not None and now() - oldest > WITNESS_MAY_WAIT


def count_published_problems() -> int:
    """Problems that the last verification of the published log found."""
    return Tally.objects.filter(name=PUBLISHED_VERIFIED).values_list("number", flat=True).first() or 0


def count_broken_promises() -> int:
    """Entries that a signed promise said would be published by now and that no head has.

    Those that were set aside are counted by the faults of the ledger. Before the first log there is nothing to keep.
    """
    newest = newest_head()
    if newest is None:
        return 0
    late = LedgerEntry.objects.filter(at__lt=now() - MERGE_DELAY)
    set_aside = LedgerFault.objects.filter(entry_ref__isnull=False).values("entry_ref")
    # Two queries, since each has an index of its own.
    return (
        late.filter(seq__gt=newest.last_seq).count() + late.filter(seq__isnull=True).exclude(pk__in=set_aside).count()
    )
