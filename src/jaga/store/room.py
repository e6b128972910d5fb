"""Free disk space: nothing is acknowledged that could not be stored.

Distinguishing an unreachable database from a programming error.
"""

import errno
import os
from contextlib import suppress

import psycopg
from django.conf import settings

from jaga.core.errors import N_, JagaError
from jaga.policy.release import emergency_numbers

_CONNECTION, _RESOURCES, _OPERATOR = "08", "53", "57P"
"""Classes of PostgreSQL error codes (its manual, appendix A): lost connections, too many connections, shutdown."""


def says_away(error: BaseException | None) -> bool:
    """Whether the error is, or was caused by, an unreachable database: stopping, starting, or out of connections.

    An error without a code did not come from the server: the connection was lost or none became available in time.
    """
    while error is not None:
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
            error.sqlstate is None or error.sqlstate.startswith((_CONNECTION, _RESOURCES, _OPERATOR))
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


RETRY_SECONDS = 300
_LEAST_FILES = 1000
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StorageFull(JagaError):
    """The disk is nearly full. New data is refused so that accepted data can still be processed."""

    code = "no_room"
    status = 503
    sentence = N_("Our disk has too little room at the moment. What you sent was not stored.")
    remedy = N_("Please send it again later. If somebody is in danger, call %(emergency)s.")

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after, emergency=emergency_numbers())


def free_bytes() -> int:
    """The smaller free space of the disks with the home directory and the embedded database, in bytes; 0 if one is
    nearly out of inodes.
    """
    home, free = str(settings.HOME), []
    for folder in (home, f"{home}/postgres"):  # For each report: as paths they would take twice as long.
        with suppress(FileNotFoundError):
            disk = os.statvfs(folder)
            crowded = disk.f_files and disk.f_favail < _LEAST_FILES  # Some file systems report no inode count.
            free.append(0 if crowded else disk.f_bavail * disk.f_frsize)
    return min(free, default=0)


def is_short() -> bool:
    """Whether there is too little free space for new data (`JAGA_LEAST_FREE_MB`). Queries the system on each call."""
    return free_bytes() < settings.JAGA_LEAST_FREE


def require_room() -> None:
    """Raises StorageFull if there is too little free space."""
    if is_short():
        raise StorageFull(retry_after=RETRY_SECONDS)


def says_full(error: BaseException | None) -> bool:
    """Whether the error is, or was caused by, a full disk of Jaga or of the database."""
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False
