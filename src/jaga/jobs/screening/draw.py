"""Redraws pictures as working copies, one at a time, in a child process that a malicious picture may crash."""

import structlog

from jaga.casework.kernel.job_tables import has_job_with_lock
from jaga.casework.kernel.jobs import DRAW, defer
from jaga.casework.screening.pictures import PICTURES, record_copy, to_draw, waiting_to_be_drawn
from jaga.core.actors import SYSTEM
from jaga.core.terms.screening import CopyState
from jaga.exchange.pictures import draw
from jaga.jobs.screening.hash_pictures import hash_first
from jaga.records import vault
from jaga.records.key_store.errors import Erased

MOST = 100
log = structlog.get_logger("jaga.pictures")


def draw_picture(evidence_id: int) -> CopyState | None:
    """Make the working copy of a checked picture, or record that it could not be drawn.

    Idempotent.

    Returns None if there is nothing to do. The picture is hashed first: one on a child-protection list is closed and
    never drawn. If it cannot be hashed now, `defer_lost_pictures` retries it. An original lost or damaged after
    hashing cannot be drawn; the case's export names it.
    """
    if not hash_first(evidence_id):
        return None
    picture = to_draw(evidence_id)
    if picture is None:
        return None
    try:
        drawn = draw(vault.unseal(picture.sha256, picture.key_owner()))
    except Erased:
        return None
    except vault.EvidenceDamaged:
        log.warning("original_damaged", evidence=evidence_id)
        drawn = None
    state = record_copy(evidence_id, drawn, actor=SYSTEM)
    if state is CopyState.NOT_DRAWN:
        log.warning("picture_not_drawn", evidence=evidence_id)
    return state


def defer_lost_pictures() -> int:
    """Defer the drawing of checked pictures that have no job; returns how many."""
    if has_job_with_lock(PICTURES):
        return 0
    waiting = list(waiting_to_be_drawn().values_list("pk", flat=True)[:MOST])
    for evidence_id in waiting:
        defer(DRAW, lock=PICTURES, evidence_id=evidence_id)
        log.warning("drawing_deferred_again", evidence=evidence_id)
    return len(waiting)
