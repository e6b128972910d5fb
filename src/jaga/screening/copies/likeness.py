"""When two texts say nearly the same: by the share of the letter groups that they have in common.

`bands` makes the look-up a few equality queries: texts that are alike agree in at least one band, nearly always
(0.95 at a likeness of 0.6, 0.99 at 0.7), texts that are not hardly ever (0.01 at 0.1). What a look-up finds must be
compared by `likeness`, which is exact. Letters alone count: prices, numbers, spaces, emoji and capitals do not.
"""

import re
from hashlib import blake2b
from struct import iter_unpack

from jaga.screening.text.normalise import readings

ALIKE = 0.6  # of all letter groups, the share in common from which two texts are nearly the same
FEWEST_LETTERS = 40  # a shorter text is a greeting or a slogan that anybody writes
LONGEST = 5000  # characters that are looked at
_GROUP = 4
_BANDS, _ROWS = 12, 3


def letters_of(text: str) -> str:
    """The text's letters as they are meant, without digits and repeats: what is compared."""
    words = readings(text[:LONGEST])[-1]
    letters = "".join(word.spellings[0] for word in words if not word.spellings[0].isdigit())
    return re.sub(r"(.)\1+", r"\1", letters, flags=re.DOTALL)


def bands(letters: str) -> tuple[str, ...]:
    """The bands of `letters_of` a text; none where the letters are too few to mean anything."""
    if len(letters) < FEWEST_LETTERS:
        return ()
    least = [2**32] * (_BANDS * _ROWS)
    for group in _groups(letters):
        least = list(map(min, least, _hashes(group)))
    return tuple(":".join(map(str, (band, *least[band * _ROWS:(band + 1) * _ROWS]))) for band in range(_BANDS))


def likeness(letters: str, others: str) -> float:
    """0 to 1: the Jaccard index of the two texts' letter groups. Symmetric; 1 for equal letters, 0 with none."""
    one, other = _groups(letters), _groups(others)
    return len(one & other) / len(one | other) if one and other else 0.0


def _groups(letters: str) -> set[str]:
    return {letters[start:start + _GROUP] for start in range(len(letters) - _GROUP + 1)}


def _hashes(group: str) -> list[int]:
    """As many independent hashes as a signature has places."""
    data = group.encode("utf-8", "surrogatepass")
    block = b"".join(blake2b(data, salt=salt).digest() for salt in (b"1", b"2", b"3"))
    return [value for (value,) in iter_unpack("<I", block)][:_BANDS * _ROWS]
