"""Sealed originals: encrypted, stored once for each owner, unchangeable, and never returned damaged."""

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.room import fill, small_disk

from jaga.core.terms.privacy import KeyOwner
from jaga.store import vault
from jaga.store.key_store.file import create
from jaga.store.key_store.store import Owner, destroy
from jaga.store.key_store.tree import Erased
from jaga.store.vault import MARK, PIECE

_KILLED_WHILE_SEALING = """
import os, signal, sys
import django
from django.conf import settings
settings.configure(JAGA_EVIDENCE=sys.argv[1], JAGA_SECRET=lambda name: bytes(32))
from jaga.store import vault
def pieces():
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)
vault.seal_pieces(pieces(), None)
"""


REPORT, CASE = Owner(KeyOwner.REPORT, 4711), Owner(KeyOwner.CASE, 4711)


@pytest.fixture(autouse=True)
def _store(settings: Any, tmp_path: Path) -> None:
    settings.JAGA_EVIDENCE, settings.JAGA_KEY_STORE = tmp_path / "evidence", tmp_path / "key-store"
    create(tmp_path / "key-store")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]


@pytest.mark.parametrize("owner", [REPORT, CASE, None])
def test_what_was_sealed_comes_back_by_its_hash_and_owner(tmp_path: Path, owner: Owner | None) -> None:
    """Neither the file nor its name contains anything of the original; nobody can write it. Programs that need a path
    get one in memory.
    """
    sha256 = vault.seal(b"original", owner)
    assert sha256 == hashlib.sha256(b"original").hexdigest()
    assert vault.unseal(sha256, owner) == b"original"
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o400
    assert sha256[:8] not in str(path)
    assert b"original" not in path.read_bytes()
    with vault.open_original(sha256, owner) as opened:
        assert opened.path.read_bytes() == b"original"
        shown = opened.path
    assert not shown.exists()
    for other in {REPORT, CASE, None} - {owner}:
        with pytest.raises(vault.EvidenceDamaged):
            vault.unseal(sha256, other)


def test_the_same_content_of_two_owners_looks_different(tmp_path: Path) -> None:
    """Neither names nor bytes show that they have the same, and each goes alone."""
    sha256 = vault.seal(b"same", REPORT)
    vault.seal(b"same", CASE)
    first, second = files(tmp_path)
    assert first.name.partition("-")[2] != second.name.partition("-")[2]
    assert first.read_bytes()[12:] != second.read_bytes()[12:]
    assert vault.erase(sha256, REPORT)
    assert not vault.erase(sha256, REPORT)
    assert vault.unseal(sha256, CASE) == b"same"


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_pieces_that_are_cut_off_exchanged_or_changed_are_noticed(tmp_path: Path, size: int) -> None:
    """A file of any length comes back whole or not at all; it is written and read in small pieces."""
    content = os.urandom(size)
    sha256, counted = vault.seal_pieces([content[:10], content[10:]], REPORT)
    assert (vault.unseal(sha256, REPORT), counted) == (content, size)
    (path,) = files(tmp_path)
    whole, at = path.read_bytes(), len(MARK) + 16
    first, second = whole[at : at + PIECE + 16], whole[at + PIECE + 16 : at + 2 * (PIECE + 16)]
    damaged = [whole[:-1], whole + b"x", whole[:at], whole[:5], whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]]
    if size > PIECE:
        damaged += [
            whole[:at] + first,
            whole[:at] + second + first + whole[at + len(first) + len(second) :],
            whole[:at] + first + whole[at:],
        ]
    path.chmod(0o600)
    for bytes_ in damaged:
        path.write_bytes(bytes_)
        with pytest.raises(vault.EvidenceDamaged):
            vault.unseal(sha256, REPORT)


def test_what_was_erased_is_unreadable_in_yesterdays_folder(tmp_path: Path) -> None:
    """With today's key store, whatever copy of the evidence folder is put back; the sweep then deletes its files."""
    sha256 = vault.seal(b"erased", REPORT)
    kept = vault.seal(b"kept", CASE)
    shutil.copytree(tmp_path / "evidence", tmp_path / "yesterday")
    destroy([REPORT])
    assert vault.erase_all([REPORT]) == 1
    shutil.rmtree(tmp_path / "evidence")
    (tmp_path / "yesterday").rename(tmp_path / "evidence")
    assert len(files(tmp_path)) == 2
    for ask in (vault.unseal, vault.erase, vault.open_original):
        with pytest.raises(Erased):
            ask(sha256, REPORT)
    with pytest.raises(Erased):
        vault.seal(b"more", REPORT)
    (next((tmp_path / "evidence").glob("r???")) / ".nfs000000000004c2a1").write_bytes(b"")  # A network disk's own.
    assert vault.sweep_erased() == 1
    assert vault.unseal(kept, CASE) == b"kept"
    assert len(files(tmp_path)) == 2


def test_sealing_twice_at_once_stores_one_file(tmp_path: Path) -> None:
    """Two threads that seal the same bytes at the same time leave one complete file and no draft."""
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(partial(vault.seal, owner=REPORT), [b"same" * 1000] * 32))) == 1
    assert len(files(tmp_path)) == 1


def test_a_damaged_or_missing_original_is_said_to_be_so(tmp_path: Path) -> None:
    """One changed byte, or a missing file, raises EvidenceDamaged and returns nothing."""
    sha256 = vault.seal(b"original", REPORT)
    (path,) = files(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"0riginal")
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(sha256, REPORT)
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal("0" * 64, REPORT)


def test_sealing_again_mends_a_damaged_original(tmp_path: Path) -> None:
    """Sealing the intact bytes again replaces a damaged file in one step, and it is unchangeable again."""
    for damage in (b"0riginal", b"", b"orig"):
        sha256 = vault.seal(b"original", REPORT)
        (path,) = files(tmp_path)
        path.chmod(0o600)
        path.write_bytes(damage)
        assert vault.seal(b"original", REPORT) == sha256
        assert vault.unseal(sha256, REPORT) == b"original"
        assert [each.stat().st_mode & 0o777 for each in files(tmp_path)] == [0o400]


def test_a_full_disk_leaves_no_draft_and_with_room_sealing_goes_on(settings: Any, tmp_path: Path) -> None:
    """A full disk leaves neither a partial original nor a draft; with space again, sealing works."""
    with small_disk(tmp_path / "disk", 2) as disk:
        settings.JAGA_EVIDENCE = disk / "evidence"
        vault.seal(b"before", REPORT)
        kept = vault.path_of(hashlib.sha256(b"before").hexdigest(), REPORT)
        ballast = fill(disk)
        for content in (os.urandom(100_000), os.urandom(1)):
            with pytest.raises(OSError, match="No space left"):
                vault.seal(content, REPORT)
        assert [path for path in (disk / "evidence").rglob("*") if path.is_file()] == [kept]
        ballast.unlink()
        assert vault.unseal(vault.seal(b"after", REPORT), REPORT) == b"after"


def test_a_file_that_may_not_grow_leaves_no_draft(tmp_path: Path) -> None:
    """The same without a mounted disk: the system's file size limit cuts the write short."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            vault.seal(bytes(100_000), REPORT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert files(tmp_path) == []


def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    """Only drafts untouched for an hour are removed; originals never."""
    sha256, store = vault.seal(b"original", REPORT), tmp_path / "evidence"
    killed = subprocess.run([sys.executable, "-c", _KILLED_WHILE_SEALING, str(store)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (draft,) = [path for path in files(tmp_path) if path != vault.path_of(sha256, REPORT)]
    assert vault.sweep_drafts() == 0
    long_ago = time.time() - 7200
    for path in files(tmp_path):
        os.utime(path, (long_ago, long_ago))
    assert vault.sweep_drafts() == 1
    assert not draft.exists()
    assert vault.unseal(sha256, REPORT) == b"original"
    assert files(tmp_path) == [vault.path_of(sha256, REPORT)]
