"""Free disk space is checked before new data is accepted, and a full disk is reported as such."""

import errno
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from tests.room import fill, small_disk

from jaga.store import room


def test_the_fuller_disk_counts_and_room_comes_back(settings: Any, tmp_path: Path) -> None:
    """A home folder on a full disk counts even if the database has space; after space is freed, the check passes."""
    settings.HOME, settings.JAGA_LEAST_FREE = tmp_path, 1_000_000
    assert not room.is_short()
    with small_disk(tmp_path / "postgres", 4) as disk:
        assert 3_000_000 < room.free_bytes() < 5_000_000
        ballast = fill(disk)
        assert room.free_bytes() == 0
        with pytest.raises(room.StorageFull):
            room.require_room()
        ballast.unlink()
        assert not room.is_short()


def test_a_full_disk_is_told_from_other_faults() -> None:
    """A full disk is recognised in Jaga's and the database's errors, also when wrapped in another error."""
    theirs = OperationalError("x")
    theirs.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert room.says_full(theirs)
    assert room.says_full(OSError(errno.ENOSPC, "No space left on device"))
    assert not room.says_full(OSError(errno.EIO, "Input/output error"))
    assert not room.says_full(OperationalError("the connection is lost"))
