"""The evidence store: sealed originals as files named by their SHA-256. Write-once."""

import hashlib
import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from jaga.core.errors import N_, JagaError

_DRAFT = "."
_DRAFT_SECONDS = 3600  # Far longer than any upload may pause.


class EvidenceDamaged(JagaError):
    """A sealed original is missing or has changed."""

    code = "evidence_damaged"
    status = 500
    sentence = N_("A sealed original is missing or was changed.")
    remedy = N_("Restore it from the backup; the file's name is its SHA-256. See docs/operations.md.")


def _root() -> Path:
    return Path(settings.JAGA_EVIDENCE)


def _path(sha256: str) -> Path:
    return _root() / sha256[:2] / sha256


def seal(content: bytes) -> str:
    """Store `content` durably and return its SHA-256 (hex).

    Identical content is stored once.

    The file is on disk before the row that names it is committed: a crash may leave a file without a row, which is
    harmless, but never a row without a file. A damaged file under this name is replaced. Raises OSError (disk full) and
    then leaves nothing behind.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if _is_whole(sha256):
        _sync(_path(sha256).parent)  # Another process that just stored it may not have synced yet.
        return sha256
    return seal_pieces([content])[0]


def _is_whole(sha256: str) -> bool:
    try:
        with _path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except (FileNotFoundError, IsADirectoryError):
        return False


def unseal(sha256: str) -> bytes:
    """The sealed original. Raises EvidenceDamaged if it is missing or its hash does not match."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError:
        raise EvidenceDamaged from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EvidenceDamaged
    return content


def erase(sha256: str) -> bool:
    """Erase a sealed original that must not be kept; returns whether it existed."""
    try:
        _path(sha256).unlink()
    except FileNotFoundError:
        return False
    _sync(_path(sha256).parent)
    return True


def seal_pieces(pieces: Iterable[bytes]) -> tuple[str, int]:
    """`seal` for content too large for memory.

    Returns the SHA-256 (hex) and the size in bytes.

    If `pieces` raises, nothing is stored.
    """
    root, digest, size = _root(), hashlib.sha256(), 0
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = root / f"{_DRAFT}{secrets.token_hex(16)}"
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        path = _path(digest.hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.replace(path)  # The same bytes if it already existed.
        for folder in (path.parent, root):
            _sync(folder)
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


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


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sealed_file(sha256: str) -> Path:
    """The path of the sealed original, for reading in chunks. Raises EvidenceDamaged like `unseal`."""
    if not _is_whole(sha256):
        raise EvidenceDamaged
    return _path(sha256)
