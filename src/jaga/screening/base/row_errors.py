"""What can be wrong with one text of many: stable codes, each with its sentence. A row is marked and never lost.

A mark of `UNREAD` says that there was no text to screen; every other one says that the text was screened all the same,
and what of it was read otherwise. Several marks of one row are several bits; they are written as words with a space
between them, in the order below. Codes never change their meaning; new ones are added at the end.
"""

from collections.abc import Iterable
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from jaga.core.errors import N_

LONGEST_TEXT = 64 * 1024
"""Bytes of UTF-8 of one text that are screened. What follows is not looked at, and the row says so (`cut`)."""
UNREADABLE = "\ufffd"
"""What stands for a byte that is no text, and for half a character. It divides words, as a space does."""


class RowError(IntFlag):
    """One mark. Its code is its name in small letters."""

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
    RowError.MISSING: N_("This row has no text: the field is empty or not there. Nothing was screened."),
    RowError.NOT_TEXT: N_("This row has a number, a list or something else in the place of its text. "
                          "Nothing was screened."),
    RowError.NOT_JSON: N_("This line is not a JSON object, or is cut off. Nothing was screened."),
    RowError.NOT_CSV: N_("This row has more or fewer cells than there are columns; is a quotation mark missing? "
                         "What stands in the place of the text was screened."),
    RowError.LONG_ROW: N_("This row is too long to be read. Nothing was screened."),
    RowError.BAD_UTF8: N_("Some bytes of this text are not UTF-8. The rest was screened."),
    RowError.SURROGATE: N_("This text has half a character (a lone surrogate). The rest was screened."),
    RowError.NUL: N_("This text has NUL characters, which were read as spaces."),
    RowError.CUT: N_("This text is too long: only its first 64 kB were screened."),
}


def code(error: RowError) -> str:
    """The stable word of one mark."""
    return str(error.name).lower()


def codes(bits: int) -> str | None:
    """What is written into a row: the words of all its marks, or None where nothing is wrong."""
    return " ".join(code(error) for error in RowError if error & bits) or None


def codes_of(bits: npt.NDArray[np.uint16]) -> list[str | None]:
    """The same for many rows."""
    known = {int(value): codes(int(value)) for value in np.unique(bits)}
    return [known[value] for value in bits.tolist()]


def sentences(written: str) -> Iterable[str]:
    """The msgids that explain what `codes` wrote."""
    return (SENTENCES[RowError[word.upper()]] for word in written.split())


def beginning(text: str) -> str:
    """As much of a text as is screened: its first `LONGEST_TEXT` bytes, in whole characters."""
    raw = text[:LONGEST_TEXT].encode("utf-8", "surrogatepass")  # so many bytes have at most so many characters
    return text[:len(raw[:whole(raw, LONGEST_TEXT)].decode("utf-8", "surrogatepass"))]


def whole(raw: bytes, most: int) -> int:
    """Where to cut bytes of UTF-8 so that at most `most` are left and no character is cut in two."""
    if len(raw) <= most:
        return len(raw)
    for back in range(4):  # a character has at most four bytes
        if raw[most - back] & 0xC0 != 0x80:
            return most - back
    return most
