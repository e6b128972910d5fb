"""Hashing the pictures that came in, by a child process that a hostile picture may take down with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from django.db import connection

from jaga.casework.screening.image_hashes import compare_with_list, record_hash, waiting_pictures
from jaga.core.actors import SYSTEM
from jaga.core.pictures import PictureProblem
from jaga.exchange.picture_reader import PictureReader, ReaderUnavailable
from jaga.records import vault
from jaga.records.models import Evidence, PictureToHash
from jaga.screening.images.pdq import hash_image

MOST = 200  # pictures of one round
TOGETHER = 20  # pictures that share a reader: so many could one that took it over lie about
_HASHING = 1_701_729  # advisory lock of one round at a time
_RETRY = 600.0  # seconds until a picture is tried again whose original could not be read
_BLOCK = 5000  # pictures that are compared with a new list in one commit
log = structlog.get_logger("jaga.pictures")

_AGAIN: dict[int, float] = {}
"""When this process tries a picture again, whose original could not be read: until then it holds up no other."""


def hash_waiting_pictures() -> int:
    """Hash the pictures that wait, the first first; returns how many. None where another worker is at it.

    One whose original is lost, damaged or not to be read now waits on, and is tried again later.
    """
    done = 0
    with _alone() as ours, PictureReader(most=TOGETHER) as read:
        for evidence in waiting_pictures(MOST, besides=_not_yet()) if ours else ():
            try:
                done += _hash(evidence, read)
            except ReaderUnavailable as fault:  # so it would be for the others
                log.warning("picture_reader_unavailable", reason=str(fault.__cause__))
                break
    return done


def _not_yet() -> frozenset[int]:
    moment = monotonic()
    for evidence_id, again in list(_AGAIN.items()):  # a copy: a drawing beside this may add one
        if again <= moment:
            _AGAIN.pop(evidence_id, None)
    return frozenset(list(_AGAIN))


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


def hash_first(evidence_id: int) -> bool:
    """Hash this one picture now, if it still waits: before anybody may see it, it is compared with the lists.

    Whether that is done. A fault that says nothing of the picture leaves it waiting.
    """
    waiting = PictureToHash.objects.filter(evidence=evidence_id).select_related("evidence").first()
    if waiting is None:
        return True
    try:
        with PictureReader(most=1) as read:
            return _hash(waiting.evidence, read)
    except ReaderUnavailable as fault:
        log.warning("picture_reader_unavailable", evidence=evidence_id, reason=str(fault.__cause__))
        return False


def _hash(evidence: Evidence, read: PictureReader) -> bool:
    """Whether it has its hash now, or a reason of its own for none. Raises ReaderUnavailable."""
    try:
        content = vault.unseal(evidence.sha256)
    except (vault.EvidenceDamaged, OSError) as fault:  # it may be restored, or readable again
        log.warning("original_unreadable", evidence=evidence.pk, reason=str(fault))
        _AGAIN[evidence.pk] = monotonic() + _RETRY
        return False
    hashed = hash_image(content, read)
    if isinstance(hashed, PictureProblem):
        log.info("picture_not_hashed", evidence=evidence.pk, problem=hashed.value)
    record_hash(evidence.pk, hashed, actor=SYSTEM)
    return True


def compare_list(list_id: int) -> None:
    """Compare all pictures that were hashed before with a list that came later. Safe to repeat."""
    after: int | None = 0
    while after is not None:
        after = compare_with_list(list_id, after, _BLOCK, actor=SYSTEM)
