"""Exact search for near 256-bit hashes among very many, up to 31 differing bits.

Split into sixteen parts of sixteen bits, two hashes within 31 bits have a part that differs in at most one bit (two in
each would make 32). Hashes are sorted by each part; candidates share a part up to one bit (some 4,000 of a million) and
are then compared in full. For the worker and commands: it imports numba, which the web server does not.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

BYTES = 32
FARTHEST = 31
"""The largest distance for which the search is exhaustive."""
_PARTS, _KEYS = 16, 1 << 16


class Near(NamedTuple):
    """Matches in query order: query index, index of the hash, differing bits."""

    query: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    bits: npt.NDArray[np.int32]


class Index(NamedTuple):
    """Hashes sorted by each of their parts. About 100 bytes per hash, plus 4 MB."""

    # n by 2: the first half of each hash, stored together since it nearly always decides.
    first: npt.NDArray[np.uint64]
    rest: npt.NDArray[np.uint64]  # n by 2: the second half.
    order: npt.NDArray[np.uint32]  # 16 by n: indices sorted by each part.
    starts: npt.NDArray[np.uint32]  # 16 by 65,537: where in `order` each value of a part starts.

    @property
    def hashes(self) -> npt.NDArray[np.uint8]:
        """The hashes in order, n by 32 bytes."""
        return np.hstack([self.first, self.rest]).view(np.uint8)

    def search(self, hashes: npt.NDArray[np.uint8], within: int = FARTHEST) -> Near:
        """All hashes within `within` bits of one of `hashes` (q by 32 bytes), each once.

        Raises ValueError above FARTHEST bits and for hashes of another length.
        """
        if not 0 <= within <= FARTHEST:
            raise ValueError(f"within {within} bits: at most {FARTHEST} are found exactly")
        asked = _words(hashes)
        room = max(64, 4 * len(asked))
        while True:  # Repeat with a larger buffer if it was too small.
            query, place, bits = (np.empty(room, np.int32) for _ in range(3))
            found = _search(self.first, self.rest, self.order, self.starts, asked, within, query, place, bits)
            if found <= room:
                return Near(query[:found], place[:found], bits[:found])
            room = found


def index(hashes: npt.NDArray[np.uint8]) -> Index:
    """Build an index over n by 32 bytes. Raises ValueError for hashes of another length."""
    words = _words(hashes)
    parts = words.view(np.uint16)
    order = np.empty((_PARTS, len(words)), np.uint32)
    starts = np.zeros((_PARTS, _KEYS + 1), np.uint32)
    for part in range(_PARTS):
        order[part] = np.argsort(parts[:, part], kind="stable")
        np.cumsum(np.bincount(parts[:, part], minlength=_KEYS), out=starts[part, 1:])
    return Index(np.ascontiguousarray(words[:, :2]), np.ascontiguousarray(words[:, 2:]), order, starts)


def brute_force(hashes: npt.NDArray[np.uint8], among: npt.NDArray[np.uint8], within: int = FARTHEST) -> Near:
    """`Index.search` by comparing all pairs: the readable definition, and suitable for a few thousand hashes."""
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
    """Population count by pairs, nibbles and bytes, which compiles to one instruction."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int32((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def _first_part(first, rest, asked):  # type: ignore[no-untyped-def]
    """The first of the sixteen parts that differs in at most one bit; 16 if none."""
    for part in range(_PARTS):
        word = first[part >> 2] if part < 8 else rest[(part >> 2) - 2]
        differ = (word ^ asked[part >> 2]) >> np.uint64(16 * (part & 3)) & np.uint64(0xFFFF)
        if differ & (differ - np.uint64(1)) == 0:
            return part
    return _PARTS


@njit(cache=True)
def _search(first, rest, order, starts, asked, within, query, place, bits):  # type: ignore[no-untyped-def]
    """Fill the last three arrays as far as they reach; returns the number of matches."""
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
                    if differ > within:  # Half of it decides nearly always.
                        continue
                    differ += _ones(rest[one, 0] ^ q2) + _ones(rest[one, 1] ^ q3)
                    if differ > within:
                        continue
                    if _first_part(first[one], rest[one], asked[number]) == part:  # Not yet reported.
                        if found < len(query):
                            query[found], place[found], bits[found] = number, one, differ
                        found += 1
    return found
