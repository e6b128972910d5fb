"""Stores a body until it is complete: in memory, or a large one in an unnamed file only this process can read."""

from io import SEEK_SET, BytesIO, RawIOBase, UnsupportedOperation
from os import urandom
from tempfile import TemporaryFile
from typing import IO, Any

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.conf import settings

IN_MEMORY = 512 * 1024


class Spool(RawIOBase):
    """A body written once from start to end, then read as often as needed.

    It may contain a chat export, which must not reach the disk in plain form (ADR 0023): the file is encrypted under a
    single-use key kept only in memory. No authentication tag is needed, since only this process reads it. What stays in
    memory, as nearly every report, is not encrypted.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = BytesIO()
        self._cipher: Cipher[CTR] | None = None
        self._context: CipherContext | None = None
        self.size = 0

    def write(self, part: Any) -> int:
        """Append. Raises OSError (disk full)."""
        if self._cipher is None and self.size + len(part) > IN_MEMORY:
            self._to_disk()
        self._file.write(self._context.update(part) if self._context is not None else part)
        self.size += len(part)
        return len(part)

    def _to_disk(self) -> None:
        self._file.seek(0)
        held = self._file.read()
        self._cipher = Cipher(AES256(urandom(32)), CTR(urandom(16)))
        self._context = self._cipher.encryptor()
        self._file.close()
        self._file = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - `close`
        self._file.write(self._context.update(held))

    def on_disk(self) -> bool:
        """Whether it is too large for memory."""
        return self.size > IN_MEMORY

    def rewind(self) -> None:
        """Continue reading from the start."""
        self._file.seek(0)
        if self._cipher is not None:
            self._context = self._cipher.decryptor()

    def seekable(self) -> bool:
        """To the start only."""
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Continue reading from the start. Raises UnsupportedOperation for any other place."""
        if (offset, whence) != (0, SEEK_SET):
            raise UnsupportedOperation
        self.rewind()
        return 0

    def readable(self) -> bool:
        """True after `rewind`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits or is left."""
        lies = self._file.read(len(buffer))
        buffer[: len(lies)] = self._context.update(lies) if self._context is not None else lies
        return len(lies)

    def close(self) -> None:
        """Delete it."""
        self._file.close()
        super().close()
