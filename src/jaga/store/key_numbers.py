"""The numbers under which cases and reports have their keys: drawn in blocks, so that they are known before the row.

Canonical letter numbers, so that each is used once: two that look alike are the same number.

The key is stored (`Order.number_key`, unique per organisation), and the number is kept as written. A change to the
rules here needs a migration that recomputes the keys.
"""

import hashlib
import os
import threading
import unicodedata
from collections import deque

from django.db import connection

from jaga.core.terms.privacy import KeyOwner
from jaga.screening.text.letters import LEET, LETTERS
from jaga.screening.text.letters import fold as letter_for
from jaga.store.key_store.store import Owner, is_destroyed

BLOCK = 64
"""The step of the sequences (`guards/privacy.sql`); the rest of a block is lost when its process ends."""
SEQUENCES = {KeyOwner.CASE: "records_case_key_numbers", KeyOwner.REPORT: "records_report_key_numbers"}

_left: dict[tuple[int, str, KeyOwner], deque[int]] = {}
_drawing = threading.Lock()


def next_number(kind: KeyOwner) -> int:
    """A number that no other owner of this kind has. One of 64 asks the database.

    After a restore the sequences may return to numbers that were used and destroyed since: those are passed over.
    """
    connection.ensure_connection()  # Whoever waits for one must not hold up the others.
    with _drawing:
        here = _left.setdefault((os.getpid(), str(connection.settings_dict["NAME"]), kind), deque())
        while True:
            if not here:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval(%s::regclass)", [SEQUENCES[kind]])
                    first = int(cursor.fetchone()[0])
                here.extend(number for number in range(first, first + BLOCK) if not is_destroyed(Owner(kind, number)))
            if here:
                return here.popleft()


def next_case_number() -> int:
    """A number for a new case's key."""
    return next_number(KeyOwner.CASE)


def next_report_number() -> int:
    """A number for a new report's key."""
    return next_number(KeyOwner.REPORT)


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
