"""Encrypted files: AES-256-GCM in pieces, so that large ones can be written and read in little memory.

A file is a line that names the format, 16 random bytes, and pieces of 64 KiB, the last one shorter. Each file has its
own key, derived from that of its owner and the random bytes. The place of a piece, and whether it is the last, are
authenticated with it: pieces that are changed, exchanged, repeated or cut off are noticed (as in the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"jaga file 1\n"
PIECE = 64 * 1024
_SALT, _TAG, _NONCE = 16, 16, 12


class NotWhole(ValueError):
    """The file was changed or cut off, or another key encrypted it."""


def write(file: BinaryIO, pieces: Iterable[bytes], key: bytes) -> None:
    """Write the pieces, of any length, encrypted under a key of 32 bytes."""
    salt = os.urandom(_SALT)
    file.write(MARK + salt)
    cipher, place, waiting = _cipher(key, salt), 0, bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > PIECE:  # What may be the last piece waits.
            file.write(_sealed(cipher, bytes(waiting[:PIECE]), place, last=False))
            del waiting[:PIECE]
            place += 1
    file.write(_sealed(cipher, bytes(waiting), place, last=True))


def read(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The content in pieces. Raises NotWhole, at the latest before the last piece."""
    head = file.read(len(MARK) + _SALT)
    if len(head) < len(MARK) + _SALT or not head.startswith(MARK):
        raise NotWhole
    cipher, place = _cipher(key, head[len(MARK) :]), 0
    sealed = file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(place.to_bytes(_NONCE), sealed, _bound(place, last=not following))
        except InvalidTag:
            raise NotWhole from None
        if not following:
            return
        sealed, place = following, place + 1


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(blake2b(salt, key=key, digest_size=32, person=b"jaga file").digest())


def _sealed(cipher: AESGCM, piece: bytes, place: int, *, last: bool) -> bytes:
    # The key is this file's own, so a place is a nonce that is never used twice.
    return cipher.encrypt(place.to_bytes(_NONCE), piece, _bound(place, last=last))


def _bound(place: int, *, last: bool) -> bytes:
    return MARK + place.to_bytes(_NONCE) + bytes((last,))
