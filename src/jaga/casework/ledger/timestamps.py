"""Time stamps of published heads: once a day an authority outside signs when a head existed (RFC 3161).

The request is sent by `jobs.ledger_timestamps`, outside any transaction. An entry says which head was stamped, so that
a stamp that is removed later is missed.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.x509 import Certificate
from django.conf import settings
from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import SYSTEM
from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.ledger.timestamps import BadTimestamp, BadTimestampRoots, check_stamp, read_certificates
from jaga.ledger.verify import LedgerProblem
from jaga.records.access.base.published_log import newest_head, newest_stamp
from jaga.records.models import HeadTimestamp, LedgerEntry, PublishedHead

EVERY = timedelta(hours=23)
CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the authority's clock may be from ours. A stamp of a head that did not exist yet would be a forgery."""
_ASK = N_("Compare with a copy held elsewhere and with the authority, and find out who could write here.")


def head_to_stamp() -> PublishedHead | None:
    """The newest head, if an authority is configured and no head was stamped within `EVERY`."""
    last = newest_stamp()
    if not settings.JAGA_TIMESTAMP_URL or (last is not None and last.received_at > now() - EVERY):
        return None
    head = newest_head()
    return None if head is None or HeadTimestamp.objects.filter(head=head).exists() else head


def certificates() -> tuple[Certificate, ...]:
    """The certificates by which stamps are checked. Raises BadTimestampRoots."""
    try:
        return read_certificates(Path(settings.JAGA_TIMESTAMP_ROOTS).read_bytes())
    except OSError as missing:
        raise BadTimestampRoots(why=f"{settings.JAGA_TIMESTAMP_ROOTS} cannot be read") from missing


@transaction.atomic
def take_stamp(head: PublishedHead, stamp: bytes, nonce: int) -> HeadTimestamp:
    """Keep the stamp of a head, if it is valid and of now. Raises BadTimestamp, BadTimestampRoots."""
    at, moment = check_stamp(stamp, stamped_bytes(head), certificates(), nonce), now()
    if abs(at - moment) > CLOCKS_DIFFER:
        raise BadTimestamp(why=f"it is of {at:%Y-%m-%d %H:%M} UTC, and our clock says {moment:%Y-%m-%d %H:%M}")
    row = HeadTimestamp.objects.create(head=head, stamp=stamp, stamped_at=at, received_at=moment)
    append(
        "stamp_head",
        {"log": head.log.origin, "size": head.size, "at": rfc3339(at), "stamp": sha256(stamp).hexdigest()},
        actor=SYSTEM,
        case_id=None,
    )
    return row


def stamped_bytes(head: PublishedHead) -> bytes:
    """What is stamped: the checkpoint with the log's own signature, without cosignatures, which come later."""
    return head.note.encode()


def stamp_problems() -> Iterator[LedgerProblem]:
    """What is wrong with the stamps that are stored."""
    rows = HeadTimestamp.objects.select_related("head__log").order_by("pk")
    recorded = {
        (one.payload.get("log"), one.payload.get("size")): one
        for one in LedgerEntry.objects.filter(verb="stamp_head").order_by("pk")
    }
    try:
        trusted = certificates() if rows or recorded else ()
    except BadTimestampRoots as wrong:
        yield LedgerProblem(0, N_("Time stamps cannot be checked: %(why)s"), wrong.remedy, {"why": wrong.english()})
        return
    for row in rows:
        params: dict[str, object] = {"log": row.head.log.origin, "size": row.head.size}
        entry = recorded.pop((row.head.log.origin, row.head.size), None)
        try:
            at = check_stamp(bytes(row.stamp), stamped_bytes(row.head), trusted)
        except BadTimestamp as wrong:
            yield LedgerProblem(
                0,
                N_("The time stamp of %(log)s at %(size)d leaves is wrong: %(why)s"),
                _ASK,
                {**params, "why": wrong.english()},
            )
            continue
        if (
            entry is None
            or entry.payload.get("stamp") != sha256(bytes(row.stamp)).hexdigest()
            or at != row.stamped_at
            or at < row.head.signed_at - CLOCKS_DIFFER
        ):
            yield LedgerProblem(
                0, N_("The time stamp of %(log)s at %(size)d leaves is not the one that was recorded."), _ASK, params
            )
    for log, size in recorded:
        yield LedgerProblem(
            0, N_("The time stamp of %(log)s at %(size)d leaves is missing."), _ASK, {"log": log, "size": size}
        )
