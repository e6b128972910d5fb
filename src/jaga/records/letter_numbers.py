"""Canonical letter numbers, so that each is used once: two that look alike are the same number.

The key is stored (`Order.number_key`, unique per organisation), and the number is kept as written. A change to the
rules here needs a migration that recomputes the keys, as 0036 does.
"""

import hashlib
import unicodedata

from jaga.screening.text.confusables import LETTERS
from jaga.screening.text.letters import LEET
from jaga.screening.text.letters import fold as letter_for

_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # Letters and a sign by Unicode category, but blank to the eye.
_STROKES = "\u3033\u30ce\u4e3f\u31d3\u2cc6\u2cc7\u30fc\u4e00\u3127\u2cba\u2cbb"  # Letters that look like / or -.
_LOOKS = {char: look for look, chars in LETTERS.items() for char in chars.split()}  # Of any script.
_ONE_LOOK = str.maketrans("oil|!\u01c0", "011111")
_SEPARATOR = "/"


def canonical_number(number: str) -> str:
    """The number without case, spaces, accents and invisible characters.

    Each letter and digit becomes its ASCII lookalike (also 0 and O, 1 and l and I); each run of other signs becomes one
    `/`.
    """
    found = ""
    for char in unicodedata.normalize("NFKD", number):
        look = _look(char)
        if look != _SEPARATOR or not found.endswith(_SEPARATOR):
            found += look
    return found.strip(_SEPARATOR)


def number_key(number: str) -> str:
    """The stored comparison key: 64 hexadecimal digits. Numbers without any letter or digit stay distinct."""
    said = canonical_number(number) or number
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _look(char: str) -> str:
    if char in _BLANKS or char.isspace() or unicodedata.category(char)[0] in "MCZ":
        return ""
    if char in _STROKES:
        return _SEPARATOR
    looks = (letter_for(char), letter_for(char.upper()), _LOOKS.get(char, ""))
    look = next((one for one in looks if one and one.isascii()), looks[0])
    if not look.strip():
        return _SEPARATOR
    plain = "".join(one if one.isalnum() else LEET.get(one, one) for one in look)
    return plain.translate(_ONE_LOOK)
