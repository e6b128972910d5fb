"""Sealed originals: stored once, unchangeable, and never returned damaged."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.room import fill, small_disk

from jaga.records import vault

_KILLED_WHILE_SEALING = """
import os, signal, sys
import django
from django.conf import settings
settings.configure(JAGA_EVIDENCE=sys.argv[1])
from jaga.records import vault
def pieces():
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)
vault.seal_pieces(pieces())
"""


@pytest.fixture(autouse=True)
def _store(settings: Any, tmp_path: Path) -> None:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]


def test_what_was_sealed_comes_back_by_its_hash(tmp_path: Path) -> None:
    """The file name is the SHA-256; only its owner can read the file, and nobody can write it."""
    sha256 = vault.seal(b"original")
    assert sha256 == hashlib.sha256(b"original").hexdigest()
    assert vault.unseal(sha256) == b"original"
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o400


def test_sealing_twice_at_once_stores_one_file(tmp_path: Path) -> None:
    """Two threads that seal the same bytes at the same time leave one complete file and no draft."""
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(vault.seal, [b"same" * 1000] * 32))) == 1
    assert len(files(tmp_path)) == 1


def test_a_damaged_or_missing_original_is_said_to_be_so(tmp_path: Path) -> None:
    """One changed byte, or a missing file, raises EvidenceDamaged and returns nothing."""
    sha256 = vault.seal(b"original")
    (path,) = files(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"0riginal")
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(sha256)
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal("0" * 64)


def test_sealing_again_mends_a_damaged_original(tmp_path: Path) -> None:
    """Sealing the intact bytes again replaces a damaged file in one step, and it is unchangeable again."""
    for damage in (b"0riginal", b"", b"orig"):
        sha256 = vault.seal(b"original")
        (path,) = files(tmp_path)
        path.chmod(0o600)
        path.write_bytes(damage)
        assert vault.seal(b"original") == sha256
        assert vault.unseal(sha256) == b"original"
        assert [each.stat().st_mode & 0o777 for each in files(tmp_path)] == [0o400]


def test_a_full_disk_leaves_no_draft_and_with_room_sealing_goes_on(settings: Any, tmp_path: Path) -> None:
    """A full disk leaves neither a partial original nor a draft; with space again, sealing works."""
    with small_disk(tmp_path / "disk", 2) as disk:
        settings.JAGA_EVIDENCE = disk / "evidence"
        kept = vault.seal(b"before")
        ballast = fill(disk)
        for content in (os.urandom(100_000), os.urandom(1)):
            with pytest.raises(OSError, match="No space left"):
                vault.seal(content)
        assert [path.name for path in (disk / "evidence").rglob("*") if path.is_file()] == [kept]
        ballast.unlink()
        assert vault.unseal(vault.seal(b"after")) == b"after"


def test_a_file_that_may_not_grow_leaves_no_draft(tmp_path: Path) -> None:
    """The same without a mounted disk: the system's file size limit cuts the write short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            vault.seal(bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert files(tmp_path) == []


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    """Only drafts untouched for an hour are removed; originals never."""
    sha256, store = vault.seal(b"original"), tmp_path / "evidence"
    killed = subprocess.run([sys.executable, "-c", _KILLED_WHILE_SEALING, str(store)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (draft,) = [path for path in files(tmp_path) if path.name != sha256]
    assert vault.sweep_drafts() == 0
    long_ago = time.time() - 7200
    for path in files(tmp_path):
        os.utime(path, (long_ago, long_ago))
    assert vault.sweep_drafts() == 1
    assert not draft.exists()
    assert vault.unseal(sha256) == b"original"
    assert files(tmp_path) == [store / sha256[:2] / sha256]
