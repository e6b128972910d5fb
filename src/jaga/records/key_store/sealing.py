"""Texts under a key: AES-256-GCM, padded, bound to their owner and column.

A sealed text is `k1:` and, in base64 for URLs, one byte for the owner's kind, six for its number, twelve random ones,
and the ciphertext. So it can be opened without its row, and never under another owner or in another column.
"""

import base64
import os
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DataError

from jaga.records.key_store import store
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.file import CODE_OF, OWNER_OF
from jaga.records.key_store.store import Owner

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
    ciphertext = AESGCM(store.key(owner, b"texts")).encrypt(nonce, _padded(text.encode()), _bound(head, column))
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
        cipher = AESGCM(store.key(_owner(raw), b"texts"))
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
