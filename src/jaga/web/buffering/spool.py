"""Where a body lies until it is complete: in memory, a large one in an unnamed file that only this process can read."""

from io import RawIOBase
from os import urandom
from tempfile import SpooledTemporaryFile
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.conf import settings

IN_MEMORY = 512 * 1024


class Spool(RawIOBase):
    """A body that is written once, from its beginning to its end, and then read as often as needed.

    A chat export may be in it, which touches no disk as it is (ADR 0023): the file holds it under a key that is kept
    nowhere and used once. Whoever reads a part of it changes nothing, so it needs no seal.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - `close`
        self._cipher = Cipher(AES256(urandom(32)), CTR(urandom(16)))
        self._context: CipherContext = self._cipher.encryptor()
        self.size = 0

    def write(self, part: Any) -> int:
        """Append. Raises OSError (disk full)."""
        self._file.write(self._context.update(part))
        self.size += len(part)
        return len(part)

    def on_disk(self) -> bool:
        """Whether it is too large for memory."""
        return self.size > IN_MEMORY

    def rewind(self) -> None:
        """Read it from its beginning next."""
        self._file.seek(0)
        self._context = self._cipher.decryptor()

    def readable(self) -> bool:
        """After `rewind`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As much more as fits in, or as is left."""
        lies = self._file.read(len(buffer))
        buffer[:len(lies)] = self._context.update(lies)
        return len(lies)

    def close(self) -> None:
        """Forget it."""
        self._file.close()
        super().close()
