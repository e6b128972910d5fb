"""Hashes pictures of reports in a child process that a malicious picture may crash."""

from time import monotonic

import structlog

from jaga.casework.screening.image_hashes import compare_with_list, forget_picture, record_hash, waiting_pictures
from jaga.core.actors import SYSTEM
from jaga.core.pictures import PictureProblem
from jaga.exchange.picture_reader import PictureReader, ReaderUnavailable
from jaga.jobs.base.session_lock import session_lock
from jaga.records import vault
from jaga.records.key_store.errors import Erased
from jaga.records.models import Evidence, PictureToHash
from jaga.screening.images.pdq import hash_image

MOST = 200  # pictures per run
TOGETHER = 20  # pictures per child process, which limits how many results a compromised one can forge
_HASHING = 1_701_729  # advisory lock: one run at a time
_RETRY = 600.0  # seconds until an unreadable original is retried
_BLOCK = 5000  # pictures compared with a new list per commit
log = structlog.get_logger("jaga.pictures")

_AGAIN: dict[int, float] = {}
"""When this process retries a picture whose original was unreadable, by evidence id."""


def hash_waiting_pictures() -> int:
    """Hash waiting pictures, oldest first; returns how many.

    0 if another worker does so.

    A picture with a lost, damaged or unreadable original stays and is retried later.
    """
    done = 0
    with session_lock(_HASHING) as ours, PictureReader(most=TOGETHER) as read:
        for evidence in waiting_pictures(MOST, besides=_not_yet()) if ours else ():
            try:
                done += _hash(evidence, read)
            except ReaderUnavailable as fault:  # it would fail for the others too
                log.warning("picture_reader_unavailable", reason=str(fault.__cause__))
                break
    return done


def _not_yet() -> frozenset[int]:
    moment = monotonic()
    for evidence_id, again in list(_AGAIN.items()):  # a copy, since a concurrent drawing may add one
        if again <= moment:
            _AGAIN.pop(evidence_id, None)
    return frozenset(list(_AGAIN))


def hash_first(evidence_id: int) -> bool:
    """Hash this picture if it still waits, so that it is compared with lists before anybody can see it.

    Returns whether that is done. A fault unrelated to the picture leaves it waiting.
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
    """Whether it now has a hash, or a recorded reason for having none. Raises ReaderUnavailable."""
    try:
        content = vault.unseal(evidence.sha256, evidence.key_owner())
    except Erased:
        forget_picture(evidence.pk)
        return True
    except (vault.EvidenceDamaged, OSError) as fault:  # it may be restored or become readable
        log.warning("original_unreadable", evidence=evidence.pk, reason=str(fault))
        _AGAIN[evidence.pk] = monotonic() + _RETRY
        return False
    hashed = hash_image(content, read)
    if isinstance(hashed, PictureProblem):
        log.info("picture_not_hashed", evidence=evidence.pk, problem=hashed.value)
    record_hash(evidence.pk, hashed, actor=SYSTEM)
    return True


def compare_list(list_id: int) -> None:
    """Compare all older pictures with a new list. Idempotent."""
    after: int | None = 0
    while after is not None:
        after = compare_with_list(list_id, after, _BLOCK, actor=SYSTEM)
