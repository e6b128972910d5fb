"""The process's view of the key store: it follows changes of the file by other processes within a second."""

import threading
import time
from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store import file
from jaga.records.key_store.errors import Erased, KeyStoreDamaged, KeyStoreMissing
from jaga.records.key_store.file import StoredKeys
from jaga.records.key_store.tree import SEED_BYTES

_LOOK_AGAIN = 1.0  # Seconds.
_REMEMBERED = 4096

_Stamp = tuple[int, int, int]


class Owner(NamedTuple):
    """Whose key it is: the kind, and the owner's `key_number`."""

    kind: KeyOwner
    number: int


class _View:
    """One version of the file, with the keys that were computed from it."""

    def __init__(self, folder: Path, stamp: _Stamp) -> None:
        self.folder, self.stamp, self.keys = folder, stamp, file.read(folder)
        self.given = settings.JAGA_KEY_STORE
        self.looked_at = time.monotonic()
        self.key = lru_cache(_REMEMBERED)(self._key)

    def _key(self, owner: Owner, purpose: bytes) -> bytes | None:
        leaf = self.keys.trees[owner.kind].key(owner.number)
        return None if leaf is None else blake2b(b"", key=leaf, digest_size=SEED_BYTES, person=purpose).digest()


_view: _View | None = None
_reading = threading.Lock()


def folder() -> Path:
    """The folder of the key store (`JAGA_KEY_STORE`)."""
    return Path(settings.JAGA_KEY_STORE)


def key(owner: Owner, purpose: bytes) -> bytes:
    """The 32-byte key of an owner for a purpose (at most 16 bytes, for instance `b"texts"`).

    Raises Erased if it was destroyed; KeyStoreMissing, KeyStoreDamaged.
    """
    found = _present().key(owner, purpose)
    if found is None:
        raise Erased
    return found


def is_destroyed(owner: Owner) -> bool:
    """Whether the owner's key was destroyed."""
    return not _present().keys.trees[owner.kind].holds(owner.number)


def is_readable() -> bool:
    """Whether the store is there and whole; without it no text can be read or written."""
    try:
        _present(fresh=True)
    except (KeyStoreMissing, KeyStoreDamaged, OSError):
        return False
    return True


def present() -> StoredKeys:
    """The store as it is now."""
    return _present(fresh=True).keys


def destroy(owners: Collection[Owner]) -> StoredKeys:
    """Destroy the keys of these owners, durably and for this process at once (`file.destroy`)."""
    numbers: dict[KeyOwner, set[int]] = {kind: set() for kind in KeyOwner}
    for kind, number in owners:
        numbers[kind].add(number)
    after = file.destroy(folder(), numbers)
    _present(fresh=True)
    return after


def version() -> tuple[int, int, int]:
    """Differs whenever the file was replaced, also by a copy of it."""
    return _present(fresh=True).stamp


def destroyed_ranges() -> Mapping[KeyOwner, list[tuple[int, int]]]:
    """The numbers whose keys were destroyed, by kind, as (first, last)."""
    return {kind: list(tree.gaps()) for kind, tree in present().trees.items()}


def _present(*, fresh: bool = False) -> _View:
    global _view
    view = _view
    if (
        view is not None
        and not fresh
        and view.given == settings.JAGA_KEY_STORE  # a Path would take longer than a key
        and time.monotonic() - view.looked_at < _LOOK_AGAIN
    ):
        return view
    where = folder()
    stamp = _stamp(where)
    if view is not None and view.folder == where and view.stamp == stamp:
        view.looked_at = time.monotonic()
        return view
    with _reading:
        if _view is None or _view.folder != where or _view.stamp != _stamp(where):
            _view = _View(where, _stamp(where))
        return _view


def _stamp(where: Path) -> _Stamp:
    path = where / file.NAME
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise KeyStoreMissing(path=path) from None
    return found.st_ino, found.st_mtime_ns, found.st_size
