"""Reads the source of one running watch. Sources that fail or stall delay no other watch."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import structlog
from django.conf import settings
from django.db import DataError

from jaga.casework.watch.pushes import PushesOfWatch
from jaga.casework.watch.reading import NextReading, begin_reading, record_failure, running_watches, take_in
from jaga.casework.watch.watches import WatchOver
from jaga.core.actors import SYSTEM
from jaga.core.errors import N_, JagaError
from jaga.core.observations.pushes import Pushes
from jaga.core.observations.settings import SourceSettings
from jaga.core.observations.source import Source, SourceFault, SourceRefused, SourceUnreachable
from jaga.core.observations.values import ObservedBatch
from jaga.core.platforms import PlatformPort
from jaga.core.terms.watch import SourceKind
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.watch.bounded import read_within
from jaga.platforms.kit.checks import can_act
from jaga.records.room import says_full
from jaga.sources.registry import Surroundings, open_source

log = structlog.get_logger("jaga.watch")
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
            log.warning("watch_failed", watch=watch_id, code=failed.code)
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
