"""Near-duplicates among very many texts: small signatures, similarity estimates and lookup keys.

One-permutation MinHash over groups of four letters. Only folded letters count, not prices, numbers, spaces, emoji,
case, disguises or repeated letters. `likeness` compares two texts exactly; this is cheap enough for every text of a
stream. `nearness_kernel` does the same over blocks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jaga.screening.text.visible import plain

BINS = 64
ROWS = 4  # Bins per key.
BANDS = BINS // ROWS
GROUP = 4  # Letters, as UTF-8 bytes.
FEWEST_LETTERS = 12
"""A shorter text is a greeting; up to `LONG` letters only nearly equal texts count as copies."""
LONG, ALIKE, ALIKE_SHORT = 40, 0.6, 0.9
MOST_LETTERS = 5000  # Letters examined, from the start.
EMPTY = 0xFFFF  # A bin without any group.
FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
_64 = (1 << 64) - 1
_NO_LETTERS = re.compile(rb"[\x00-\x60\x7b-\x7f]+")
_REPEATED = re.compile(rb"([a-z])\1+")


@dataclass(frozen=True)
class TextSignature:
    """MinHash signature: the smallest hash in each of `BINS`, 16 bits each, and the number of letters."""

    letters: int
    bins: tuple[int, ...]

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """`BANDS` numbers of 56 bits.

        Copies share at least one: nearly always from similarity 0.7, nine times in ten at 0.6, once in six hundred at
        0.1.
        """
        full = filled(self.bins)
        return tuple(key_of(band, full[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS))

    def near(self, other: "TextSignature") -> bool:
        """Whether the two texts are near-duplicates."""
        short = min(self.letters, other.letters) < LONG
        return estimate(self.bins, other.bins) >= (ALIKE_SHORT if short else ALIKE)


@lru_cache(maxsize=4096)
def signature_of(text: str) -> TextSignature | None:
    """The signature, or None if there are too few letters. Any string, in linear time."""
    letters = letters_seen(text)
    return TextSignature(len(letters), signature(letters)) if len(letters) >= FEWEST_LETTERS else None


def letters_seen(text: str) -> bytes:
    """The letters of the text after folding, each run of one letter reduced to one."""
    letters = "".join(map(plain, text)).encode("utf-8", "surrogatepass")
    return _REPEATED.sub(rb"\1", _NO_LETTERS.sub(b"", letters))[:MOST_LETTERS]


def signature(letters: bytes) -> tuple[int, ...]:
    """The smallest hash of the groups in each bin; `EMPTY` if there is none."""
    bins = [EMPTY] * BINS
    for group in {letters[start : start + GROUP] for start in range(len(letters) - GROUP + 1)}:
        mixed = int.from_bytes(group) * FIRST & _64
        mixed = (mixed ^ mixed >> 29) * SECOND & _64
        place, value = mixed >> 58, min(mixed >> 42 & 0xFFFF, EMPTY - 1)
        bins[place] = min(bins[place], value)
    return tuple(bins)


def filled(bins: Sequence[int]) -> list[int]:
    """Fill each empty bin from the next one, altered by the distance, so short texts have complete keys too."""
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
    """A band's lookup key: its position, and its bins' hashes folded to 48 bits."""
    mixed = 0
    for value in values:
        mixed = (mixed ^ value) * FIRST & _64
    return band << 48 | mixed >> 16


def estimate(one: Sequence[int], other: Sequence[int]) -> float:
    """The estimated share of common groups, 0 to 1; exact for equal signatures. ± 0.06 at 0.6."""
    equal = both = 0
    for left, right in zip(one, other, strict=True):
        if left != EMPTY or right != EMPTY:
            both += 1
            equal += left == right
    return equal / both if both else 0.0
