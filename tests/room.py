"""A disk of a few megabytes that a test may fill: a real file system, mounted in memory."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of that size on a new folder inside the block. Skips with the reason if mounting is not permitted;
    `test_room_without_a_mount` covers what needs no mount.
    """
    folder.mkdir(parents=True)
    if _LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={megabytes}m,mode=0755".encode()):
        pytest.skip(f"no disk can be mounted here: {errno.errorcode[ctypes.get_errno()]} (needs root)")
    try:
        yield folder
    finally:
        assert not _LIBC.umount2(bytes(folder), 2), os.strerror(ctypes.get_errno())  # 2: also while a file is open


def fill(folder: Path) -> Path:
    """Write until the disk is full; deleting the returned file frees the space."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    assert os.statvfs(folder).f_bavail == 0
    return ballast
