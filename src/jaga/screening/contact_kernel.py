"""Contacts in blocks of texts: what `contacts` finds in one text after the other, in one pass over the folded bytes.

The pass reads numbers to their end, with Indonesia's numbering plan as an automaton. For everything rarer (links,
addresses, names elsewhere, numbers of other countries) it only says in which texts something *may* stand; those few are
read by the readable definition, from the folded text. So nothing is found here that is not found there, or the reverse;
`tests/screening/test_contact_kernel.py` holds both to it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.block import Block, Hits
from jaga.screening.contacts import DOT_SPELLED, ENDS, SERVICES, Contact, found_in
from jaga.screening.letters import LEET
from jaga.screening.numbering import home_plan
from jaga.screening.numbers import (
    CUES,
    FEWEST_DIGITS,
    LONGEST_IN_A_COLUMN,
    MOST_DIGITS,
    OTHER_NUMBERS,
    STANDS_FOR,
    WHOLE,
    WIDEST_GAP,
    WORDS,
)

KINDS = ("tel", "link", "mail", *sorted({*SERVICES.values(), "whatsapp-link", "whatsapp-group", "linktree"}))
"""What `Hits.key` counts: what stands before the colon of a contact's value."""
_KEYS = {kind: key for key, kind in enumerate(KINDS)}
_CUE, _OTHER, _SERVICE, _END, _SPELLED, _DOT, _AT, _CALLED = (1 << bit for bit in range(8))
_LETTER, _STANDS, _DIGIT, _STROKE, _LEAD = (1 << bit for bit in range(5))  # of a byte; any other is a sign: 0
_PLAIN = _LETTER | _STANDS | _DIGIT
_PIECE = _PLAIN | _STROKE
_LONGEST_NAME = 44  # bytes that are looked at; `contacts` takes 40
_WORDS_AT_MOST = 9  # letters, of the words that are known here
_SLOTS = 1024
_SPREAD = 0x9E3779B97F4A7C15
_DIGITS = np.uint8(ord("0"))


class _Tables(NamedTuple):
    """What the pass looks up. Given to it, never compiled in: a word that is added here is known at once."""

    kind: npt.NDArray[np.uint8]  # of each byte
    stands: npt.NDArray[np.uint8]  # the digit that a letter stands for
    slots: npt.NDArray[np.uint64]  # known words by `_packed`, and what each means
    flags: npt.NDArray[np.uint8]
    pairs: npt.NDArray[np.uint16]  # by the two letters with which a word begins: the lengths, as bits, to be looked up
    numeric: npt.NDArray[np.bool_]  # ... by three, whether a number in letters may begin so
    words: npt.NDArray[np.uint8]  # number words in their order, a row each, zero-padded
    first: npt.NDArray[np.int64]  # ... by their first letter, where in them they begin
    said: npt.NDArray[np.uint8]  # ... their digits, 255 for none
    signs: npt.NDArray[np.int32]  # code points beyond ASCII that are no letters
    next: npt.NDArray[np.int16]
    valid: npt.NDArray[np.bool_]
    general: npt.NDArray[np.bool_]
    widest_gap: int
    column: int
    most_digits: int
    whole: int


class Contacts(NamedTuple):
    """The contacts of a block, each as often as it stands there. `hits.key` is a place in `KINDS`.

    `number` is the E.164 number of a hit without its plus, where the pass read it; `read` has each other hit's contact.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    read: dict[int, Contact]

    def value(self, hit: int) -> str:
        """The canonical form of one hit: `tel:+62…`, `telegram:…`, `link:…`."""
        number = int(self.number[hit])
        return f"tel:+{number}" if number else self.read[hit].value


class FirstLook(NamedTuple):
    """What the pass alone can tell: the numbers, and the texts, in their order, in which more *may* stand.

    In a text that is neither among `hits.row` nor in `maybe` there is no contact.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    maybe: npt.NDArray[np.intp]


def contacts_of_block(block: Block) -> Contacts:
    """Every contact of every text, in the order of the texts and in each by its place."""
    look = first_look(block)
    return read_rest(block, look, look.maybe)


def first_look(block: Block) -> FirstLook:
    """The pass over the block, some hundred nanoseconds a text. Nothing is missed: `maybe` errs on the other side."""
    tables = _tables()
    widest = int(np.diff(block.folds).max(initial=0)) + 1
    most = len(block.folded) // FEWEST_DIGITS + 1
    found = np.empty((3, most), np.int32)
    numbers, odd = np.empty(most, np.int64), np.zeros(len(block.folds) - 1, np.bool_)
    count = _scan(block.source, block.starts, block.folded, block.folds, block.origin, tables, widest, found, numbers,
                  odd)
    row, start, end = found[:, :count]
    return FirstLook(Hits(row, np.zeros(count, np.int32), start, end), numbers[:count], np.flatnonzero(odd))


def read_rest(block: Block, look: FirstLook, rows: npt.NDArray[np.intp]) -> Contacts:
    """The look's numbers, and all contacts of those of its `maybe` that are asked for: some forty microseconds each."""
    return _with_read(block, look.hits, look.number, rows)


def spans_of(block: Block, hits: Hits) -> npt.NDArray[np.int64]:
    """Where hits stand in their texts, as half-open spans of code points: two columns."""
    spans = np.empty((len(hits.row), 2), np.int64)
    _spans(block.source, block.starts, block.folds, block.origin, hits.row, hits.start, hits.end, spans)
    return spans


@njit(cache=True, nogil=True)
def _spans(source, starts, folds, origin, rows, first, last, spans):  # type: ignore[no-untyped-def]
    row, place, points = -1, 0, 0
    for hit in range(rows.size):
        begin, end = origin[folds[rows[hit]] + first[hit]], origin[folds[rows[hit]] + last[hit] - 1]
        if rows[hit] != row or begin < place:
            row, place, points = rows[hit], 0, 0
        for byte in range(place, begin):
            points += (source[starts[row] + byte] & 0xC0) != 0x80
        place = begin
        spans[hit, 0], spans[hit, 1] = points, points + 1
        for byte in range(begin, end):
            spans[hit, 1] += (source[starts[row] + byte] & 0xC0) != 0x80


def _with_read(block: Block, hits: Hits, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]) -> Contacts:
    """Add what the readable definition finds in the texts that the pass left to it."""
    found = [(row, contact) for row in rows for contact in _read(block, int(row))]
    if not found:
        return Contacts(hits, numbers, {})
    added = Hits(np.array([row for row, _ in found], np.int32),
                 np.array([_KEYS[contact.value.partition(":")[0]] for _, contact in found], np.int32),
                 np.array([contact.start for _, contact in found], np.int32),
                 np.array([contact.end for _, contact in found], np.int32))
    both = Hits(*(np.concatenate(pair) for pair in zip(hits, added, strict=True)))
    order = np.argsort(both.row, kind="stable")
    numbers = np.concatenate([numbers, np.zeros(len(found), np.int64)])
    read = {int(place): found[old - len(hits.row)][1] for place, old in enumerate(order) if old >= len(hits.row)}
    return Contacts(Hits(*(one[order] for one in both)), numbers[order], read)


def _read(block: Block, row: int) -> Iterator[Contact]:
    """One text's contacts by the readable definition, with places in bytes of the folded text."""
    first, last = block.folds[row], block.folds[row + 1] - 1
    raw = block.folded[first:last]
    looks = raw.tobytes().decode()
    source = block.source[block.starts[row]:block.starts[row + 1]]
    places = None if len(looks) == len(raw) else np.flatnonzero(np.append((raw & 0xC0) != 0x80, True))
    if (source == 10).any():  # line ends, which are spaces in the folded text
        broken = (raw == 32) & (source[block.origin[first:last]] == 10)
        chars = list(looks)
        for place in np.flatnonzero(broken if places is None else broken[places[:-1]]):
            chars[place] = "\n"
        looks = "".join(chars)
    for contact in found_in(looks):
        yield contact if places is None else Contact(
            contact.value, contact.masked, int(places[contact.start]), int(places[contact.end]))


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    kind, stands = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    kind[ord("a"):ord("z") + 1], kind[ord("0"):ord("9") + 1], kind[0x80:] = _LETTER, _DIGIT, _LEAD
    for letter, digit in STANDS_FOR.items():
        kind[ord(letter)], stands[ord(letter)] = _STANDS, ord(digit)
    kind[ord("|")] = _STROKE
    known = _meanings()
    slots, flags = _vocabulary(known)
    words = np.zeros((len(WORDS), 12), np.uint8)
    said = np.full((len(WORDS), 2), 255, np.uint8)
    for place, (word, digits) in enumerate(sorted(WORDS.items())):
        words[place, :len(word)] = np.frombuffer(word.encode(), np.uint8)
        said[place, :len(digits)] = np.frombuffer(digits.encode(), np.uint8)
    first = np.searchsorted(words[:, 0] & 31, np.arange(33)).astype(np.int64)
    signs = np.array(sorted(ord(sign) for sign in LEET if not sign.isascii()), np.int32)
    return _Tables(kind, stands, slots, flags, _pairs(known), _numeric(), words, first, said, signs, *home_plan(),
                   WIDEST_GAP, LONGEST_IN_A_COLUMN, MOST_DIGITS, WHOLE)


def _meanings() -> dict[str, int]:
    """Every known word, and what it means."""
    known: dict[str, int] = {}
    meanings: Iterable[tuple[Iterable[str], int]] = (
        (CUES, _CUE), (OTHER_NUMBERS, _OTHER), (SERVICES, _SERVICE), (ENDS, _END), (DOT_SPELLED, _SPELLED),
        (("dot", "titik"), _DOT), (("at", "et"), _AT), (("id", "username", "akun"), _CALLED))
    for words, meaning in meanings:
        for word in words:
            known[word] = known.get(word, 0) | meaning
    return known


def _pairs(known: Iterable[str]) -> npt.NDArray[np.uint16]:
    pairs = np.zeros(1 << 10, np.uint16)
    for word in known:
        pairs[_place(word[:2])] |= 1 << len(word)
    return pairs


def _numeric() -> npt.NDArray[np.bool_]:
    numeric, stands = np.zeros(1 << 15, np.bool_), [*STANDS_FOR]
    ahead = {"ooo", *(word[:3] for word in WORDS), *(one + word[:2] for one in stands for word in WORDS)}
    ahead |= {one + other + third for one in stands for other in stands for third in {*stands, *(w[0] for w in WORDS)}}
    for letters in ahead:
        numeric[_place(letters)] = True
    return numeric


def _place(letters: str) -> int:
    """Five bits a letter."""
    place = 0
    for letter in letters:
        place = place << 5 | ord(letter) & 31
    return place


def _vocabulary(known: Mapping[str, int]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    slots, flags = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.uint8)
    for word, meaning in known.items():
        # Of a longer word the last eight letters are compared, which may be wrong: for what is read again it may be.
        if len(word) > (_WORDS_AT_MOST - 1 if meaning & (_CUE | _OTHER) else _WORDS_AT_MOST):
            raise ValueError(f"too long to be known in one step: {word}")
        packed = (int.from_bytes(word.encode()[-8:]) ^ len(word) << 57) & (1 << 64) - 1
        slot = (packed * _SPREAD & (1 << 64) - 1) >> 54
        while slots[slot] != 0:
            slot = (slot + 1) % _SLOTS
        slots[slot], flags[slot] = packed, meaning
    return slots, flags


@njit(cache=True, nogil=True)
def _meaning(folded, start, end, slots, flags):  # type: ignore[no-untyped-def]
    """What a word is known for."""
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


@njit(cache=True, nogil=True)
def _units(folded, start, end, digits, at, t):  # type: ignore[no-untyped-def]
    """Read a piece as digits; how many, or -1 where it is none: a letter must be a word's, or stand beside one."""
    place, count, sure, only_o = start, 0, False, True
    while place < end:
        char = folded[place]
        kind = t.kind[char]
        only_o &= char == 111
        if kind == _DIGIT:
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
            for digit in t.said[word]:
                if digit != 255:
                    digits[at + count] = digit
                    count += 1
            place, sure = place + length, True
        elif kind & (_STANDS | _STROKE):
            digits[at + count] = t.stands[char] if kind == _STANDS else np.uint8(49)
            count, place = count + 1, place + 1
        else:
            return -1
    return count if sure or only_o else -1


@njit(cache=True, nogil=True)
def _bracket_before(folded, first, place):  # type: ignore[no-untyped-def]
    """Whether an opening bracket stands before this place, with at most one space between."""
    if place > first and folded[place - 1] == 32:
        place -= 1
    return place > first and (folded[place - 1] == 40 or folded[place - 1] == 91 or folded[place - 1] == 123
                              or folded[place - 1] == 60)


@njit(cache=True, nogil=True)
def _skip_spaces(folded, place, last):  # type: ignore[no-untyped-def]
    """The place after at most three spaces."""
    for _ in range(3):
        if place < last and folded[place] == 32:
            place += 1
    return place


@njit(cache=True, nogil=True)
def _name_after(folded, place, last, t):  # type: ignore[no-untyped-def]
    """Whether a name may follow that was announced by the word which ends here ("IG: mawar.22")."""
    for _ in range(2):
        after = _skip_spaces(folded, place, last)
        signs = after
        while signs < last and (folded[signs] == 58 or folded[signs] == 61 or folded[signs] == 62 or folded[signs] == 64
                                or folded[signs] == 45):
            signs += 1
        name = _skip_spaces(folded, signs, last) if signs > after else after
        if signs > after and name < last and folded[name] == 64:
            name += 1
        end, telling, length = name, False, 0
        while end < last and end - name < _LONGEST_NAME and name > place:
            char = folded[end]
            kind = t.kind[char]
            if kind & _PLAIN:
                length = end + 1 - name
                telling |= kind == _DIGIT
            elif char != 46 and char != 95:
                break
            end += 1
        if length >= 4 and name > place:
            if signs > after or telling:
                return True
            for inner in range(name, name + length):
                if folded[inner] == 46 or folded[inner] == 95:
                    return True
        if signs > after or after > place + 1:
            return False
        place = after
        while place < last and t.kind[folded[place]] & (_LETTER | _STANDS):
            place += 1
        if place == after or place - after > _WORDS_AT_MOST:
            return False
        if not _meaning(folded, after, place, t.slots, t.flags) & _CALLED:
            return False
    return False


@njit(cache=True, nogil=True)
def _ends_in(digits, start, end, t):  # type: ignore[no-untyped-def]
    """The state of the numbering plan after these digits."""
    state = 0
    for place in range(start, end):
        state = t.next[state, digits[place] - _DIGITS]
    return state


@njit(cache=True, nogil=True)
def _home(digits, start, end, t):  # type: ignore[no-untyped-def]
    """The Indonesian number that these digits are after the country code, as 62…; 0 where they are none."""
    if start < end and digits[start] == _DIGITS and not (
            t.general[_ends_in(digits, start, end, t)] and not t.general[_ends_in(digits, start + 1, end, t)]):
        start += 1
    if not t.valid[_ends_in(digits, start, end, t)]:
        return np.int64(0)
    number = np.int64(62)
    for place in range(start, end):
        number = number * 10 + np.int64(digits[place] - _DIGITS)
    return number


@njit(cache=True, nogil=True)
def _could_be(digits, start, end):  # type: ignore[no-untyped-def]
    """`numbers._COULD_BE`, by hand."""
    count, first = end - start, start
    if digits[start] == 48:
        first += 1
        if count >= 10 and digits[start + 1] == 48:
            return digits[start + 2] >= 49 and count <= 16
    if digits[first] == 56 and digits[first + 1] >= 49 and 9 <= end - first <= 12:
        return True
    if first > start:
        return digits[first] >= 50 and 9 <= count <= 12
    return digits[start] == 54 and digits[start + 1] == 50 and 10 <= count <= 15


@njit(cache=True, nogil=True)
def _number(digits, start, end, plus, t):  # type: ignore[no-untyped-def]
    """`numbers.as_number`: the number, 0 for none, -1 where another country's plan must be asked."""
    home = digits[start] == 54 and digits[start + 1] == 50
    if plus:
        return _home(digits, start + 2, end, t) if home else np.int64(-1)
    if digits[start] == 48 and digits[start + 1] == 48:
        if digits[start + 2] != 54 or digits[start + 3] != 50:
            return np.int64(-1)
        return _home(digits, start + 4, end, t)
    if home:
        number = _home(digits, start + 2, end, t)
        return number if number else _home(digits, start, end, t)
    return _home(digits, start + (1 if digits[start] == 48 else 0), end, t)


@njit(cache=True, nogil=True)
def _plus_before(folded, first, place):  # type: ignore[no-untyped-def]
    for _ in range(2):
        if place > first and (folded[place - 1] == 40 or folded[place - 1] == 32):
            place -= 1
    return place > first and folded[place - 1] == 43


@njit(cache=True, nogil=True)
def _sign(p, left, count):  # type: ignore[no-untyped-def]
    return p.sign[left] if left + 1 < count else np.uint8(0)


@njit(cache=True, nogil=True)
def _two(p, digits, piece):  # type: ignore[no-untyped-def]
    """A piece of one or two digits as a number; 100 for any other."""
    at, count = p.at[piece], p.length[piece]
    if count == 1:
        return np.int64(digits[at] - _DIGITS)
    return np.int64(digits[at] - _DIGITS) * 10 + np.int64(digits[at + 1] - _DIGITS) if count == 2 else np.int64(100)


@njit(cache=True, nogil=True)
def _date(p, digits, first, count):  # type: ignore[no-untyped-def]
    sign = _sign(p, first, count)
    if (sign != 45 and sign != 47 and sign != 46) or _sign(p, first + 1, count) != sign or _sign(
            p, first + 2, count) == sign:
        return 0
    day, year = first, first + 2
    if p.length[day] == 4:
        day, year = year, day
    at = p.at[year]
    century = p.length[year] == 4 and ((digits[at] == 49 and digits[at + 1] == 57)
                                      or (digits[at] == 50 and digits[at + 1] == 48))
    return 3 if century and 1 <= _two(p, digits, day) <= 31 and 1 <= _two(p, digits, first + 1) <= 12 else 0


@njit(cache=True, nogil=True)
def _hour(p, digits, first, count):  # type: ignore[no-untyped-def]
    sign, length = _sign(p, first, count) if first < count else np.uint8(0), 1
    if sign != 58 and sign != 46:
        return 0, False
    while length <= 3 and _sign(p, first + length - 1, count) == sign:
        length += 1
    if length > 3:
        return 0, False
    for place in range(length):
        if p.length[first + place] != 2 or _two(p, digits, first + place) > (24 if place == 0 else 59):
            return 0, False
    return length, sign == 58


@njit(cache=True, nogil=True)
def _moment(p, digits, first, count):  # type: ignore[no-untyped-def]
    date = _date(p, digits, first, count)
    if date:
        return date
    length, colons = _hour(p, digits, first, count)
    if colons or not length:
        return length
    other, _ = _hour(p, digits, first + length, count)
    return length + other if other else 0


class _Pieces(NamedTuple):
    """The pieces of the run that is being read."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]  # its digits
    length: npt.NDArray[np.int64]
    sign: npt.NDArray[np.uint8]  # the one sign between it and the next, or 0
    flags: npt.NDArray[np.uint8]  # what the word before it means


@njit(cache=True, nogil=True)
def _goes_on_alike(p, first, last, folded):  # type: ignore[no-untyped-def]
    if last - first < 2:
        return False
    here, before = p.end[last - 1], p.end[last - 2]
    length = p.start[last] - here
    if length != p.start[last - 1] - before:
        return False
    for place in range(length):  # noqa: SIM110 - compiled
        if folded[here + place] != folded[before + place]:
            return False
    return True


@njit(cache=True, nogil=True)
def _longest(p, digits, first, count, text, folded, t):  # type: ignore[no-untyped-def]
    """`numbers._longest`: the number, 0 for none, -1 for one of another country, and the piece after it."""
    plus, begin, best, after = _plus_before(folded, text, p.start[first]), p.at[first], np.int64(0), first
    if p.flags[first] & _OTHER and not plus:
        return best, after
    for last in range(first, count):
        end = p.at[last] + p.length[last]
        if best and p.at[last] - begin >= t.whole and not _goes_on_alike(p, first, last, folded):
            break
        if end - begin > t.most_digits:
            break
        if end - begin < FEWEST_DIGITS:
            continue
        if not plus and (not _could_be(digits, begin, end) or (digits[begin] == 56 and not p.flags[first] & _CUE)):
            continue
        number = _number(digits, begin, end, plus, t)
        if number < 0:
            return number, last + 1
        if number > 0:
            best, after = number, last + 1
    return best, after


@njit(cache=True, nogil=True)
def _numbers(p, digits, count, row, text, folded, t, found, numbers, at):  # type: ignore[no-untyped-def]
    """Write the numbers of a run; how many there are by now, or -1 where another country's plan must be asked."""
    first = 0
    while first < count:
        moment = _moment(p, digits, first, count)
        if moment:
            first += moment
            continue
        number, after = _longest(p, digits, first, count, text, folded, t)
        if number < 0:
            return -1
        if number > 0:
            found[0, at], found[1, at], found[2, at] = row, p.start[first] - text, p.end[after - 1] - text
            numbers[at] = number
            at += 1
        first = after if number > 0 else first + 1
    return at


@njit(cache=True, nogil=True)
def _line_between(source, start, origin, left, right):  # type: ignore[no-untyped-def]
    """Whether a line ends between two places of the folded text."""
    for place in range(left, right):  # noqa: SIM110 - compiled
        if source[start + origin[place]] == 10:
            return True
    return False


@njit(cache=True, nogil=True)
def _code_point(folded, place):  # type: ignore[no-untyped-def]
    """The code point that begins here, and its length in bytes. The folded text is valid UTF-8."""
    lead = np.int32(folded[place])
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    char = lead & (0x7F >> length)
    for inner in range(1, length):
        char = (char << 6) | (np.int32(folded[place + inner]) & 0x3F)
    return char, length


@njit(cache=True, nogil=True)
def _scan(source, starts, folded, folds, origin, t, widest, found, numbers, odd):  # type: ignore[no-untyped-def]
    """Write every number that can be told here, and mark the texts that must be read. Returns how many numbers."""
    digits = np.empty(2 * widest, np.uint8)
    p = _Pieces(np.empty(widest, np.int64), np.empty(widest, np.int64), np.empty(widest, np.int64),
                np.empty(widest, np.int64), np.empty(widest, np.uint8), np.empty(widest, np.uint8))
    kinds, pairs, numeric, slots, meanings, total = t.kind, t.pairs, t.numeric, t.slots, t.flags, 0
    for row in range(folds.size - 1):
        text, last = folds[row], folds[row + 1] - 1
        mark, pieces, held, strange = total, 0, 0, False
        after, hidden, words_between, before, spelled, dot = text - 99, 0, False, np.uint8(0), False, text - 99
        place = text
        while place < last and not strange:
            char = folded[np.uint64(place)]
            kind = kinds[char]
            if kind == 0:
                place += 1
                if char == 32:
                    continue
                spelled, dot = False, text - 99
                if char == 46 or char == 44:
                    dot = place
                    strange = char == 46 and _bracket_before(folded, text, place - 1)
                elif char == 64 and place - 1 > text and place < last:
                    left, right = folded[place - 2], folded[place]
                    strange = (kinds[left] & _PLAIN or left == 46 or left == 95 or left == 37 or left == 43
                               or left == 45) and (kinds[right] & _PLAIN or right == 45)
                continue
            if kind == _LEAD:
                code, length = _code_point(folded, place)
                slot = np.searchsorted(t.signs, code)
                words_between = words_between or slot == t.signs.size or t.signs[slot] != code
                hidden, spelled, dot = hidden + length - 1, False, text - 99
                place += length
                continue
            end, mixed = place + 1, kind
            while True:  # the line feed after the text ends it, too
                kind = kinds[folded[np.uint64(end)]]
                if not kind & _PIECE:
                    break
                mixed |= kind
                end += 1
            length = end - place
            if mixed == _STROKE:  # a sign like others
                spelled, dot, place = False, text - 99, end
                continue
            flags, count, gap = np.uint8(0), -1, place - after - hidden
            if not mixed & (_DIGIT | _STROKE):
                pair = (np.uint64(folded[place] & 31) << np.uint64(5)) | np.uint64(folded[place + 1] & 31)
                if length == 1 or (length == 2 and pair == (15 << 5 | 15)):
                    if folded[place] == 111:  # "o" and "oo": nothing shorter is a number in letters
                        digits[held], digits[held + 1], count = 48, 48, length
                elif length > 2 and numeric[(pair << np.uint64(5)) | np.uint64(folded[place + 2] & 31)]:
                    count = _units(folded, place, end, digits, held, t)
                if length > 1 and pairs[pair] >> min(length, 15) & 1:
                    flags = _meaning(folded, place, end, slots, meanings)
                    strange = flags > 3 and _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t)
            elif mixed == _DIGIT:
                count = length
                for inner in range(length):
                    digits[held + inner] = folded[place + inner]
            elif mixed & _STROKE and mixed & (_LETTER | _STANDS):
                strange = True
            else:
                count = _units(folded, place, end, digits, held, t)
            spelled, dot = flags & _DOT != 0, text - 99
            if pieces > 0 and not (count >= 0 and gap <= t.widest_gap and not words_between and (
                    max(count, p.length[pieces - 1]) <= t.column
                    or not _line_between(source, starts[row], origin, after, place))):
                if held >= FEWEST_DIGITS:
                    total = _numbers(p, digits, pieces, row, text, folded, t, found, numbers, total)
                    strange = strange or total < 0
                for inner in range(count):
                    digits[inner] = digits[held + inner]
                pieces, held = 0, 0
            if count >= 0:
                if pieces > 0:
                    p.sign[pieces - 1] = folded[after] if place - after == 1 else np.uint8(0)
                p.start[pieces], p.end[pieces], p.at[pieces], p.length[pieces] = place, end, held, count
                p.flags[pieces] = before if gap <= 3 else np.uint8(0)
                pieces += 1
                held += count
            before, hidden, words_between, after, place = flags, 0, False, end, end
        if not strange and held >= FEWEST_DIGITS:
            total = _numbers(p, digits, pieces, row, text, folded, t, found, numbers, total)
            strange = total < 0
        if strange:
            odd[row], total = True, mark
    return total


@njit(cache=True, nogil=True)
def _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t):  # type: ignore[no-untyped-def]
    """Whether a known word may belong to a link, an address or a name. `dot` is the place after a dot or comma that
    nothing but spaces divides from the word."""
    if flags & _END and dot == place and folded[place - 1] == 46 and place - 2 >= text and t.kind[
            folded[place - 2]] & _PLAIN:
        return True
    if flags & _SPELLED and dot >= text and place - dot <= 3:
        if folded[dot - 1] == 46 and dot - 2 >= text and folded[dot - 2] == 32:
            return True
        slash = _skip_spaces(folded, end, last)
        if slash < last and folded[slash] == 47:
            return True
    return ((flags & _SPELLED != 0 and spelled and gap <= 3)
            or (flags & (_DOT | _AT) != 0 and _bracket_before(folded, text, place))
            or (flags & _SERVICE != 0 and _name_after(folded, end, last, t)))
