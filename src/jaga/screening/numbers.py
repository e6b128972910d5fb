"""Telephone numbers under the disguises that advertisers use, each in its one international form.

Read are: separators of every kind, one digit a line, digits of every script and style, digits written out in
Indonesian ("kosong delapan satu"), and letters that stand for digits ("o8I2"). What is a number at all is judged by
the numbering plans of the `phonenumbers` library, so a price list is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

from jaga.screening.visible import Visible

HOME = "62"  # Indonesia's country code: a number without one is read as Indonesian
_WORDS = {"nol": "0", "kosong": "0", "satu": "1", "dua": "2", "tiga": "3", "empat": "4", "lima": "5", "enam": "6",
          "tujuh": "7", "delapan": "8", "lapan": "8", "sembilan": "9"}
_STANDS_FOR = {"o": "0", "i": "1", "l": "1", "|": "1", "z": "2", "s": "5", "b": "8"}
_UNIT = "|".join((*_WORDS, r"\d", r"[oil|zsb]"))
_PIECE = re.compile(r"[a-z0-9|]+")
_NUMERIC = re.compile(f"(?:{_UNIT})+", re.ASCII)
_UNITS = re.compile(_UNIT, re.ASCII)
_SURE = re.compile(r"\d|^o+$|" + "|".join(_WORDS), re.ASCII)
_CUE = re.compile(r"\b(?:wa|whats?app?|hp|telp?|telepon|no|nomor|call|hub|hubungi)\W{0,3}$")
_COULD_BE = re.compile(r"0?8[1-9]\d{7,10}|0[2-9]\d{7,10}|62\d{8,13}|00[1-9]\d{7,13}", re.ASCII)
_WIDEST_GAP = 3
_LONGEST_IN_A_COLUMN = 4  # digits of a piece that may go on in the next line
_MOST_DIGITS = 15  # ITU-T E.164


@dataclass(frozen=True)
class Number:
    """A valid number as E.164 (`+62…`), a form that shows only its ends, and its span in the read text."""

    value: str
    masked: str
    start: int
    end: int


@dataclass(frozen=True)
class _Piece:
    digits: str
    start: int
    end: int


def numbers_in(read: Visible) -> Iterator[Number]:
    """Every number, the longest reading at each place, in the text's order."""
    for run in _runs(read.text):
        first = 0
        while first < len(run):
            found = _longest(read.text, run, first)
            if found:
                yield found[0]
            first = found[1] if found else first + 1


def as_number(digits: str, *, international: bool) -> tuple[str, str] | None:
    """E.164 and masked form of a run of digits, or None. `international`: it begins with a country code."""
    if international:
        tried = [digits]
    elif digits.startswith("00"):
        tried = [digits[2:]]
    elif digits.startswith(HOME):
        tried = [digits, HOME + digits]
    else:
        tried = [HOME + digits.removeprefix("0")]
    for candidate in tried:
        try:
            parsed = phonenumbers.parse(f"+{candidate}")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), _masked(parsed)
    return None


def _masked(parsed: phonenumbers.PhoneNumber) -> str:
    national = phonenumbers.national_significant_number(parsed)
    shown = 3 if len(national) >= 9 else 1
    return f"+{parsed.country_code} {national[:shown]}-***-{national[-shown:]}"


def _pieces(text: str) -> Iterator[_Piece]:
    for match in _PIECE.finditer(text):
        piece = match.group()
        if _NUMERIC.fullmatch(piece) and _SURE.search(piece):
            digits = "".join(_WORDS.get(unit) or _STANDS_FOR.get(unit, unit) for unit in _UNITS.findall(piece))
            yield _Piece(digits, match.start(), match.end())


def _runs(text: str) -> Iterator[list[_Piece]]:
    """Pieces with nothing but a few signs between them."""
    run: list[_Piece] = []
    for piece in _pieces(text):
        if run and not _goes_on(text, run[-1], piece):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _goes_on(text: str, left: _Piece, right: _Piece) -> bool:
    gap = text[left.end:right.start]
    if len(gap) > _WIDEST_GAP or any(char.isalnum() for char in gap):
        return False
    return "\n" not in gap or max(len(left.digits), len(right.digits)) <= _LONGEST_IN_A_COLUMN


def _longest(text: str, run: list[_Piece], first: int) -> tuple[Number, int] | None:
    """The longest number that begins with this piece, and the piece after it."""
    before = text[max(0, run[first].start - 12):run[first].start]
    plus, cue = before.rstrip("( ").endswith("+"), bool(_CUE.search(before))
    digits, best = "", None
    for last in range(first, len(run)):
        digits += run[last].digits
        if len(digits) > _MOST_DIGITS:
            break
        if not plus and (not _COULD_BE.fullmatch(digits) or (digits[0] == "8" and not cue)):
            continue
        known = as_number(digits, international=plus) if len(digits) >= 8 else None
        if known:
            best = Number(*known, run[first].start, run[last].end), last + 1
    return best
