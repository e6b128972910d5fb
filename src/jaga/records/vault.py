"""The evidence store: sealed originals as files named by their SHA-256. What is written once never changes."""

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
_DRAFT_SECONDS = 3600  # far longer than any upload may pause


class EvidenceDamaged(JagaError):
    """A sealed original is missing or no longer what was sealed."""

    code = "evidence_damaged"
    status = 500
    sentence = N_("A sealed original is missing or was changed.")
    remedy = N_("Restore it from the backup; the file's name is its SHA-256. See docs/operations.md.")


def _root() -> Path:
    return Path(settings.JAGA_EVIDENCE)


def _path(sha256: str) -> Path:
    return _root() / sha256[:2] / sha256


def seal(content: bytes) -> str:
    """Store `content` durably and return its SHA-256 (hex). Sealing the same bytes twice stores them once.

    The file is on disk before the row that names it is committed; a crash in between leaves a file without a row, which
    is harmless, and never a row without a file. What lies there under this name and is damaged is replaced. Raises
    OSError (disk full): then nothing is left behind.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if _is_whole(sha256):
        _sync(_path(sha256).parent)  # whoever stored it a moment ago may not have come to that
        return sha256
    return seal_pieces([content])[0]


def _is_whole(sha256: str) -> bool:
    try:
        with _path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except (FileNotFoundError, IsADirectoryError):
        return False


def unseal(sha256: str) -> bytes:
    """The sealed original. Raises EvidenceDamaged if it is missing or its hash no longer fits."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError:
        raise EvidenceDamaged from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EvidenceDamaged
    return content


def erase(sha256: str) -> bool:
    """Remove a sealed original for good; returns whether there was one. For what nobody may keep any more."""
    try:
        _path(sha256).unlink()
    except FileNotFoundError:
        return False
    _sync(_path(sha256).parent)
    return True


def seal_pieces(pieces: Iterable[bytes]) -> tuple[str, int]:
    """As `seal`, for what is too large to be in memory. Returns the SHA-256 (hex) and the number of bytes.

    Where `pieces` raises, nothing is sealed.
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
        draft.replace(path)  # the same bytes, where it was there before
        for folder in (path.parent, root):
            _sync(folder)
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


def sweep_drafts() -> int:
    """Remove what a killed process left half written, an hour after it was last written to. Returns how many."""
    swept, latest = 0, time.time() - _DRAFT_SECONDS
    if _root().is_dir():
        for draft in [Path(entry) for entry in os.scandir(_root()) if entry.name.startswith(_DRAFT)]:
            with suppress(FileNotFoundError):  # it was finished, or somebody else swept it
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
    """Where the sealed original lies, to be read piece by piece. Raises EvidenceDamaged as `unseal` does."""
    if not _is_whole(sha256):
        raise EvidenceDamaged
    return _path(sha256)
