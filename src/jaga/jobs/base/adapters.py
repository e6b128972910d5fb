"""The worker's adapters. Only this process reads platform credentials."""

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
    """The operation does not fit this kind of platform; nothing was done."""

    code = "wrong_kind_of_platform"
    status = 500
    sentence = N_("The platform %(platform)s cannot be worked on in this way.")
    remedy = N_("Run `jaga admin platform %(platform)s` again after `adapter` was changed in platforms.toml.")


@dataclass(frozen=True)
class _Open:
    """An open adapter and the configuration file it came from."""

    path: Path
    stamp: _Stamp | None
    adapter: Adapter


_open: dict[str, _Open] = {}
_guard = Lock()


def adapter_for(platform: str) -> Adapter:
    """The adapter of a platform, kept open until `platforms.toml` changes.

    A new credential is used from the next call on; a running call keeps its adapter. Raises UnknownPlatform,
    UnknownAdapter, CredentialLocked or a configuration error, each with its remedy.
    """
    path = Path(settings.HOME) / "platforms.toml"
    with _guard:
        stamp = _stamp(path)  # taken before reading, so that a concurrent change is read at the next call
        opened = _open.get(platform)
        if opened is None or (opened.path, opened.stamp) != (path, stamp) or not _is_current(opened.adapter):
            _open.pop(platform, None)
            key_file = KeyFile(path.parent / "secrets" / "platforms")
            opened = _Open(path, stamp, open_adapter(load_configuration(path, platform, key_file)))
            _open[platform] = opened
        return opened.adapter


def _is_current(adapter: Adapter) -> bool:
    """Whether other files the adapter was built from, such as a mapping, are unchanged."""
    asked = getattr(adapter, "is_current", None)
    return asked is None or bool(asked())


def _stamp(path: Path) -> _Stamp | None:
    """A stamp that differs after each change of the file, even within one clock tick."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
