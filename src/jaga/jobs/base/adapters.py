"""The worker's adapters. Only this process reads the platforms' credentials."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from django.conf import settings

from jaga.core.errors import N_, JagaError
from jaga.platforms.kit.checks import Adapter
from jaga.platforms.kit.credentials import load_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import open_adapter

_Stamp = tuple[int, int, int]


class WrongKindOfPlatform(JagaError):
    """What was to be done suits the other kind of platform; nothing was done."""

    code = "wrong_kind_of_platform"
    status = 500
    sentence = N_("The platform %(platform)s cannot be worked on in this way.")
    remedy = N_("Run `jaga admin platform %(platform)s` again after `adapter` was changed in platforms.toml.")


@dataclass(frozen=True)
class _Open:
    """An adapter, and the file that it was opened from."""

    path: Path
    stamp: _Stamp | None
    adapter: Adapter


_open: dict[str, _Open] = {}
_guard = Lock()


def adapter_for(platform: str) -> Adapter:
    """The adapter of a platform, kept open until `platforms.toml` changes: a new credential serves from the next call
    on, and a call that runs ends with the adapter that it has. What is no longer used is not kept.

    Raises UnknownPlatform, UnknownAdapter, CredentialLocked or a configuration error, each with its remedy.
    """
    path = Path(settings.HOME) / "platforms.toml"
    with _guard:
        stamp = _stamp(path)  # taken before reading: what is written meanwhile is read at the next call
        known = _open.get(platform)
        if known is None or (known.path, known.stamp) != (path, stamp) or not _is_current(known.adapter):
            _open.pop(platform, None)
            key_file = KeyFile(path.parent / "secrets" / "platforms")
            known = _Open(path, stamp, open_adapter(load_configuration(path, platform, key_file)))
            _open[platform] = known
        return known.adapter


def _is_current(adapter: Adapter) -> bool:
    """Whether what else the adapter was made of, such as a map, is as it was then."""
    asked = getattr(adapter, "is_current", None)
    return asked is None or bool(asked())


def _stamp(path: Path) -> _Stamp | None:
    """What differs between two states of the file: each change makes a new one, also within one tick of the clock."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
