"""Batches that a platform sends by itself to a running watch: stored before they are acknowledged, each once."""

import hashlib
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max

from jaga.cases.models.cases import Platform
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError, NotFound
from jaga.core.observations import MOST_WAITING, StoredPush
from jaga.core.terms.reports import PushFormat, SourceKind
from jaga.policy.limits import WATCH_HASH_DAYS
from jaga.store.codes import open_raw, seal_raw
from jaga.store.kernel.ledger import append
from jaga.watch.models.kept import WatchPush
from jaga.watch.models.watches import Watch

PUSHES_KEPT = timedelta(days=WATCH_HASH_DAYS)
RETRY_SECONDS = 30


class NoRunningStream(Conflict):
    """No watch of this platform's stream runs, so nothing may be sent."""

    code = "no_running_stream"
    sentence = N_("No watch of this platform's stream is running, so nothing was stored.")
    remedy = N_("Two people of this installation start one under Watches. Send nothing before they say so.")


class PushIdUsed(Conflict):
    """The id was used for another batch."""

    code = "push_id_used"
    sentence = N_("A batch with this webhook-id and other content was taken before. Nothing was stored.")
    remedy = N_("Give each batch an id of its own.")


class TooManyWaiting(JagaError):
    """The worker has not taken in what was sent before."""

    code = "too_many_waiting"
    status = 429
    sentence = N_("%(most)s batches wait to be read. This one was not stored.")
    remedy = N_(
        "Send it again in %(retry_after)s seconds. If that lasts, the budget of the day is used up, or the"
        " worker does not run."
    )


@dataclass(frozen=True)
class NewPush:
    """A verified batch: the sender's id for it, its decompressed content, and the number of its rows."""

    hook_id: str
    format: PushFormat
    rows: int
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class TakenPush:
    """`number` is the batch's number at its watch; `repeat`: it was stored before."""

    watch_id: int
    number: int
    repeat: bool


@transaction.atomic
def take_push(platform: str, new: NewPush, *, actor: Actor) -> TakenPush:
    """Store a batch for the running watch of the platform's stream, encrypted, until the worker has taken it in.

    The same id with the same content is stored once. The caller verified the signature. Raises NotFound for an unknown
    platform, NoRunningStream, PushIdUsed, TooManyWaiting.
    """
    watch = running_stream(platform)
    with connection.cursor() as cursor:  # one at a time for a watch, so that a number is never seen before a lower one
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('push', %s))", [watch.pk])
    digest = hashlib.sha256(new.content).hexdigest()
    rows = WatchPush.objects.filter(watch=watch)
    known = rows.filter(hook_id=new.hook_id).first()
    if known is not None:
        if known.digest != digest:
            raise PushIdUsed
        return TakenPush(watch.pk, known.number, True)
    if rows.filter(sealed__isnull=False).count() >= MOST_WAITING:
        raise TooManyWaiting(most=MOST_WAITING, retry_after=RETRY_SECONDS)
    number = (rows.aggregate(newest=Max("number"))["newest"] or 0) + 1
    WatchPush.objects.create(
        watch=watch,
        number=number,
        hook_id=new.hook_id,
        digest=digest,
        format=new.format,
        rows=new.rows,
        received_at=now(),
        sealed=seal_raw(zlib.compress(new.content, 1)),
    )
    append(
        "take_push",
        {"watch": watch.pk, "number": number, "rows": new.rows, "sha256": digest},
        actor=actor,
        case_id=None,
    )
    return TakenPush(watch.pk, number, False)


def running_stream(platform: str) -> Watch:
    """The running watch of the platform's stream. Raises NotFound, NoRunningStream."""
    row = (
        Watch.objects.filter(
            platform__name=platform,
            kind=SourceKind.STREAM,
            started_at__isnull=False,
            ended_at__isnull=True,
            ends_at__gt=now(),
        )
        .order_by("-pk")
        .first()
    )
    if row is not None:
        return row
    if not Platform.objects.filter(name=platform).exists():
        raise NotFound
    raise NoRunningStream


class PushesOfWatch:
    """The batches of one watch, for its source (`core.observations.pushes.Pushes`)."""

    def __init__(self, watch_id: int) -> None:
        self._rows = WatchPush.objects.filter(watch=watch_id)

    def newest(self) -> tuple[int, datetime] | None:
        """Number and time of the last batch that came."""
        return self._rows.order_by("-number").values_list("number", "received_at").first()

    def from_number(self, number: int) -> StoredPush | None:
        """The first waiting batch from this number on."""
        row = self._rows.filter(number__gte=number, sealed__isnull=False).order_by("number").first()
        if row is None:
            return None
        assert row.sealed is not None
        content = zlib.decompress(open_raw(bytes(row.sealed)))
        return StoredPush(row.number, PushFormat(row.format), content, row.received_at)

    def forget_before(self, number: int) -> None:
        """Delete the contents of what was taken in. What makes a batch known again stays for days."""
        self._rows.filter(number__lt=number, sealed__isnull=False).update(sealed=None)


def forget_pushes() -> int:
    """Delete what waits for a watch that is over, and old rows but the newest of each watch. Periodic task."""
    over = WatchPush.objects.filter(watch__ended_at__isnull=False, sealed__isnull=False).update(sealed=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM records_watchpush p WHERE received_at < %s AND sealed IS NULL AND EXISTS (SELECT 1 FROM"
            " records_watchpush later WHERE later.watch_id = p.watch_id AND later.number > p.number)",
            [now() - PUSHES_KEPT],
        )
        return over + int(cursor.rowcount)
