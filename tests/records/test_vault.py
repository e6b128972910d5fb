"""Sealed originals: stored once, unchangeable, and never returned damaged."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jaga.records import vault


@pytest.fixture(autouse=True)
def _store(settings: Any, tmp_path: Path) -> None:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]


def test_what_was_sealed_comes_back_by_its_hash(tmp_path: Path) -> None:
    """The name is the SHA-256, the file is readable by its owner alone and writable by nobody."""
    sha256 = vault.seal(b"original")
    assert sha256 == hashlib.sha256(b"original").hexdigest()
    assert vault.unseal(sha256) == b"original"
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o400


def test_sealing_twice_at_once_stores_one_file(tmp_path: Path) -> None:
    """Two who seal the same bytes at the same time leave one whole file and no draft."""
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(vault.seal, [b"same" * 1000] * 32))) == 1
    assert len(files(tmp_path)) == 1


def test_a_damaged_or_missing_original_is_said_to_be_so(tmp_path: Path) -> None:
    """One changed byte, or no file, raises EvidenceDamaged rather than returning anything."""
    sha256 = vault.seal(b"original")
    (path,) = files(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"0riginal")
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(sha256)
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal("0" * 64)
