"""Opens the source of a watch, and contains whatever it misreads.

The source of kind `x` is the module `jaga.sources.x` (`core.terms.watch.SourceKind`) with a function
`from_settings(settings, surroundings) -> Source`. It connects at the first read, not before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from jaga.core.errors import N_
from jaga.core.foreign import ForeignValueInvalid, shown
from jaga.core.observations import (
    LARGEST_PICTURE,
    ObservedBatch,
    PictureUnavailable,
    Pushes,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
)
from jaga.core.platforms import PlatformPort
from jaga.platforms.kit.guard import MISREAD


class SourceMissing(SourceRefused):
    """This version has no source of that kind."""

    code = "source_missing"
    sentence = N_("This version of Jaga cannot read the kind of source of this watch.")
    remedy = N_("Update Jaga, or stop the watch.")


@dataclass(frozen=True)
class Surroundings:
    """What a source may use of this installation."""

    adapter_for: Callable[[str], PlatformPort]
    folder: Path
    pushes: Pushes | None = None  # what the platform of this watch sent by itself


@dataclass(frozen=True)
class _Contained:
    """A source whose misread answers are its own faults, so that a bad source ends only its own reading.

    More observations than were asked for are a fault too: what exceeds the day's budget would be counted and lost.
    """

    source: Source

    @property
    def name(self) -> str:
        return self.source.name

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        try:
            batch = self.source.read(cursor, limit=limit)
        except MISREAD as error:
            why = str(error) if isinstance(error, ForeignValueInvalid) else type(error).__name__
            raise SourceFault(why=shown(why, 150)) from error
        if len(batch.observations) > limit:
            raise SourceFault(why=f"{len(batch.observations)} observations, and at most {limit} were asked for")
        return batch


def open_source(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a watch. Raises SourceMissing, SourceRefused for unusable settings, and an adapter's own errors."""
    place = f"jaga.sources.{settings.kind.value}"
    if find_spec(place) is None:
        raise SourceMissing(why=settings.kind.value)
    return _Contained(import_module(place).from_settings(settings, surroundings))  # type: ignore[return-value]


def read_picture(settings: SourceSettings, surroundings: Surroundings, address: str) -> bytes:
    """The bytes of a picture that an observation named (`NamedMedia.address`), which a person asked for.

    The module of the kind has a function `read_picture(settings, surroundings, address, largest)`; one that has none
    gives no pictures. Raises PictureUnavailable, SourceUnreachable.
    """
    place = f"jaga.sources.{settings.kind.value}"
    module = import_module(place) if find_spec(place) is not None else None
    reading = getattr(module, "read_picture", None)
    if reading is None:
        raise PictureUnavailable("a source of this kind gives no files")
    try:
        content: bytes = reading(settings, surroundings, address, LARGEST_PICTURE)
    except MISREAD as error:
        raise SourceFault(why=type(error).__name__) from error
    return content
