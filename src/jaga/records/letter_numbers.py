"""Canonical letter numbers, so that each is used once: two that look alike are the same number.

The key is stored (`Order.number_key`, unique per organisation), and the number is kept as written. A change to the
rules here needs a migration that recomputes the keys.
"""

import hashlib
import unicodedata

from jaga.screening.text.confusables import LETTERS
from jaga.screening.text.letters import LEET
from jaga.screening.text.letters import fold as letter_for

_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # Letters and a sign by Unicode category, but blank to the eye.
_STROKES = "\u3033\u30ce\u4e3f\u31d3\u2cc6\u2cc7\u30fc\u4e00\u3127\u2cba\u2cbb"  # Letters that look like / or -.
_SHAPES = {char: shape for shape, chars in LETTERS.items() for char in chars.split()}  # Of any script.
_ONE_SHAPE = str.maketrans("oil|!\u01c0", "011111")
_SEPARATOR = "/"


def canonical_number(number: str) -> str:
    """The number without case, spaces, accents and invisible characters.

    Each letter and digit becomes its ASCII lookalike (also 0 and O, 1 and l and I); each run of other signs becomes one
    `/`.
    """
    found = ""
    for char in unicodedata.normalize("NFKD", number):
        shape = _shape(char)
        if shape != _SEPARATOR or not found.endswith(_SEPARATOR):
            found += shape
    return found.strip(_SEPARATOR)


def number_key(number: str) -> str:
    """The stored comparison key: 64 hexadecimal digits. Numbers without any letter or digit stay distinct."""
    canonical = canonical_number(number) or number
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _shape(char: str) -> str:
    if char in _BLANKS or char.isspace() or unicodedata.category(char)[0] in "MCZ":
        return ""
    if char in _STROKES:
        return _SEPARATOR
    shapes = (letter_for(char), letter_for(char.upper()), _SHAPES.get(char, ""))
    shape = next((one for one in shapes if one and one.isascii()), shapes[0])
    if not shape.strip():
        return _SEPARATOR
    plain = "".join(one if one.isalnum() else LEET.get(one, one) for one in shape)
    return plain.translate(_ONE_SHAPE)
