"""A time limit for a reading, whatever its source does.

Sources have limits of their own for each connection; this one is for what they leave open: a server that drips, pages
without end, a loop. The reading runs in a thread of its own. When its time is over, an exception is raised in that
thread, so that it closes what it opened, as soon as it comes back from the operating system; and nobody waits for it.

Keeping what was fetched while our own disk may be full: noted where it waits, and others are fetched later.

Draws the weekly sample that people judge, and stops rules that were wrong too often by it.

Files what waited for people to judge the same words of other accounts.

Captures the pages of flagged observations, within a minute of their discovery. No network inside a transaction.

Reads the source of one running watch. Sources that fail or stall delay no other watch.

Fetches the pictures that people asked for. No network inside a transaction; one worker at a time.
"""

import ctypes
import os
import stat
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from threading import Thread, get_ident
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import DataError, connections

from jaga.core.actors import SYSTEM
from jaga.core.errors import N_, JagaError
from jaga.core.observations import (
    ObservedBatch,
    PictureUnavailable,
    Pushes,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceStalled,
    SourceUnreachable,
)
from jaga.core.platforms import PlatformPort
from jaga.core.terms.reports import CaptureState, MediaState, SourceKind
from jaga.platforms.kit.guard import can_act
from jaga.sources.capture.rendering import CannotRender, RenderingEnded, archive, render, snapshot
from jaga.sources.registry import Surroundings, open_source, read_picture
from jaga.store.room import says_full
from jaga.watch.verbs.media import (
    CapturedPage,
    FetchedMedia,
    RequestedMedia,
    asked_media,
    note_full_of_captures,
    note_full_of_media,
    record_capture,
    record_media,
    waiting_captures,
)
from jaga.watch.verbs.people_sample import draw_sample, suspend_wrong_rules
from jaga.watch.verbs.pushes import PushesOfWatch
from jaga.watch.verbs.reading import NextReading, begin_reading, record_failure, running_watches, take_in
from jaga.watch.verbs.waiting_texts import file_judged_words
from jaga.watch.verbs.watches import WatchOver
from jaga.work.adapters import adapter_for, session_lock

log_of_bounded = structlog.get_logger("jaga.watch")
LONGEST_READING = 120.0
"""Seconds."""
MOST_ABANDONED = 3
"""Readings of one watch that were ended and still hang in the operating system. Then none is begun until one is gone.
"""
_abandoned: dict[int, list[Thread]] = {}


class ReadingEnded(BaseException):
    """Raised in the thread of a reading whose time is over. No source may catch it."""


class _Reading:
    """One call of a source, with what came of it."""

    def __init__(self, source: Source, cursor: str | None, limit: int) -> None:
        self._source, self._cursor, self._limit = source, cursor, limit
        self.batch: ObservedBatch | None = None
        self.error: BaseException | None = None
        self.ident: int | None = None

    def run(self) -> None:
        self.ident = get_ident()
        try:
            self.batch = self._source.read(self._cursor, limit=self._limit)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for it
            self.error = error
        finally:
            connections.close_all()  # those of this thread

    def end(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident or 0), ctypes.py_object(ReadingEnded))


def read_within(
    source: Source, cursor: str | None, *, limit: int, watch_id: int, seconds: float | None = None
) -> ObservedBatch:
    """What the source reads, if it returns in time. Raises SourceStalled, and whatever the source raises."""
    allowed = LONGEST_READING if seconds is None else seconds
    hanging = [one for one in _abandoned.pop(watch_id, ()) if one.is_alive()]
    if hanging:
        _abandoned[watch_id] = hanging
    if len(hanging) >= MOST_ABANDONED:
        raise SourceStalled(why=f"{len(hanging)} readings that were ended still hang")
    reading = _Reading(source, cursor, limit)
    thread = Thread(target=copy_context().run, args=(reading.run,), name=f"watch-{watch_id}", daemon=True)
    thread.start()
    thread.join(allowed)
    if thread.is_alive():
        reading.end()
        _abandoned.setdefault(watch_id, []).append(thread)
        log_of_bounded.warning("watch_reading_ended", watch=watch_id, seconds=allowed)
        raise SourceStalled(why=f"it was ended after {allowed:g} seconds")
    if reading.error is not None:
        raise reading.error
    assert reading.batch is not None
    return reading.batch


T = TypeVar("T")
PAUSE = 30.0
"""Seconds in which nothing more is fetched that could not be stored."""


class FullDisk:
    """Remembers that the disk was full a moment ago."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def lasts(self) -> bool:
        """Whether it was full less than `PAUSE` seconds ago."""
        return time.monotonic() < self._until

    def keeping(self, keep: Callable[[], T], note: Callable[[], None]) -> T | None:
        """What `keep` gives; None if the disk is full, which `note` says where it is shown. Raises what `keep`
        raises.
        """
        try:
            return keep()
        except OSError as error:
            if not says_full(error):
                raise
            self._until = time.monotonic() + PAUSE
            note()
            return None


def keep_people_sample() -> int:
    """Draw the weeks that are over, then look at the rules; returns how many texts were drawn and rules stopped."""
    return draw_sample(actor=SYSTEM) + suspend_wrong_rules(actor=SYSTEM)


def file_waiting_texts() -> int:
    """File what need not wait any longer; returns how many texts became observations of cases."""
    return file_judged_words(actor=SYSTEM)


log_of_capture = structlog.get_logger("jaga.capture")
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
    state = full.keeping(
        lambda: record_capture(capture_id, found, actor=SYSTEM), lambda: note_full_of_captures(capture_id)
    )
    if state in (CaptureState.PAGE_ONLY, CaptureState.TEXT_ONLY):
        log_of_capture.warning("capture_is_less", capture=capture_id, state=state.value, why=found.why)
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


log_of_read = structlog.get_logger("jaga.watch")
FULL = "not stored: our own disk is full"
LONGEST_TOKEN = 4096
BATCHES_AT_ONCE = 20
"""So many batches of one watch are read before the other work of the worker has its turn."""


def read_watches() -> int:
    """Read every running watch once; returns how many observations were new."""
    return sum(map(read_watch, running_watches()))


def read_watch(number: str) -> int:
    """Read one watch until its source has no more, at most `BATCHES_AT_ONCE` batches; returns how many observations
    were new.

    A failure is recorded at this watch; its cursor stays, so that a later reading misses nothing.
    """
    watch_id, done = int(number), 0
    for _ in range(BATCHES_AT_ONCE):
        step = begin_reading(watch_id)
        if step is None:
            break
        try:
            source = _opened(watch_id, step.settings, step.token_file)
            batch = _read(watch_id, source, step)
            done += take_in(watch_id, batch, version=source.name, actor=SYSTEM).observed
        except WatchOver:  # stopped while it read: nothing of the batch is kept
            break
        except OSError as refused:  # of our evidence folder: what a source raises of that kind is caught there
            if not says_full(refused):
                raise
            record_failure(watch_id, SourceUnreachable(why=FULL), actor=SYSTEM)
            break
        except DataError as refused:  # a value that passed the source but cannot be stored
            failed = SourceFault(why=f"not storable: {type(refused.__cause__).__name__}")
            record_failure(watch_id, failed, actor=SYSTEM)
            break
        except JagaError as failed:
            log_of_read.warning("watch_failed", watch=watch_id, code=failed.code)
            record_failure(watch_id, failed, actor=SYSTEM)
            break
        if not batch.more or batch.cursor == step.cursor:  # `more` without a step forward would only ask in a circle
            break
    return done


def _read(watch_id: int, source: Source, step: NextReading) -> ObservedBatch:
    if step.settings.kind is SourceKind.STREAM:  # from our own database: nothing there can hang
        return source.read(step.cursor, limit=step.limit)
    return read_within(source, step.cursor, limit=step.limit, watch_id=watch_id)


def record_fault(number: str, fault: BaseException) -> None:
    """Record that reading a watch failed by a fault of ours; the others go on."""
    record_failure(int(number), SourceFault(why=type(fault).__name__), actor=SYSTEM)


def _opened(watch_id: int, wanted: SourceSettings, token_file: str) -> Source:
    token = _token(Path(settings.HOME) / "watch-tokens" / token_file) if token_file else ""
    return open_source(replace(wanted, token=token), surroundings_of(PushesOfWatch(watch_id)))


def surroundings_of(pushes: Pushes | None) -> Surroundings:
    """What a source may use of this installation."""
    return Surroundings(_platform_adapter, Path(settings.HOME) / "watch", pushes)


def _platform_adapter(name: str) -> PlatformPort:
    adapter = adapter_for(name)
    if not can_act(adapter):
        raise SourceRefused(N_("This platform is reached by notice only, so that it cannot be read."), why="by notice")
    return adapter


def _token(path: Path) -> str:
    """The token in a private file. Raises SourceRefused if it is missing, readable by others, or no token."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise SourceRefused(why=f"others can read {path.name}: chmod 600")
            found = file.read(LONGEST_TOKEN + 1)
    except OSError as missing:
        raise SourceRefused(why=f"no file {path.name} in watch-tokens") from missing
    token = found.decode("ascii", "replace").strip()
    if not token or len(found) > LONGEST_TOKEN or not token.isprintable() or "\ufffd" in token:
        raise SourceRefused(why=f"{path.name} holds no token")
    return token


log_of_media = structlog.get_logger("jaga.media")
_FETCHING = 1_701_731  # advisory lock


def fetch_asked_media() -> int:
    """Fetch what people asked for, oldest first; returns how many were kept. 0 if another worker does so."""
    with session_lock(_FETCHING) as ours:
        return sum(_fetch(one) for one in asked_media(actor=SYSTEM) if not full.lasts) if ours else 0


def _fetch(asked: RequestedMedia) -> bool:
    found = fetched(asked)
    state = full.keeping(
        lambda: record_media(asked.media_id, found, actor=SYSTEM), lambda: note_full_of_media(asked.media_id)
    )
    if state is None:
        return False
    if state is not MediaState.KEPT:
        log_of_media.warning("media_not_had", media=asked.media_id, state=state.value, why=found.why)
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
