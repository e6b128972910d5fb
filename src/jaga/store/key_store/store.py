"""The process's view of the key store: it follows changes of the file by other processes within a second.

Texts under a key: AES-256-GCM, padded, bound to their owner and column.

A sealed text is `k1:` and, in base64 for URLs, one byte for the owner's kind, six for its number, twelve random ones,
and the ciphertext. So it can be opened without its row, and never under another owner or in another column.
"""

import base64
import os
import threading
import time
from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import DataError

from jaga.core.terms.privacy import KeyOwner
from jaga.store.key_store import file
from jaga.store.key_store.file import CODE_OF, OWNER_OF, StoredKeys
from jaga.store.key_store.tree import SEED_BYTES, Erased, KeyStoreDamaged, KeyStoreMissing

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


PREFIX = "k1:"
_NUMBER_BYTES, _NONCE_BYTES, _TAG_BYTES = 6, 12, 16
_HEAD = 1 + _NUMBER_BYTES
_SHORT, _LONG, _LONGER = 64, 256, 1024  # Bytes: blocks of short texts, of longer ones, and where those begin.


class Sealed(str):
    """A sealed text as it is stored."""

    __slots__ = ()


class SealedText(str):
    """A text as read, with what is stored and its column. An erased one is empty and `erased`."""

    sealed: str
    column: str
    erased: bool

    def __new__(cls, text: str = "", sealed: str = "", column: str = "", *, erased: bool = False) -> Self:
        made = super().__new__(cls, text)
        made.sealed, made.column, made.erased = sealed, column, erased
        return made


class NotSealed(ValueError):
    """What is stored in a column for sealed texts is none, or belongs to another owner or column."""


def is_erased(text: str) -> bool:
    """Whether this text was erased: it is then empty, and not because nobody wrote one."""
    return isinstance(text, SealedText) and text.erased


def seal(text: str, owner: Owner, column: str) -> str:
    """Seal a text for its owner and column; an empty one stays empty.

    Raises Erased if the owner's key was destroyed; DataError for a NUL, as the database does.
    """
    if not text:
        return ""
    if "\0" in text:
        raise DataError("A text cannot contain NUL (0x00) characters.")
    head, nonce = _head(owner), os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(key(owner, b"texts")).encrypt(nonce, _padded(text.encode()), _bound(head, column))
    return Sealed(PREFIX + base64.urlsafe_b64encode(head + nonce + ciphertext).decode())


def unopenable(text: str, owner: Owner) -> str:
    """What stands for a text whose owner's key was destroyed before it was sealed: random bytes, as long as its seal.

    It reads as an erased text. An empty one stays empty.
    """
    if not text:
        return ""
    size = _NONCE_BYTES + len(_padded(text.encode())) + _TAG_BYTES
    return Sealed(PREFIX + base64.urlsafe_b64encode(_head(owner) + os.urandom(size)).decode())


def unseal(sealed: str, column: str) -> SealedText:
    """Open a sealed text; an erased one is empty and says so. Raises NotSealed; KeyStoreMissing, KeyStoreDamaged."""
    if not sealed:
        return SealedText()
    raw = _raw(sealed)
    try:
        cipher = AESGCM(key(_owner(raw), b"texts"))
    except Erased:
        return SealedText("", sealed, column, erased=True)
    try:
        nonce, ciphertext = raw[_HEAD : _HEAD + _NONCE_BYTES], raw[_HEAD + _NONCE_BYTES :]
        padded = cipher.decrypt(nonce, ciphertext, _bound(raw[:_HEAD], column))
    except InvalidTag:
        raise NotSealed(f"a text of {column} was changed, or belongs elsewhere") from None
    return SealedText(padded.rstrip(b"\0")[:-1].decode(), sealed, column)


def owner_of(sealed: str) -> Owner:
    """Whose key seals it. Raises NotSealed."""
    return _owner(_raw(sealed[: len(PREFIX) + 12]))


def _head(owner: Owner) -> bytes:
    return bytes((CODE_OF[owner.kind],)) + owner.number.to_bytes(_NUMBER_BYTES)


def _owner(raw: bytes) -> Owner:
    if len(raw) < _HEAD or raw[0] not in OWNER_OF:
        raise NotSealed("a sealed text without an owner")
    return Owner(OWNER_OF[raw[0]], int.from_bytes(raw[1:_HEAD]))


def _raw(sealed: str) -> bytes:
    if not sealed.startswith(PREFIX):
        raise NotSealed("a text that is not sealed, in a column for sealed ones")
    try:
        return base64.b64decode(sealed[len(PREFIX) :], altchars=b"-_", validate=True)
    except ValueError:
        raise NotSealed("a sealed text that is not whole") from None


def _bound(head: bytes, column: str) -> bytes:
    return head + column.encode()


def _padded(text: bytes) -> bytes:
    """The text, a byte that ends it, and zeros up to a whole block, so that its length is blurred."""
    block = _SHORT if len(text) < _LONGER else _LONG
    return text + b"\1" + bytes(-(len(text) + 1) % block)
