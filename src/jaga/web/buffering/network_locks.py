"""A limit per network, counted over all web processes of an installation."""

import fcntl
import os
from hashlib import blake2b
from pathlib import Path

_DIGEST_BYTES = 6


class NetworkLocks:
    """Each slot is a lock on one byte of a shared file, at an offset derived from the network.

    The kernel releases a lock when its process ends for any reason. The file itself stays empty: no network is written
    to disk. For one thread per process.
    """

    def __init__(self, path: Path, most: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._most = most
        self._held: set[int] = set()  # A process is never refused a lock it already holds.

    def take(self, network: str) -> int | None:
        """Take one of this network's slots, or None if all are taken."""
        digest = blake2b(network.encode(), digest_size=_DIGEST_BYTES).digest()
        first = int.from_bytes(digest) * self._most
        for byte in range(first, first + self._most):
            if byte not in self._held and self._lock(byte):
                self._held.add(byte)
                return byte
        return None

    def give_back(self, byte: int) -> None:
        """Release the slot."""
        self._held.discard(byte)
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)

    def close(self) -> None:
        """Release all slots."""
        self._held.clear()
        os.close(self._file)

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # Another process holds it; POSIX allows either error.
            return False
        return True
