"""The Merkle tree of RFC 6962 (section 2.1) with SHA-256: hashes, roots, and the checking of proofs as in RFC 9162.

Hashes are 32 bytes. Leaves are counted from 0. A tree is named by its size and its root.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Self

from jaga.ledger.tlog.notes import BadFormat, BadProof, NotConsistent

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
LARGEST_SIZE = 2**63 - 1
MOST_HASHES = 63
"""Of an inclusion proof, in the largest tree."""
_BLOCK = 8  # the height of the subtrees that `extend` hashes at once


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """The hashes one level up, of an even number of neighbours."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(hashes[::2], hashes[1::2], strict=True)]


class CompactRange:
    """All that is needed to go on appending: the roots of the largest full subtrees, left to right.

    There is one for each set bit of the size, so that a log of a billion entries is continued from at most a thousand
    bytes (`encode`). One writer at a time.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Raises BadFormat if the number of hashes does not fit the size."""
        if (
            not 0 <= size <= LARGEST_SIZE
            or len(hashes) != size.bit_count()
            or any(len(one) != HASH_BYTES for one in hashes)
        ):
            raise BadFormat(what="compact range", why="hashes and size do not belong together")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees, the largest first."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self._push(leaf, 0)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes from a stream, in flat memory."""
        stream, full = iter(leaves), 1 << _BLOCK
        for one in islice(stream, -self._size % full):
            self._push(one, 0)
        while block := list(islice(stream, full)):
            if len(block) == full:
                while len(block) > 1:
                    block = parents(block)
                self._push(block[0], _BLOCK)
            else:
                for one in block:
                    self._push(one, 0)

    def root(self) -> bytes:
        """The root of the tree so far; of the empty tree SHA-256 of nothing."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in self._hashes[-2::-1]:
            root = node_hash(left, root)
        return root

    def encode(self) -> bytes:
        """The state for storage: the size in eight bytes (big-endian), then the hashes."""
        return self._size.to_bytes(8, "big") + b"".join(self._hashes)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the output of `encode`. Raises BadFormat."""
        if len(data) < 8 or len(data) % HASH_BYTES != 8:
            raise BadFormat(what="compact range", why="its length is wrong")
        return cls(
            int.from_bytes(data[:8], "big"), [data[at : at + HASH_BYTES] for at in range(8, len(data), HASH_BYTES)]
        )

    def _push(self, root: bytes, height: int) -> None:
        """Append a full subtree; the size is a multiple of its width."""
        count = self._size >> height
        while count & 1:
            root = node_hash(self._hashes.pop(), root)
            count >>= 1
        self._hashes.append(root)
        self._size += 1 << height


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaf hashes, read as a stream in flat memory."""
    tree = CompactRange()
    tree.extend(leaves)
    return tree.root()


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise BadProof unless `proof` leads from leaf hash `leaf` at `index` to the root (RFC 9162 section 2.1.3.2).

    The proof has the siblings from the leaf upwards.
    """
    if not 0 <= index < size <= LARGEST_SIZE or any(len(one) != HASH_BYTES for one in (leaf, root, *proof)):
        raise BadProof
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise BadProof
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            node, last = _skip(node, last)
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or found != root:
        raise BadProof


def check_consistency(size: int, root: bytes, later_size: int, later_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise NotConsistent unless the later tree begins with the earlier one (RFC 9162 section 2.1.4.2).

    Every tree continues the empty one, and a tree of the same size must be the same; in both cases the proof is empty.
    """
    if not 0 <= size <= later_size <= LARGEST_SIZE or any(len(one) != HASH_BYTES for one in (root, later_root, *proof)):
        raise NotConsistent
    if size in (0, later_size):
        if (
            proof
            or (root != later_root if size == later_size else root != EMPTY_ROOT)
            or (later_size == 0 and root != EMPTY_ROOT)
        ):
            raise NotConsistent
        return
    if not proof:
        raise NotConsistent
    path = list(proof) if size & (size - 1) else [root, *proof]
    node, last = size - 1, later_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise NotConsistent
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            node, last = _skip(node, last)
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or older != root or newer != later_root:
        raise NotConsistent


def _skip(node: int, last: int) -> tuple[int, int]:
    """Pass the levels at which the right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last
