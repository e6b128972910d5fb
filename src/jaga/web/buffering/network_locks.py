"""At most so many of something for each network, counted over all web processes of an installation."""

import fcntl
import os
from hashlib import blake2b
from pathlib import Path

_DIGEST_BYTES = 6


class NetworkLocks:
    """Each is a lock on one byte of a shared file, at a place that the network's name decides.

    The kernel releases a lock when its process ends, however it ends, so nothing stays counted. The file itself holds
    nothing: which networks send is written to no disk. For one thread of each process.
    """

    def __init__(self, path: Path, most: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._most = most
        self._held: set[int] = set()  # a process is never refused a lock that it holds itself

    def take(self, network: str) -> int | None:
        """One of this network's locks, to be given back; None where all are taken."""
        digest = blake2b(network.encode(), digest_size=_DIGEST_BYTES).digest()
        first = int.from_bytes(digest) * self._most
        for byte in range(first, first + self._most):
            if byte not in self._held and self._lock(byte):
                self._held.add(byte)
                return byte
        return None

    def give_back(self, byte: int) -> None:
        """Let others take it."""
        self._held.discard(byte)
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)

    def close(self) -> None:
        """Give all back."""
        self._held.clear()
        os.close(self._file)

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # another process has it; POSIX allows either
            return False
        return True
