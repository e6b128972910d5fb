"""Fetches the pictures that people asked for. No network inside a transaction; one worker at a time."""

import structlog

from jaga.casework.watch.media import FetchedMedia, RequestedMedia, asked_media, note_full, record_media
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.observations.pictures import PictureUnavailable
from jaga.core.observations.source import SourceRefused, SourceUnreachable
from jaga.core.terms.watch import MediaState
from jaga.jobs.base.session_lock import session_lock
from jaga.jobs.watch.full_disk import FullDisk
from jaga.jobs.watch.read import surroundings_of
from jaga.sources.registry import read_picture

log = structlog.get_logger("jaga.media")
full = FullDisk()
_FETCHING = 1_701_731  # advisory lock


def fetch_asked_media() -> int:
    """Fetch what people asked for, oldest first; returns how many were kept. 0 if another worker does so."""
    with session_lock(_FETCHING) as ours:
        return sum(_fetch(one) for one in asked_media(actor=SYSTEM) if not full.lasts) if ours else 0


def _fetch(asked: RequestedMedia) -> bool:
    found = fetched(asked)
    state = full.keeping(lambda: record_media(asked.media_id, found, actor=SYSTEM), lambda: note_full(asked.media_id))
    if state is None:
        return False
    if state is not MediaState.KEPT:
        log.warning("media_not_had", media=asked.media_id, state=state.value, why=found.why)
    return state is MediaState.KEPT


def fetched(asked: RequestedMedia) -> FetchedMedia:
    """The bytes, or why there are none."""
    try:
        return FetchedMedia(read_picture(asked.settings, surroundings_of(None), asked.address))
    except PictureUnavailable as unavailable:
        return FetchedMedia(why=unavailable.why)
    except SourceRefused as refused:
        return FetchedMedia(why=refused.why or refused.code)
    except SourceUnreachable as away:
        return FetchedMedia(why=away.why or away.code, again=True)
    except JagaError as failed:  # of an adapter whose settings are wrong
        return FetchedMedia(why=failed.code, again=True)
