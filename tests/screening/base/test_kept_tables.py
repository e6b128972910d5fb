"""Cached tables are made once, read again, and never used when damaged."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from jaga.screening.base import kept_tables as keeping
from jaga.screening.base.kept_tables import kept, kept_arrays
from jaga.screening.rules.pattern_scan import PatternScan
from jaga.screening.text.block import slow_block


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, which does not exist at first."""
    monkeypatch.setenv(keeping.VARIABLE, str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_it_is_made_once_for_each_thing_it_depends_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another input or another version of the code makes another file."""
    made = list[bytes]()

    def make() -> bytes:
        made.append(b"new")
        return b"content %d" % len(made)

    assert [kept("one", of, make) for of in (b"a", b"a", b"b", b"a")] == [
        b"content 1",
        b"content 1",
        b"content 2",
        b"content 1",
    ]
    monkeypatch.setattr(keeping, "state_of", lambda: "another")
    assert kept("one", b"a", make) == b"content 3"
    assert len([*folder.iterdir()]) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content[:40] + bytes((content[40] ^ 1,)) + content[41:],
    ],
)
def test_what_is_damaged_is_made_again(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    """A file with one flipped bit is made again, and is intact afterwards."""
    kept("one", b"a", lambda: b"content of it")
    (file,) = folder.iterdir()
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    assert kept("one", b"a", lambda: b"content of it") == b"content of it"
    assert file.read_bytes() == sound


def test_a_file_of_another_thing_is_not_taken_for_this_one(folder: Path) -> None:
    """A file copied under another's name is not used."""
    kept("one", b"a", lambda: b"a's")
    (first,) = folder.iterdir()
    kept("one", b"b", lambda: b"b's")
    (second,) = {*folder.iterdir()} - {first}
    second.write_bytes(first.read_bytes())
    assert kept("one", b"b", lambda: b"b's") == b"b's"


def test_without_a_place_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cache folder the table is made each time, without an error."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(keeping.VARIABLE, str(tmp_path / "file"))
    assert kept("one", b"a", lambda: b"content") == b"content"


class _Pair(NamedTuple):
    one: npt.NDArray[np.int32]
    other: npt.NDArray[np.bool_]


def test_arrays_come_back_as_they_were(folder: Path) -> None:
    """The arrays keep their types, shapes and values."""
    made = _Pair(np.arange(6, dtype=np.int32).reshape(2, 3), np.zeros(0, np.bool_))
    for _ in range(2):
        again = kept_arrays("pair", b"", _Pair, lambda: made)
        assert [(one.dtype, one.shape, one.tolist()) for one in again] == [
            (one.dtype, one.shape, one.tolist()) for one in made
        ]


def test_patterns_are_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns are compiled once, and again if the cached file is of another hyperscan version."""
    patterns, block = ["gacor", "[a-z]{3}88"], slow_block(["abc88 gacor"])

    def found() -> list[tuple[int, ...]]:
        return sorted(zip(*map(list, PatternScan(patterns, keep=True).find(block, 0)), strict=True))

    expected = [(0, 0, 6, 11), (0, 1, 0, 5)]
    assert found() == expected
    files = [*folder.iterdir()]
    assert len(files) == 2
    monkeypatch.setattr("jaga.screening.rules.pattern_scan._dump", lambda patterns: pytest.fail("compiled again"))
    assert found() == expected
    monkeypatch.undo()
    monkeypatch.setenv(keeping.VARIABLE, str(folder))
    for file in files:
        file.unlink()
    monkeypatch.setattr("jaga.screening.rules.pattern_scan.kept", lambda *ignored: b"of another version")
    assert found() == expected
