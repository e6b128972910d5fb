"""Text similarity by the share of common letter groups.

`bands` reduces lookup to a few equality queries: similar texts nearly always share a band (probability 0.95 at
similarity 0.6, 0.99 at 0.7), dissimilar ones hardly ever (0.01 at 0.1). Candidates must be compared with `likeness`,
which is exact. Only letters count, not prices, numbers, spaces, emoji or case.
"""

import re
from hashlib import blake2b
from struct import iter_unpack

from jaga.screening.text.normalise import readings

ALIKE = 0.6  # Share of common letter groups from which two texts are near-duplicates.
FEWEST_LETTERS = 40  # A shorter text is a greeting or slogan anyone could write.
LONGEST = 5000  # Characters examined.
_GROUP = 4
_BANDS, _ROWS = 12, 3


def letters_of(text: str) -> str:
    """The text's letters after folding, without digits and repeats, for comparison."""
    words = readings(text[:LONGEST])[-1]
    letters = "".join(word.spellings[0] for word in words if not word.spellings[0].isdigit())
    return re.sub(r"(.)\1+", r"\1", letters, flags=re.DOTALL)


def bands(letters: str) -> tuple[str, ...]:
    """The bands of the letters from `letters_of`; empty if there are too few."""
    if len(letters) < FEWEST_LETTERS:
        return ()
    least = [2**32] * (_BANDS * _ROWS)
    for group in _groups(letters):
        least = list(map(min, least, _hashes(group)))
    return tuple(":".join(map(str, (band, *least[band * _ROWS:(band + 1) * _ROWS]))) for band in range(_BANDS))


def likeness(letters: str, others: str) -> float:
    """The Jaccard index of the letter groups, 0 to 1. Symmetric; 1 for equal letters, 0 if either has none."""
    one, other = _groups(letters), _groups(others)
    return len(one & other) / len(one | other) if one and other else 0.0


def _groups(letters: str) -> set[str]:
    return {letters[start:start + _GROUP] for start in range(len(letters) - _GROUP + 1)}


def _hashes(group: str) -> list[int]:
    """One independent hash per signature position."""
    data = group.encode("utf-8", "surrogatepass")
    block = b"".join(blake2b(data, salt=salt).digest() for salt in (b"1", b"2", b"3"))
    return [value for (value,) in iter_unpack("<I", block)][:_BANDS * _ROWS]
