"""The evidence store: sealed originals as files named by their SHA-256. What is written once never changes."""

import hashlib
import os
import secrets
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
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
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
