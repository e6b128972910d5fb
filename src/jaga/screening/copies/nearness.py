"""Which of very many texts are copies of each other: a small signature of each, estimates, and keys to look them up by.

One-permutation minhash over groups of four letters. Letters alone count, as they look: prices, numbers, spaces, emoji,
capitals, disguises and repeated letters do not. `likeness` compares two texts exactly, for traces; this is cheap
enough for every text of a stream. `nearness_kernel` does the same over blocks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jaga.screening.text.visible import plain

BINS = 64
ROWS = 4  # bins of a key
BANDS = BINS // ROWS
GROUP = 4  # letters, as bytes of UTF-8
FEWEST_LETTERS = 12
"""A shorter text is a greeting; of those up to `LONG` only what is nearly equal counts as a copy."""
LONG, ALIKE, ALIKE_SHORT = 40, 0.6, 0.9
MOST_LETTERS = 5000  # that are looked at, from the beginning
EMPTY = 0xFFFF  # a bin that no group fell into
FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
_64 = (1 << 64) - 1
_NO_LETTERS = re.compile(rb"[\x00-\x60\x7b-\x7f]+")
_REPEATED = re.compile(rb"([a-z])\1+")


@dataclass(frozen=True)
class Mark:
    """The signature of one text: the least hash in each of `BINS`, 16 bits each, and of how many letters it is."""

    letters: int
    bins: tuple[int, ...]

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """`BANDS` numbers of 56 bits. Copies have at least one in common: nearly always from a likeness of 0.7 on, nine
        times of ten at 0.6, once in six hundred at 0.1."""
        full = filled(self.bins)
        return tuple(key_of(band, full[band * ROWS:(band + 1) * ROWS]) for band in range(BANDS))

    def near(self, other: "Mark") -> bool:
        """Whether the two texts are copies of each other, nearly."""
        short = min(self.letters, other.letters) < LONG
        return estimate(self.bins, other.bins) >= (ALIKE_SHORT if short else ALIKE)


@lru_cache(maxsize=4096)
def mark_of(text: str) -> Mark | None:
    """The text's mark; None where its letters are too few to be anybody's own. Any string, in time linear in it."""
    letters = letters_seen(text)
    return Mark(len(letters), signature(letters)) if len(letters) >= FEWEST_LETTERS else None


def letters_seen(text: str) -> bytes:
    """The letters of a text as it looks, each run of one as one."""
    looks = "".join(map(plain, text)).encode("utf-8", "surrogatepass")
    return _REPEATED.sub(rb"\1", _NO_LETTERS.sub(b"", looks))[:MOST_LETTERS]


def signature(letters: bytes) -> tuple[int, ...]:
    """The least hash of the groups that fall into each bin; `EMPTY` where none does."""
    bins = [EMPTY] * BINS
    for group in {letters[start:start + GROUP] for start in range(len(letters) - GROUP + 1)}:
        mixed = int.from_bytes(group) * FIRST & _64
        mixed = (mixed ^ mixed >> 29) * SECOND & _64
        place, value = mixed >> 58, min(mixed >> 42 & 0xFFFF, EMPTY - 1)
        bins[place] = min(bins[place], value)
    return tuple(bins)


def filled(bins: Sequence[int]) -> list[int]:
    """Each empty bin with what the next one has, changed by how far that is: so short texts have whole keys too."""
    full, found, far = list(bins), EMPTY, 0
    for place in range(2 * BINS - 1, -1, -1):
        if bins[place % BINS] != EMPTY:
            found, far = bins[place % BINS], 0
            continue
        far += 1
        if place < BINS:
            full[place] = (found + far * 0x3D4D) & 0xFFFF
    return full


def key_of(band: int, values: Sequence[int]) -> int:
    """The number by which a band is looked up: its place, and its bins' hashes folded to 48 bits."""
    mixed = 0
    for value in values:
        mixed = (mixed ^ value) * FIRST & _64
    return band << 48 | mixed >> 16


def estimate(one: Sequence[int], other: Sequence[int]) -> float:
    """About the share of groups in common, 0 to 1, from two signatures; exact for equal ones. ± 0.06 at 0.6."""
    equal = both = 0
    for left, right in zip(one, other, strict=True):
        if left != EMPTY or right != EMPTY:
            both += 1
            equal += left == right
    return equal / both if both else 0.0
