"""Room on the disk is looked at before anything new is taken, and a full one is told from other faults."""

import errno
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from tests.room import fill, small_disk

from jaga.records import room


def test_the_fuller_disk_counts_and_room_comes_back(settings: Any, tmp_path: Path) -> None:
    """A home on a full disk is short though its database has room; emptied again it is not."""
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
    """Ours and the database's, also where another error was made of it."""
    theirs = OperationalError("x")
    theirs.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert room.says_full(theirs)
    assert room.says_full(OSError(errno.ENOSPC, "No space left on device"))
    assert not room.says_full(OSError(errno.EIO, "Input/output error"))
    assert not room.says_full(OperationalError("the connection is lost"))
