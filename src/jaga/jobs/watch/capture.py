"""Captures the pages of flagged observations, within a minute of their discovery. No network inside a transaction."""

import structlog

from jaga.casework.watch.captures import CapturedPage, note_full, record_capture, waiting_captures
from jaga.core.actors import SYSTEM
from jaga.core.observations.source import SourceUnreachable
from jaga.core.terms.watch import CaptureState
from jaga.jobs.base.session_lock import session_lock
from jaga.jobs.watch.full_disk import FullDisk
from jaga.sources.capture.rendering import CannotRender, RenderingEnded, render
from jaga.sources.capture.snapshot import archive, snapshot

log = structlog.get_logger("jaga.capture")
full = FullDisk()
_CAPTURING = 1_701_730  # advisory lock: one browser at a time


def capture_waiting() -> int:
    """Capture what waits, oldest first; returns how many pages were kept. 0 if another worker does so."""
    with session_lock(_CAPTURING) as ours:
        return (
            sum(_capture(one.capture_id, one.address, one.scope) for one in waiting_captures() if not full.lasts)
            if ours
            else 0
        )


def _capture(capture_id: int, address: str, scope: tuple[str, ...]) -> bool:
    found = captured(address, scope)
    state = full.keeping(lambda: record_capture(capture_id, found, actor=SYSTEM), lambda: note_full(capture_id))
    if state in (CaptureState.PAGE_ONLY, CaptureState.TEXT_ONLY):
        log.warning("capture_is_less", capture=capture_id, state=state.value, why=found.why)
    return state in (CaptureState.RENDERED, CaptureState.PAGE_ONLY)


def captured(address: str, scope: tuple[str, ...]) -> CapturedPage:
    """The page's archive and rendering, as far as they can be had."""
    try:
        page = snapshot(address, scope)
    except SourceUnreachable as away:
        return CapturedPage(why=f"the page could not be had: {away.why}")
    kept = archive(page)
    if not page.grey:
        return CapturedPage(kept, why="there was nothing to render, or too much")
    try:
        return CapturedPage(kept, render(page.grey))
    except CannotRender as cannot:
        return CapturedPage(kept, why=f"nothing can be rendered on this machine: {cannot}")
    except RenderingEnded as ended:
        return CapturedPage(kept, why=f"rendering was ended: {ended}")
