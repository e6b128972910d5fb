"""Hashing the pictures that came in, by a child process that a hostile picture may take down with it."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import connection

from jaga.casework.hashing import compare_with_list, record_hash, waiting_pictures
from jaga.core.actors import SYSTEM
from jaga.core.pictures import PictureProblem
from jaga.exchange.picture_reader import PictureReader
from jaga.records import vault
from jaga.records.models import Evidence, PictureToHash
from jaga.screening.pdq import hash_image

MOST = 200  # pictures of one round
TOGETHER = 20  # pictures that share a reader: so many could one that took it over lie about
_HASHING = 1_701_729  # advisory lock of one round at a time
_BLOCK = 5000  # pictures that are compared with a new list in one commit
log = structlog.get_logger("jaga.pictures")


def hash_waiting_pictures() -> int:
    """Hash the pictures that wait, the first first; returns how many. None where another worker is at it.

    A lost or damaged original has no hash; the export of the case names it.
    """
    with _alone() as ours, PictureReader(most=TOGETHER) as read:
        waiting = waiting_pictures(MOST) if ours else []
        for evidence in waiting:
            _hash(evidence, read)
    return len(waiting)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this process is the only one that hashes. The lock ends with the session: at once when it is killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_HASHING])
        (ours,) = cursor.fetchone()
    try:
        yield bool(ours)
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_HASHING])


def hash_first(evidence_id: int) -> None:
    """Hash this one picture now, if it still waits: before anybody may see it, it is compared with the lists."""
    waiting = PictureToHash.objects.filter(evidence=evidence_id).select_related("evidence").first()
    if waiting:
        with PictureReader(most=1) as read:
            _hash(waiting.evidence, read)


def _hash(evidence: Evidence, read: PictureReader) -> None:
    try:
        hashed = hash_image(vault.unseal(evidence.sha256), read)
    except vault.EvidenceDamaged:
        log.warning("original_damaged", evidence=evidence.pk)
        hashed = PictureProblem.BROKEN
    if isinstance(hashed, PictureProblem):
        log.info("picture_not_hashed", evidence=evidence.pk, problem=hashed.value)
    record_hash(evidence.pk, hashed, actor=SYSTEM)


def compare_list(list_id: int) -> None:
    """Compare all pictures that were hashed before with a list that came later. Safe to repeat."""
    after: int | None = 0
    while after is not None:
        after = compare_with_list(list_id, after, _BLOCK, actor=SYSTEM)
