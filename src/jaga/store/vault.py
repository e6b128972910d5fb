"""The evidence store: originals as encrypted files, each under the key of the case or report that it belongs to.

A content is stored once for each owner. A file's name is a keyed hash: it reveals neither the content nor that another
owner has the same, and it can be found only with the owner's key. Once that key is destroyed
(`store.key_store`), the file cannot be read any more, in no copy of the folder. Files that belong to no case or
report (batches, held requests, models) have no owner: they are under the key `files` of the installation (ADR 0083).

Encrypted files: AES-256-GCM in pieces, so that large ones can be written and read in little memory.

A file is a line that names the format, 16 random bytes, and pieces of 64 KiB, the last one shorter. Each file has its
own key, derived from that of its owner and the random bytes. The place of a piece, and whether it is the last, are
authenticated with it: pieces that are changed, exchanged, repeated or cut off are noticed (as in the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from jaga.core.errors import N_, JagaError
from jaga.core.files import sync_folder
from jaga.core.terms.privacy import KeyOwner
from jaga.store.key_store import store
from jaga.store.key_store.store import Owner

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


_DRAFT = "."
_DRAFT_SECONDS = 3600  # Far longer than any upload may pause.
_FOLDERS = 4096  # Of each kind of owner, so that none has very many files.
_NAME_BYTES = 20
_LETTERS = {KeyOwner.CASE: "c", KeyOwner.REPORT: "r", KeyOwner.APPEAL: "a", KeyOwner.TRAINING: "t"}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
_OWNED_NAME = re.compile(rf"([0-9a-f]+)-[0-9a-f]{{{2 * _NAME_BYTES}}}")


class EvidenceDamaged(JagaError):
    """A sealed original is missing or has changed."""

    code = "evidence_damaged"
    status = 500
    sentence = N_("A sealed original is missing or was changed.")
    remedy = N_("Restore the folder of the evidence store from the backup. See docs/operations.md.")


def seal(content: bytes, owner: Owner | None) -> str:
    """Store `content` durably under its owner's key and return its SHA-256 (hex).

    Identical content is stored once for each owner.

    The file is on disk before the row that names it is committed: a crash may leave a file without a row, which is
    harmless, but never a row without a file. A damaged file under this name is replaced. Raises Erased if the owner's
    key was destroyed; OSError (disk full), and then leaves nothing behind.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if _is_whole(path := path_of(sha256, owner), sha256, owner):
        sync_folder(path.parent)  # Another process that just stored it may not have synced yet.
        return sha256
    return seal_pieces([content], owner)[0]


def unseal(sha256: str, owner: Owner | None) -> bytes:
    """The sealed original. Raises EvidenceDamaged if it is missing or changed; Erased."""
    return b"".join(_pieces(sha256, owner))


def seal_pieces(pieces: Iterable[bytes], owner: Owner | None) -> tuple[str, int]:
    """`seal` for content too large for memory.

    Returns the SHA-256 (hex) and the size in bytes.

    If `pieces` raises, nothing is stored.
    """
    root, digest, size, key = _root(), hashlib.sha256(), 0, _key(owner, b"files")
    root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    draft = root / f"{_DRAFT}{secrets.token_hex(16)}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            write(file, counted(), key)
            file.flush()
            os.fsync(file.fileno())
        path = path_of(digest.hexdigest(), owner)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.replace(path)  # The same content if it already existed.
        for folder in (path.parent, root):
            sync_folder(folder)
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


class OpenOriginal:
    """A sealed original whose content is in memory alone, as a file that other processes of this user can open.

    It is gone with this object.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._descriptor = os.memfd_create("original", os.MFD_CLOEXEC)
        for piece in pieces:
            left = memoryview(piece)
            while left:
                left = left[os.write(self._descriptor, left) :]

    @property
    def path(self) -> Path:
        return Path(f"/proc/{os.getpid()}/fd/{self._descriptor}")

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    __del__ = close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_original(sha256: str, owner: Owner | None) -> OpenOriginal:
    """The sealed original for programs that read a path. Raises EvidenceDamaged like `unseal`, at once; Erased."""
    return OpenOriginal(_pieces(sha256, owner))


def is_whole(sha256: str, owner: Owner | None) -> bool:
    """Whether the original can be read, also one that still waits to be encrypted. Raises Erased."""
    try:
        for _ in _pieces(sha256, owner):
            pass
    except EvidenceDamaged:
        return False
    return True


def erase(sha256: str, owner: Owner | None) -> bool:
    """Delete the file of a content that must not be kept; returns whether it existed.

    One whose owner's key was destroyed already cannot be found by its content: `erase_all` deletes it.
    """
    return _unlink(path_of(sha256, owner))


def erase_all(owners: Collection[Owner]) -> int:
    """Delete every file of these cases and reports, also after their keys were destroyed; returns how many."""
    return sum(_unlink(path) for owner in owners for path in _folder(owner).glob(f"{owner.number:x}-*"))


def sweep_erased() -> int:
    """Delete what is left of owners whose keys were destroyed, as after a restore of the folder; returns how many."""
    return sum(_unlink(path) for owner, path in _owned() if store.is_destroyed(owner))


def sweep_drafts() -> int:
    """Delete files half-written by a killed process, an hour after their last write. Returns how many."""
    swept, latest = 0, time.time() - _DRAFT_SECONDS
    if _root().is_dir():
        for draft in [Path(entry) for entry in os.scandir(_root()) if entry.name.startswith(_DRAFT)]:
            with suppress(FileNotFoundError):  # It was completed, or another process deleted it.
                if draft.stat().st_mtime < latest:
                    draft.unlink()
                    swept += 1
    return swept


def path_of(sha256: str, owner: Owner | None) -> Path:
    """Where the content's file is, or would be. Raises Erased."""
    name = hashlib.blake2b(bytes.fromhex(sha256), key=_key(owner, b"file names"), digest_size=_NAME_BYTES).hexdigest()
    if owner is None:
        return _root() / f"h{name[:2]}" / name
    return _folder(owner) / f"{owner.number:x}-{name}"


def _root() -> Path:
    return Path(settings.JAGA_EVIDENCE)


def _folder(owner: Owner) -> Path:
    return _root() / f"{_LETTERS[owner.kind]}{owner.number % _FOLDERS:03x}"


def _owned() -> Iterator[tuple[Owner, Path]]:
    if not _root().is_dir():
        return
    for folder in [Path(entry) for entry in os.scandir(_root()) if entry.name[:1] in _KINDS and len(entry.name) == 4]:
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            if ours := _OWNED_NAME.fullmatch(entry.name):  # NFS and rsync leave files of their own.
                yield Owner(_KINDS[folder.name[0]], int(ours[1], 16)), Path(entry)


def _key(owner: Owner | None, purpose: bytes) -> bytes:
    if owner is not None:
        return store.key(owner, purpose)
    key: bytes = settings.JAGA_SECRET("files")
    return hashlib.blake2b(b"", key=key, digest_size=32, person=purpose).digest()


def _pieces(sha256: str, owner: Owner | None) -> Iterator[bytes]:
    """The content; whether it is the one that was sealed is known at the end. Raises EvidenceDamaged, Erased."""
    path, digest, key = path_of(sha256, owner), hashlib.sha256(), _key(owner, b"files")
    try:
        with path.open("rb") as file:
            for piece in read(file, key):
                digest.update(piece)
                yield piece
    except (FileNotFoundError, NotWhole):
        raise EvidenceDamaged from None
    if digest.hexdigest() != sha256:
        raise EvidenceDamaged


def _is_whole(path: Path, sha256: str, owner: Owner | None) -> bool:
    return path.is_file() and is_whole(sha256, owner)


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True
