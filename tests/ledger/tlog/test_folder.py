"""The published files: names and contents as C2SP says, complete at every moment, and never changed afterwards."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from tests.ledger.tlog.published import LOG, SIZE, leaves

from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import leaf_hash, root_of
from jaga.ledger.tlog.notes import (
    BadFormat,
    DamagedTile,
    MissingTile,
    NotConsistent,
    NoteSigner,
    SignatureAlgorithm,
    TileConflict,
)
from jaga.ledger.tlog.policy import TreeHead, sign_checkpoint
from jaga.ledger.tlog.tree import LogTile, TreeReader, format_bundle, parse_bundle, partial_tiles, split_hashes


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it, nothing is tidied up."""


def head_of(size: int, *, key: NoteSigner = LOG) -> bytes:
    return sign_checkpoint(TreeHead(key.name, size, root_of(map(leaf_hash, leaves(0, size)))), key)


def files_in(folder: Path) -> dict[str, bytes]:
    """The published ones: beside them are stored nodes, which nobody has to believe."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".nodes"
    }


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (LogTile(0, 1_234_067), "tile/0/x001/x234/067"),
        (LogTile(0, 0, 1), "tile/0/000.p/1"),
        (LogTile(63, 999), "tile/63/999"),
        (LogTile(None, 1000, 255), "tile/entries/x001/000.p/255"),
        (LogTile(2, 10**9), "tile/2/x001/x000/x000/000"),
    ],
)
def test_tiles_are_named_as_c2sp_says(tile: LogTile, path: str) -> None:
    """And read back."""
    assert tile.path == path
    assert LogTile.from_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "../a",
        "tile/0",
        "tile/0/1",
        "tile/00/001",
        "tile/64/000",
        "tile/0/001/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "/tile/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "checkpoint",
    ],
)
def test_another_name_is_refused(path: str, tmp_path: Path) -> None:
    """A server that answers names must not be led out of the folder."""
    with pytest.raises(BadFormat):
        LogTile.from_path(path)
    if path != "checkpoint":
        with pytest.raises(BadFormat):
            LogFolder(tmp_path).read(path)


def test_the_example_of_c2sp_has_the_tiles_that_it_says() -> None:
    """A tree of 70,000: partial tiles of width 112, 17 and 1; one of 256: a partial one above the full one."""
    assert [tile.path for tile in partial_tiles(70_000)] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [tile.path for tile in partial_tiles(256)] == ["tile/1/000.p/1"]
    assert list(partial_tiles(0)) == []


def test_a_log_has_exactly_these_files(large_log: LogFolder) -> None:
    """Full tiles with their bundles, and partial ones for each size at which a run ended; nothing else."""
    files = files_in(large_log.folder)
    expected = {"checkpoint"} | {tile.path for size in (300, 40_000, SIZE) for tile in partial_tiles(size)}
    expected |= {LogTile(None, size // 256, size % 256).path for size in (300, 40_000, SIZE)}
    expected |= {LogTile(level, number).path for level in (None, 0) for number in range(SIZE // 256)} | {"tile/1/000"}
    assert files.keys() == expected
    assert {len(files[path]) for path in expected if path.startswith("tile/0/") and ".p" not in path} == {8192}
    assert files["tile/entries/000"][:2] == b"\x00\x20"
    assert parse_bundle(files["tile/entries/000"], LogTile(None, 0)) == list(leaves(0, 256))
    digest = sha256(b"".join(name.encode() + files[name] for name in sorted(files))).hexdigest()
    assert digest == GOLDEN


def test_a_killed_run_is_repeated_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at every rename and every sync of a file or folder: the old tree is whole, and the next run completes."""
    steps = ("fsync", "replace")
    begun = LogFolder(tmp_path / "begun")
    begun.append(0, leaves(0, 200))
    whole = LogFolder(tmp_path / "whole")
    whole.append(whole.append(0, leaves(0, 200)), leaves(200, 520))
    at = 0
    while True:
        folder = tmp_path / f"killed-{at}"
        for name, data in files_in(begun.folder).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        countdown = iter(range(at, -1, -1))

        def dying(call: object, countdown: Iterator[int] = countdown) -> object:
            def run(*arguments: object) -> object:
                if next(countdown, 0) == 0:  # several files are written side by side
                    raise Killed
                return call(*arguments)  # type: ignore[operator]

            return run

        with monkeypatch.context() as patch:
            for step in steps:
                patch.setattr(os, step, dying(getattr(os, step)))
            try:
                LogFolder(folder).append(200, leaves(200, 520))
            except Killed:
                killed = True
            else:
                killed = False
        if not killed:
            break
        assert TreeReader(200, LogFolder(folder).read).root == root_of(map(leaf_hash, leaves(0, 200)))
        assert LogFolder(folder).append(200, leaves(200, 520)) == 520
        assert files_in(folder) == files_in(whole.folder)
        at += 1
    assert at > 12


def test_a_repeated_run_changes_nothing_and_a_longer_one_goes_on(tmp_path: Path) -> None:
    """Also from a size that was passed long ago."""
    log = LogFolder(tmp_path)
    log.append(0, leaves(0, 700))
    before = files_in(tmp_path)
    assert log.append(0, leaves(0, 700)) == log.append(700, []) == 700
    assert files_in(tmp_path) == before
    log.append(0, leaves(0, 100))
    assert log.append(100, leaves(100, 800)) == 800
    assert files_in(tmp_path).items() >= before.items()


def test_other_leaves_in_the_same_place_are_refused(tmp_path: Path) -> None:
    """A restored ledger that goes on otherwise would fork the log: the first differing file is named and kept."""
    log = LogFolder(tmp_path)
    log.append(0, leaves(0, 300))
    before = files_in(tmp_path)
    with pytest.raises(TileConflict, match="tile/entries/000"):
        log.append(0, leaves(1, 400))
    with pytest.raises(TileConflict, match=r"tile/entries/001\.p/44"):
        log.append(0, [*leaves(0, 299), *leaves(0, 1)])
    assert files_in(tmp_path) == before
    with pytest.raises(MissingTile, match=r"tile/0/001\.p/45"):
        log.append(301, leaves(301, 302))
    with pytest.raises(BadFormat, match="32"):
        log.append(300, [b"an entry in plain text"])


def test_only_a_head_of_these_tiles_is_published_and_none_that_goes_back(tmp_path: Path) -> None:
    """A shorter, another, or a foreign head is refused, and the published one stays."""
    log = LogFolder(tmp_path)
    log.append(log.append(0, leaves(0, 300)), leaves(300, 400))
    assert log.publish(head_of(300), LOG.verifier).size == 300
    log.publish(head_of(400), LOG.verifier)
    log.publish(head_of(400), LOG.verifier)
    forked = sign_checkpoint(TreeHead(LOG.name, 400, bytes(32)), LOG)
    for wrong in (head_of(300), forked):
        with pytest.raises(NotConsistent):
            log.publish(wrong, LOG.verifier)
    with pytest.raises(MissingTile):
        log.publish(head_of(500), LOG.verifier)
    other = NoteSigner("other.example/log", SignatureAlgorithm.ED25519, bytes(32))
    with pytest.raises(BadSignature):
        log.publish(head_of(400, key=other), LOG.verifier)
    assert log.read("checkpoint") == head_of(400)


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abc", format_bundle([b"a"]), format_bundle([b"a"] * 3), b""])
def test_a_damaged_bundle_or_tile_is_refused(data: bytes) -> None:
    """Cut off, or with another number of entries than its name says."""
    with pytest.raises(BadFormat):
        parse_bundle(data, LogTile(None, 0, 2))
    with pytest.raises(BadFormat):
        split_hashes(data, LogTile(0, 0, 2))
    assert parse_bundle(format_bundle([b"", b"a"]), LogTile(None, 0, 2)) == [b"", b"a"]


GOLDEN = "79efe796dbd1b1151591776b26952f3897f8dd345dc06fc4953a196a1a7e5d43"


def test_stored_nodes_spare_hashing_and_are_never_believed(tmp_path: Path) -> None:
    """The proofs are the same with them, without them, and with wrong ones; a damaged tile is named all the same."""
    log = LogFolder(tmp_path)
    log.append(0, leaves(0, SIZE))
    root, asked = root_of(map(leaf_hash, leaves(0, SIZE))), [0, 255, 256, 300, SIZE - 1]
    expected = [TreeReader(SIZE, log.read, root).inclusion_proof(one) for one in asked]
    nodes = (tmp_path / ".nodes").read_bytes()
    assert len(nodes) == SIZE // 256 * 512
    for stored in (nodes, nodes[::-1], nodes[:700], b"\x00" * len(nodes), None):
        if stored is None:
            (tmp_path / ".nodes").unlink()
        else:
            (tmp_path / ".nodes").write_bytes(stored)
        tree = LogFolder(tmp_path).tree(SIZE, root)
        assert [tree.inclusion_proof(one) for one in asked] == expected
    (tmp_path / ".nodes").write_bytes(nodes)
    tile = tmp_path / "tile/0/001"
    tile.write_bytes(bytes(512) + tile.read_bytes()[512:])
    with pytest.raises(DamagedTile, match="001"):
        LogFolder(tmp_path).tree(SIZE, root).inclusion_proof(256)
    tile.unlink()
    with pytest.raises(MissingTile):
        LogFolder(tmp_path).tree(SIZE, root).inclusion_proof(256)
