"""Errors of one text among many: stable codes with sentences.

A row is marked, never dropped.

`UNREAD` means there was no text to screen; with any other mark the text was screened, and the mark says what was read
differently. Marks are bits, written as words separated by spaces in the order below. Codes never change meaning; new
ones are appended.
"""

from collections.abc import Iterable
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from jaga.core.errors import N_

LONGEST_TEXT = 64 * 1024
"""How many UTF-8 bytes of a text are screened; the rest is ignored and the row marked `cut`."""
UNREADABLE = "\ufffd"
"""Replaces an invalid byte or half a surrogate pair. It separates words like a space."""


class RowError(IntFlag):
    """One mark. Its code is its name in lower case."""

    MISSING = 1
    NOT_TEXT = 2
    NOT_JSON = 4
    NOT_CSV = 8
    LONG_ROW = 16
    BAD_UTF8 = 32
    SURROGATE = 64
    NUL = 128
    CUT = 256


UNREAD = RowError.MISSING | RowError.NOT_TEXT | RowError.NOT_JSON | RowError.LONG_ROW
SENTENCES: dict[RowError, str] = {
    RowError.MISSING: N_("This row has no text: the field is empty or missing. Nothing was screened."),
    RowError.NOT_TEXT: N_("This row has a number, a list or something else instead of text. Nothing was screened."),
    RowError.NOT_JSON: N_("This line is not a JSON object, or is cut off. Nothing was screened."),
    RowError.NOT_CSV: N_(
        "This row has more or fewer cells than there are columns; is a quotation mark missing? The "
        "content of the text column was screened."
    ),
    RowError.LONG_ROW: N_("This row is too long to be read. Nothing was screened."),
    RowError.BAD_UTF8: N_("Some bytes of this text are not UTF-8. The rest was screened."),
    RowError.SURROGATE: N_("This text has half a character (a lone surrogate). The rest was screened."),
    RowError.NUL: N_("This text has NUL characters, which were read as spaces."),
    RowError.CUT: N_("This text is too long: only its first 64 kB were screened."),
}


def code(error: RowError) -> str:
    """The stable code of one mark."""
    return str(error.name).lower()


def codes(bits: int) -> str | None:
    """The codes of all marks as stored in a row, or None if there are none."""
    return " ".join(code(error) for error in RowError if error & bits) or None


def codes_of(bits: npt.NDArray[np.uint16]) -> list[str | None]:
    """`codes` for many rows."""
    by_value = {int(value): codes(int(value)) for value in np.unique(bits)}
    return [by_value[value] for value in bits.tolist()]


def sentences(written: str) -> Iterable[str]:
    """The msgids that explain the output of `codes`."""
    return (SENTENCES[RowError[word.upper()]] for word in written.split())


def beginning(text: str) -> str:
    """The screened part of a text: its first `LONGEST_TEXT` bytes in whole characters."""
    raw = text[:LONGEST_TEXT].encode("utf-8", "surrogatepass")  # That many bytes hold at most that many characters.
    return text[: len(raw[: whole(raw, LONGEST_TEXT)].decode("utf-8", "surrogatepass"))]


def whole(raw: bytes, most: int) -> int:
    """The length at which to cut UTF-8 bytes to at most `most` without splitting a character."""
    if len(raw) <= most:
        return len(raw)
    for back in range(4):  # A character has at most four bytes.
        if raw[most - back] & 0xC0 != 0x80:
            return most - back
    return most
