"""Text similarity by the share of common letter groups.

`bands` reduces lookup to a few equality queries: similar texts nearly always share a band (probability 0.95 at
similarity 0.6, 0.99 at 0.7), dissimilar ones hardly ever (0.01 at 0.1). Candidates must be compared with `likeness`,
which is exact. Only letters count, not prices, numbers, spaces, emoji or case.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from struct import Struct

from jaga.screening.text.normalise import first_spellings

ALIKE = 0.6  # Share of common letter groups from which two texts are near-duplicates.
FEWEST_LETTERS = 40  # A shorter text is a greeting or slogan anyone could write.
LONGEST = 5000  # Characters examined.
_GROUP = 4
_BANDS, _ROWS = 12, 3
_SIGNATURE = Struct(f"<{_BANDS * _ROWS}I")
_SALTS = (b"1", b"2", b"3")


@lru_cache(maxsize=4096)  # adverts are copied, and one text is asked for more than once
def letters_of(text: str) -> str:
    """The text's letters after folding, without digits and repeats, for comparison."""
    letters = "".join(word for word in first_spellings(text[:LONGEST]) if not word.isdigit())
    return re.sub(r"(.)\1+", r"\1", letters, flags=re.DOTALL)


@lru_cache(maxsize=4096)
def bands(letters: str) -> tuple[str, ...]:
    """The bands of the letters from `letters_of`; empty if there are too few."""
    if len(letters) < FEWEST_LETTERS:
        return ()
    least = [min(column) for column in zip(*map(_SIGNATURE.unpack, map(_hashes, _groups(letters))), strict=True)]
    return tuple(":".join(map(str, (band, *least[band * _ROWS : (band + 1) * _ROWS]))) for band in range(_BANDS))


def likeness(letters: str, others: str) -> float:
    """The Jaccard index of the letter groups, 0 to 1. Symmetric; 1 for equal letters, 0 if either has none."""
    one, other = _groups(letters), _groups(others)
    return len(one & other) / len(one | other) if one and other else 0.0


def _groups(letters: str) -> set[str]:
    return {letters[start : start + _GROUP] for start in range(len(letters) - _GROUP + 1)}


@lru_cache(maxsize=1 << 15)  # a language has few groups that are common
def _hashes(group: str) -> bytes:
    """One independent hash per signature position, of 32 bits."""
    data = group.encode("utf-8", "surrogatepass")
    return b"".join(blake2b(data, salt=salt).digest() for salt in _SALTS)[: _SIGNATURE.size]
