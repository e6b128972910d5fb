"""The Merkle tree, against the test tree that implementations of RFC 6962 share and against the RFC's own recursion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.ledger.tlog.published import SIZE, leaf_hashes, leaves, root_between

from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import (
    EMPTY_ROOT,
    CompactRange,
    check_consistency,
    check_inclusion,
    leaf_hash,
    root_of,
)
from jaga.ledger.tlog.notes import BadFormat, BadProof, DamagedTile, MissingTile, NotConsistent
from jaga.ledger.tlog.tree import LogTile, TreeReader, partial_tiles

TREE = [
    leaf_hash(bytes.fromhex(one))
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C, D, E, F = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
]
INCLUSION = [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[4]]), (2, 3, [ROOTS[2]]), (1, 5, [ROOTS[1], B, D])]
CONSISTENCY = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])]


def tree(hashes: list[bytes]) -> TreeReader:
    """A reader over tiles in memory, of at most 65,536 leaves."""
    row, files = hashes, {}
    for level in range(3):
        for start in range(0, len(row), 256):
            tile = LogTile(level, start // 256, len(row[start : start + 256]))
            files[tile.path] = b"".join(row[start : start + 256])
        row = [root_of(row[start : start + 256]) for start in range(0, len(row) - 255, 256)]
    return TreeReader(len(hashes), files.get)


def test_the_shared_test_tree_has_the_known_roots() -> None:
    """All eight roots, and that of the empty tree."""
    assert [root_of(TREE[:size]).hex() for size in range(9)] == ROOTS
    assert root_of([]) == EMPTY_ROOT == tree([]).root


def test_the_shared_test_tree_has_the_known_proofs() -> None:
    """Made from tiles, and accepted by the checks."""
    for index, size, proof in INCLUSION:
        assert [one.hex() for one in tree(TREE[:size]).inclusion_proof(index)] == proof
        check_inclusion(TREE[index], index, size, [bytes.fromhex(one) for one in proof], bytes.fromhex(ROOTS[size]))
    for older, size, proof in CONSISTENCY:
        assert [one.hex() for one in tree(TREE[:size]).consistency_proof(older)] == proof
        check_consistency(
            older, bytes.fromhex(ROOTS[older]), size, bytes.fromhex(ROOTS[size]), [bytes.fromhex(one) for one in proof]
        )


@settings(max_examples=example_count(20))
@given(st.data())
def test_proofs_of_a_large_log_lead_to_the_roots_of_the_rfc(large_log: LogFolder, data: st.DataObject) -> None:
    """At any size of the log, also one that was never published but has its tiles, every proof is accepted."""
    size = data.draw(st.one_of(st.integers(1, 700), st.sampled_from([256, 40_000, 65_536, 65_537, SIZE])))
    edge = {}
    for tile in partial_tiles(size):
        below = 256 ** (tile.level or 0)
        edge[tile.path] = b"".join(
            root_between(at * below, (at + 1) * below)
            for at in range(tile.number * 256, tile.number * 256 + tile.width)
        )
    reader = TreeReader(size, lambda path: edge.get(path) or large_log.read(path))
    assert reader.root == root_between(0, size)
    index = data.draw(st.one_of(st.integers(0, size - 1), st.just(size - 1)))
    check_inclusion(leaf_hashes()[index], index, size, reader.inclusion_proof(index), reader.root)
    older = data.draw(st.integers(0, size))
    older_root = root_between(0, older) if older else EMPTY_ROOT
    check_consistency(older, older_root, size, reader.root, reader.consistency_proof(older))
    start = max(size - 300, 0)
    assert list(reader.leaf_hashes(start)) == leaf_hashes()[start:size]


@settings(max_examples=example_count(20))
@given(st.lists(st.integers(0, 600), max_size=4))
def test_appending_goes_on_from_the_stored_state(steps: list[int]) -> None:
    """Whatever is appended in however many runs, the root is that of one run."""
    state, size = CompactRange().encode(), 0
    for step in steps:
        kept = CompactRange.decode(state)
        kept.extend(leaves(size, size + step))
        state, size = kept.encode(), size + step
    one_by_one = CompactRange()
    for leaf in leaves(0, size):
        one_by_one.append(leaf)
    assert one_by_one.encode() == state
    assert CompactRange.decode(state).root() == root_of(leaves(0, size))


@pytest.mark.parametrize("state", [b"", b"\x00" * 9, CompactRange(3, [bytes(32)] * 2).encode()[:-32], b"\xff" * 8])
def test_a_damaged_state_is_refused(state: bytes) -> None:
    """Going on from it would fork the log."""
    with pytest.raises(BadFormat):
        CompactRange.decode(state)


@pytest.mark.parametrize(("index", "size"), [(5, 8), (6, 7), (0, 1)])
def test_an_inclusion_proof_of_anything_else_is_refused(index: int, size: int) -> None:
    """Another leaf, place, size, root, or proof: longer, shorter, with one bit changed, in another order."""
    proof, root, leaf = tree(TREE[:size]).inclusion_proof(index), root_of(TREE[:size]), TREE[index]
    check_inclusion(leaf, index, size, proof, root)
    flipped = [(*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]) for at in range(len(proof))]
    wrong = [
        (leaf, index, size, other, root)
        for other in (*flipped, (*proof, root), proof[:-1], proof[::-1])
        if other != proof
    ]
    wrong += [
        (TREE[index - 1], index, size, proof, root),
        (leaf, index, size, proof, EMPTY_ROOT),
        (leaf, index - 1, size, proof, root),
        (leaf, size, size, proof, root),
        (leaf, index, 9, proof, root),
        (leaf, index, size, (*proof[:-1], b"short"), root),
    ]
    for arguments in wrong:
        with pytest.raises(BadProof):
            check_inclusion(*arguments)


@pytest.mark.parametrize(("older", "size"), [(1, 8), (4, 8), (6, 8), (6, 7), (3, 3), (0, 5), (0, 0)])
def test_a_fork_has_no_consistency_proof(older: int, size: int) -> None:
    """A log that was rewritten before the earlier head, with any proof that fitted before, is refused."""
    reader = tree(TREE[:size])
    proof, root, later = reader.consistency_proof(older), root_of(TREE[:older]), reader.root
    check_consistency(older, root, size, later, proof)
    wrong = [
        (older, root, size, later, (*proof, root)),
        (older, bytes(32), size, later, proof),
        (size + 1, root, size, later, proof),
        *((older, root, size, later, (*proof[:at], bytes(32), *proof[at + 1 :])) for at in range(len(proof))),
    ]
    if older < size:
        wrong.append((older, later, size, root, proof))
    if proof:
        wrong.append((older, root, size, later, proof[:-1]))
    if older:
        forked = tree([TREE[1], *TREE[1:size]])
        wrong += [
            (older, root, size, forked.root, forked.consistency_proof(older)),
            (older, root, size, forked.root, proof),
        ]
    for arguments in wrong:
        with pytest.raises(NotConsistent):
            check_consistency(*arguments)


def test_a_changed_tile_is_named_and_gives_no_proof(large_log: LogFolder) -> None:
    """Whichever tile is changed: a partial one at the edge, a full one, one above; or an entry, or a missing file."""
    root = TreeReader(SIZE, large_log.read).root

    def reader_with(path: str, *, gone: bool = False) -> TreeReader:
        def read(asked: str) -> bytes | None:
            data = large_log.read(asked)
            return data if asked != path or data is None else None if gone else data[:-1] + bytes([data[-1] ^ 1])

        return TreeReader(SIZE, read, root)

    for edge in ("tile/0/257.p/208", "tile/1/001.p/1", "tile/2/000.p/1"):
        with pytest.raises(DamagedTile, match=edge):
            reader_with(edge)
    for path in ("tile/0/003", "tile/1/000"):
        with pytest.raises(DamagedTile, match=path):
            reader_with(path).inclusion_proof(1000)
        with pytest.raises(MissingTile, match=path):
            reader_with(path, gone=True).consistency_proof(1000)
    with pytest.raises(DamagedTile, match="tile/entries/257"):
        list(reader_with("tile/entries/257.p/208").entries(SIZE - 3))
    assert list(reader_with("tile/0/003").entries(SIZE - 3)) == list(leaves(SIZE - 3, SIZE))
    with pytest.raises(IndexError):
        reader_with("").inclusion_proof(SIZE)
