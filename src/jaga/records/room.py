"""Whether the disks that hold this installation have room, so that nothing is acknowledged that cannot be kept."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import psycopg
from django.conf import settings

from jaga.core.errors import N_, JagaError

RETRY_SECONDS = 300
_LEAST_FILES = 1000
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StorageFull(JagaError):
    """The disk is nearly full: nothing new is taken, so that what was accepted can still be worked on."""

    code = "no_room"
    status = 503
    sentence = N_("There is too little room on our disk just now. What you sent was not stored.")
    remedy = N_("Please send it again later. If somebody is in danger, call 110 or 112.")


def free_bytes() -> int:
    """The room on the fuller one of the disks of the home folder and of the embedded database; 0 where a disk can hold
    hardly any more files."""
    home, free = Path(settings.HOME), []
    for folder in (home, home / "postgres"):
        with suppress(FileNotFoundError):
            disk = os.statvfs(folder)
            crowded = disk.f_files and disk.f_favail < _LEAST_FILES  # some file systems do not count files
            free.append(0 if crowded else disk.f_bavail * disk.f_frsize)
    return min(free, default=0)


def is_short() -> bool:
    """Whether too little is free to take anything new (`JAGA_LEAST_FREE_MB`). Asks the system each time."""
    return free_bytes() < settings.JAGA_LEAST_FREE


def require_room() -> None:
    """Raise NoRoom where there is too little."""
    if is_short():
        raise StorageFull(retry_after=RETRY_SECONDS)


def says_full(error: BaseException | None) -> bool:
    """Whether this is, or comes from, a full disk: ours, or the database's."""
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False
