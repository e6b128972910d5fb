"""Word tables of the contact pass: reads a word as digits or as a known word."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers

from jaga.screening.base.compiled import helper
from jaga.screening.base.kept_tables import kept_arrays
from jaga.screening.contacts.contacts import DOT_SPELLED, ENDS, SERVICES
from jaga.screening.contacts.numbering import home_plan
from jaga.screening.contacts.numbers import (
    CUES,
    HOME,
    LONGEST_IN_A_COLUMN,
    MOST_DIGITS,
    OTHER_NUMBERS,
    STANDS_FOR,
    WHOLE,
    WIDEST_GAP,
    WORDS,
    lengths_abroad,
)
from jaga.screening.text.letters import LEET

CUE, OTHER, SERVICE, END, SPELLED, DOT, AT, CALLED = (1 << bit for bit in range(8))
LETTER, STANDS, DIGIT, STROKE, LEAD = (1 << bit for bit in range(5))  # Class of a byte; any other is a sign: 0.
PLAIN = LETTER | STANDS | DIGIT
PIECE = PLAIN | STROKE
_LONGEST_NAME = 44  # Bytes examined; `contacts` takes 40.
_WORDS_AT_MOST = 9  # Letters of the known words.
_SLOTS = 1024
_SPREAD = 0x9E3779B97F4A7C15
ZERO = np.uint8(ord("0"))


class Tables(NamedTuple):
    """Lookup tables, passed as arguments rather than compiled in, so new words take effect at once."""

    kind: npt.NDArray[np.uint8]  # Per byte.
    digit_of: npt.NDArray[np.uint8]  # The digit a letter stands for.
    slots: npt.NDArray[np.uint64]  # Known words by `_packed`, and their meanings.
    flags: npt.NDArray[np.uint8]
    pairs: npt.NDArray[np.uint16]  # By a word's first two letters: the lengths to look up, as bits.
    numeric: npt.NDArray[np.bool_]  # ... by three: whether a spelled-out number may begin so.
    leads: npt.NDArray[np.uint8]  # ... and whether a name may be announced or a dot spelled out, as bits: see `_leads`.
    words: npt.NDArray[np.uint8]  # Digit words in order, one per row, zero-padded.
    first: npt.NDArray[np.int64]  # ... by first letter: their first row.
    digits_of: npt.NDArray[np.uint8]  # ... their digits, 255 for none.
    signs: npt.NDArray[np.int32]  # Code points beyond ASCII that are not letters.
    next: npt.NDArray[np.int16]
    valid: npt.NDArray[np.bool_]
    general: npt.NDArray[np.bool_]
    widest_gap: int
    column: int
    most_digits: int
    whole: int
    home: int  # The jurisdiction's country code; 0 for none.
    abroad: npt.NDArray[np.uint16]  # By a number's first three digits, country code included: its lengths, as bits.


@lru_cache(maxsize=1)
def tables_of_words() -> Tables:
    kind, digit_of = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    kind[ord("a") : ord("z") + 1], kind[ord("0") : ord("9") + 1], kind[0x80:] = LETTER, DIGIT, LEAD
    for letter, digit in STANDS_FOR.items():
        kind[ord(letter)], digit_of[ord(letter)] = STANDS, ord(digit)
    kind[ord("|")] = STROKE
    meanings = _meanings()
    slots, flags = _vocabulary(meanings)
    words = np.zeros((len(WORDS), 12), np.uint8)
    digits_of = np.full((len(WORDS), 2), 255, np.uint8)
    for place, (word, digits) in enumerate(sorted(WORDS.items())):
        words[place, : len(word)] = np.frombuffer(word.encode(), np.uint8)
        digits_of[place, : len(digits)] = np.frombuffer(digits.encode(), np.uint8)
    first = np.searchsorted(words[:, 0] & 31, np.arange(33)).astype(np.int64)
    signs = np.array(sorted(ord(sign) for sign in LEET if not sign.isascii()), np.int32)
    return Tables(
        kind,
        digit_of,
        slots,
        flags,
        _pairs(meanings),
        _numeric(),
        _leads(meanings),
        words,
        first,
        digits_of,
        signs,
        *home_plan(),
        WIDEST_GAP,
        LONGEST_IN_A_COLUMN,
        MOST_DIGITS,
        WHOLE,
        int(HOME or 0),
        kept_arrays("abroad", phonenumbers.__version__.encode(), _Abroad, _lengths).bits,
    )


class _Abroad(NamedTuple):
    bits: npt.NDArray[np.uint16]


def _lengths() -> _Abroad:
    return _Abroad(
        np.array(
            [
                sum(1 << length for length in lengths_abroad(f"{begins:03}") if length <= MOST_DIGITS)
                for begins in range(1000)
            ],
            np.uint16,
        )
    )


def _meanings() -> dict[str, int]:
    """Every known word and its meaning."""
    found: dict[str, int] = {}
    meanings: Iterable[tuple[Iterable[str], int]] = (
        (CUES, CUE),
        (OTHER_NUMBERS, OTHER),
        (SERVICES, SERVICE),
        (ENDS, END),
        (DOT_SPELLED, SPELLED),
        (("dot", "titik"), DOT),
        (("at", "et"), AT),
        (("id", "username", "akun"), CALLED),
    )
    for words, meaning in meanings:
        for word in words:
            found[word] = found.get(word, 0) | meaning
    return found


def _pairs(meanings: Iterable[str]) -> npt.NDArray[np.uint16]:
    pairs = np.zeros(1 << 10, np.uint16)
    for word in meanings:
        pairs[_place(word[:2])] |= 1 << len(word)
    return pairs


def _numeric() -> npt.NDArray[np.bool_]:
    numeric, lookalikes = np.zeros(1 << 15, np.bool_), [*STANDS_FOR]
    ahead = {"ooo", *(word[:3] for word in WORDS), *(one + word[:2] for one in lookalikes for word in WORDS)}
    ahead |= {
        one + other + third
        for one in lookalikes
        for other in lookalikes
        for third in {*lookalikes, *(w[0] for w in WORDS)}
    }
    for letters in ahead:
        numeric[_place(letters)] = True
    return numeric


def _leads(meanings: Mapping[str, int]) -> npt.NDArray[np.uint8]:
    """Two rows of bits: for the first three letters, and for those after the first; both must match."""
    announced = [word for word, meaning in meanings.items() if meaning & (SERVICE | DOT)]
    leads, follow = _numeric(), _numeric()
    for table, begins in (
        (leads, {word[:3] for word in announced}),
        (follow, {"oo", *(word[1:4] for word in (*announced, *WORDS))}),
    ):
        for letters in begins:
            rest = 5 * (3 - len(letters))  # With fewer than three letters anything may follow.
            table[_place(letters) << rest : (_place(letters) + 1) << rest] = True
    return np.packbits(np.stack([leads, follow]), axis=1, bitorder="little")


def _place(letters: str) -> int:
    """Five bits per letter."""
    place = 0
    for letter in letters:
        place = place << 5 | ord(letter) & 31
    return place


def _vocabulary(meanings: Mapping[str, int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    slots, flags = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint8)
    for word, meaning in meanings.items():
        # Of a longer word only the last eight letters are compared; a false match is acceptable where the text is read
        # again.
        if len(word) > (_WORDS_AT_MOST - 1 if meaning & (CUE | OTHER) else _WORDS_AT_MOST):
            raise ValueError(f"too long to be known in one step: {word}")
        packed = (int.from_bytes(word.encode()[-8:]) ^ len(word) << 57) & (1 << 64) - 1
        slot = (packed * _SPREAD & (1 << 64) - 1) >> 54
        while slots[slot] != 0:
            slot = (slot + 1) % _SLOTS
        slots[slot], flags[slot] = packed, meaning
    return slots, flags


@helper
def meaning_of(folded, start, end, slots, flags):  # type: ignore[no-untyped-def]
    """The meaning of a known word."""
    packed = np.uint64(0)
    for place in range(start, end):
        packed = (packed << np.uint64(8)) | np.uint64(folded[place])
    key = packed ^ (np.uint64(end - start) << np.uint64(57))
    slot = np.int64((key * np.uint64(_SPREAD)) >> np.uint64(54))
    while slots[slot] != 0:
        if slots[slot] == key:
            return flags[slot]
        slot = (slot + 1) % _SLOTS
    return np.uint8(0)


@helper
def units(folded, start, end, digits, at, t):  # type: ignore[no-untyped-def]
    """Read a piece as digits; returns their count, or -1 if it is none: a letter must belong to a digit word or stand
    beside one.
    """
    place, count, sure, only_o = start, 0, False, True
    while place < end:
        char = folded[place]
        kind = t.kind[char]
        only_o &= char == 111
        if kind == DIGIT:
            digits[at + count] = char
            count, place, sure = count + 1, place + 1, True
            continue
        word, length = -1, 0
        for one in range(t.first[char & 31], t.first[(char & 31) + 1]):
            length = 1
            while place + length < end and t.words[one, length] == folded[place + length]:
                length += 1
            if t.words[one, length] == 0:
                word = one
                break
        if word >= 0:
            for digit in t.digits_of[word]:
                if digit != 255:
                    digits[at + count] = digit
                    count += 1
            place, sure = place + length, True
        elif kind & (STANDS | STROKE):
            digits[at + count] = t.digit_of[char] if kind == STANDS else np.uint8(49)
            count, place = count + 1, place + 1
        else:
            return -1
    return count if sure or only_o else -1


@helper
def bracket_before(folded, first, place):  # type: ignore[no-untyped-def]
    """Whether an opening bracket precedes this place, with at most one space between."""
    if place > first and folded[place - 1] == 32:
        place -= 1
    return place > first and (
        folded[place - 1] == 40 or folded[place - 1] == 91 or folded[place - 1] == 123 or folded[place - 1] == 60
    )


@helper
def skip_spaces(folded, place, last):  # type: ignore[no-untyped-def]
    """The place after at most three spaces."""
    for _ in range(3):
        if place < last and folded[place] == 32:
            place += 1
    return place


@helper
def name_after(folded, place, last, t):  # type: ignore[no-untyped-def]
    """Whether a name may follow the announcing word that ends here ("IG: mawar.22")."""
    for _ in range(2):
        after = skip_spaces(folded, place, last)
        signs = after
        while signs < last and (
            folded[signs] == 58
            or folded[signs] == 61
            or folded[signs] == 62
            or folded[signs] == 64
            or folded[signs] == 45
        ):
            signs += 1
        name = skip_spaces(folded, signs, last) if signs > after else after
        if signs > after and name < last and folded[name] == 64:
            name += 1
        end, has_digit, length = name, False, 0
        while end < last and end - name < _LONGEST_NAME and name > place:
            char = folded[end]
            kind = t.kind[char]
            if kind & PLAIN:
                length = end + 1 - name
                has_digit |= kind == DIGIT
            elif char != 46 and char != 95:
                break
            end += 1
        if length >= 4 and name > place:
            if signs > after or has_digit:
                return True
            for inner in range(name, name + length):
                if folded[inner] == 46 or folded[inner] == 95:
                    return True
        if signs > after or after > place + 1:
            return False
        place = after
        while place < last and t.kind[folded[place]] & (LETTER | STANDS):
            place += 1
        if place == after or place - after > _WORDS_AT_MOST:
            return False
        if not meaning_of(folded, after, place, t.slots, t.flags) & CALLED:
            return False
    return False
