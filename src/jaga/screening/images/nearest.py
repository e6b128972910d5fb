"""Which of very many 256-bit hashes are near to one: exact, for at most 31 bits that differ.

Cut into sixteen parts of sixteen bits, two hashes that differ in at most 31 bits have one part that differs in at most
one (were it two in each, they would differ in 32). So the hashes are sorted by each of their parts, and what is looked
at is whatever shares a part up to one bit: some 4,000 of a million, each of which is then counted whole.

For the worker and for commands: it loads numba, which the web server does not.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

BYTES = 32
FARTHEST = 31
"""The most bits for which the parts find everything."""
_PARTS, _KEYS = 16, 1 << 16


class Near(NamedTuple):
    """What was found, in the order of the queries: which query, the hash's place in the index, bits that differ."""

    query: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    bits: npt.NDArray[np.int32]


class Index(NamedTuple):
    """Hashes, sorted by each of their parts. About 100 bytes a hash, and 4 MB for the parts."""

    first: npt.NDArray[np.uint64]  # n by 2: the first half of each hash, close together, since it nearly always tells
    rest: npt.NDArray[np.uint64]  # n by 2: the other half
    order: npt.NDArray[np.uint32]  # 16 by n: the places, sorted by one part
    starts: npt.NDArray[np.uint32]  # 16 by 65,537: where in `order` each value of a part begins

    @property
    def hashes(self) -> npt.NDArray[np.uint8]:
        """The hashes in their order, n by 32 bytes."""
        return np.hstack([self.first, self.rest]).view(np.uint8)

    def search(self, hashes: npt.NDArray[np.uint8], within: int = FARTHEST) -> Near:
        """All hashes that differ from one of `hashes` (q by 32 bytes) in at most `within` bits, each once.

        Raises ValueError for more bits than FARTHEST, and for hashes of another length.
        """
        if not 0 <= within <= FARTHEST:
            raise ValueError(f"within {within} bits: at most {FARTHEST} are found exactly")
        asked = _words(hashes)
        room = max(64, 4 * len(asked))
        while True:  # again with more room where there was too little
            query, place, bits = (np.empty(room, np.int32) for _ in range(3))
            found = _search(self.first, self.rest, self.order, self.starts, asked, within, query, place, bits)
            if found <= room:
                return Near(query[:found], place[:found], bits[:found])
            room = found


def index(hashes: npt.NDArray[np.uint8]) -> Index:
    """Make an index of n by 32 bytes. Raises ValueError for hashes of another length."""
    words = _words(hashes)
    parts = words.view(np.uint16)
    order = np.empty((_PARTS, len(words)), np.uint32)
    starts = np.zeros((_PARTS, _KEYS + 1), np.uint32)
    for part in range(_PARTS):
        order[part] = np.argsort(parts[:, part], kind="stable")
        np.cumsum(np.bincount(parts[:, part], minlength=_KEYS), out=starts[part, 1:])
    return Index(np.ascontiguousarray(words[:, :2]), np.ascontiguousarray(words[:, 2:]), order, starts)


def brute_force(hashes: npt.NDArray[np.uint8], among: npt.NDArray[np.uint8], within: int = FARTHEST) -> Near:
    """The same by comparing each with each: the readable definition, and the way for a few thousand hashes."""
    words = _words(among)
    found: list[tuple[npt.NDArray[np.int32], ...]] = []
    for number, asked in enumerate(_words(hashes)):
        bits = np.bitwise_count(words ^ asked).sum(axis=1, dtype=np.int32)
        places = np.flatnonzero(bits <= within).astype(np.int32)
        found.append((np.full(len(places), number, np.int32), places, bits[places]))
    empty = np.empty(0, np.int32)
    return Near(*(np.concatenate([empty, *(one[column] for one in found)]) for column in range(3)))


def _words(hashes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] != BYTES:
        raise ValueError(f"hashes are rows of {BYTES} bytes, not {hashes.dtype} of {hashes.shape}")
    return np.ascontiguousarray(hashes).view(np.uint64)


@njit("i4(u8)", cache=True, inline="always")
def _ones(word):  # type: ignore[no-untyped-def]
    """How many bits are set: the usual sum over pairs, nibbles and bytes, which the compiler makes one instruction."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int32((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def _first_part(first, rest, asked):  # type: ignore[no-untyped-def]
    """The first of the sixteen parts in which the two differ in at most one bit; 16 for none."""
    for part in range(_PARTS):
        word = first[part >> 2] if part < 8 else rest[(part >> 2) - 2]
        differ = (word ^ asked[part >> 2]) >> np.uint64(16 * (part & 3)) & np.uint64(0xFFFF)
        if differ & (differ - np.uint64(1)) == 0:
            return part
    return _PARTS


@njit(cache=True)
def _search(first, rest, order, starts, asked, within, query, place, bits):  # type: ignore[no-untyped-def]
    """Fills the last three as far as they go; returns how much there was to write."""
    found = 0
    for number in range(len(asked)):
        q0, q1, q2, q3 = asked[number, 0], asked[number, 1], asked[number, 2], asked[number, 3]
        for part in range(_PARTS):
            value = asked[number, part >> 2] >> np.uint64(16 * (part & 3)) & np.uint64(0xFFFF)
            for flip in range(17):
                key = value if flip == 16 else value ^ (np.uint64(1) << np.uint64(flip))
                for at in range(starts[part, key], starts[part, key + np.uint64(1)]):
                    one = order[part, at]
                    differ = _ones(first[one, 0] ^ q0) + _ones(first[one, 1] ^ q1)
                    if differ > within:  # half of it tells for nearly all
                        continue
                    differ += _ones(rest[one, 0] ^ q2) + _ones(rest[one, 1] ^ q3)
                    if differ > within:
                        continue
                    if _first_part(first[one], rest[one], asked[number]) == part:  # not met before
                        if found < len(query):
                            query[found], place[found], bits[found] = number, one, differ
                        found += 1
    return found
