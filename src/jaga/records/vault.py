"""The evidence store: sealed originals as files named by their SHA-256. What is written once never changes."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from jaga.core.errors import N_, JagaError


class EvidenceDamaged(JagaError):
    """A sealed original is missing or no longer what was sealed."""

    code = "evidence_damaged"
    status = 500
    sentence = N_("A sealed original is missing or was changed.")
    remedy = N_("Restore it from the backup; the file's name is its SHA-256. See docs/operations.md.")


def _path(sha256: str) -> Path:
    return Path(settings.JAGA_EVIDENCE) / sha256[:2] / sha256


def seal(content: bytes) -> str:
    """Store `content` durably and return its SHA-256 (hex). Sealing the same bytes twice stores them once.

    The file is on disk before the row that names it is committed; a crash in between leaves a file without a row, which
    is harmless, and never a row without a file.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{sha256}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(path.parent)
    return sha256


def unseal(sha256: str) -> bytes:
    """The sealed original. Raises EvidenceDamaged if it is missing or its hash no longer fits."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError:
        raise EvidenceDamaged from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EvidenceDamaged
    return content


def seal_pieces(pieces: Iterable[bytes]) -> tuple[str, int]:
    """As `seal`, for what is too large to be in memory. Returns the SHA-256 (hex) and the number of bytes.

    Where `pieces` raises, nothing is sealed.
    """
    root, digest, size = Path(settings.JAGA_EVIDENCE), hashlib.sha256(), 0
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = root / f".{secrets.token_hex(16)}"
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


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sealed_file(sha256: str) -> Path:
    """Where the sealed original lies, to be read piece by piece. Raises EvidenceDamaged as `unseal` does."""
    path = _path(sha256)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise EvidenceDamaged from None
    if found != sha256:
        raise EvidenceDamaged
    return path
