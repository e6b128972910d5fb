"""Contacts in blocks of texts: equal to `contacts`, in one pass over the folded bytes.

The pass fully reads numbers (`number_kernel`). For anything rarer (links, addresses, handles, foreign numbers) it only
marks texts that *may* contain some; those few go to the readable definition.
`tests/screening/contacts/test_kernel.py` checks both for equality.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.base.compiled import helper
from jaga.screening.contacts.contacts import SERVICES, Contact, found_in
from jaga.screening.contacts.number_kernel import Pieces, numbers_of_run
from jaga.screening.contacts.numbers import FEWEST_DIGITS
from jaga.screening.contacts.sieve import worth_reading
from jaga.screening.contacts.words import (
    AT,
    DIGIT,
    DOT,
    END,
    LEAD,
    LETTER,
    PIECE,
    PLAIN,
    SERVICE,
    SPELLED,
    STANDS,
    STROKE,
    bracket_before,
    meaning_of,
    name_after,
    skip_spaces,
    tables_of_words,
    units,
)
from jaga.screening.text.block import Hits, TextBlock

KINDS = ("tel", "link", "mail", *sorted({*SERVICES.values(), "whatsapp-link", "whatsapp-group", "linktree"}))
"""Indices for `Hits.key`: the part of a contact's value before the colon."""
_KEYS = {kind: key for key, kind in enumerate(KINDS)}


class Contacts(NamedTuple):
    """All contact occurrences in a block.

    `hits.key` is an index into `KINDS`.

    `number` is a hit's E.164 number without its plus if the pass read it; `read` holds the contact of each other hit.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    read: dict[int, Contact]

    def value(self, hit: int) -> str:
        """The canonical form of one hit: `tel:+62…`, `telegram:…`, `link:…`."""
        number = int(self.number[hit])
        return f"tel:+{number}" if number else self.read[hit].value


class FirstPass(NamedTuple):
    """The result of the pass alone: numbers, and texts that *may* contain more.

    A text neither in `hits.row` nor in `maybe` has no contact.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    maybe: npt.NDArray[np.intp]


def contacts_of_block(block: TextBlock) -> Contacts:
    """Every contact of every text, by text and place."""
    first = first_pass(block)
    return read_rest(block, first, first.maybe)


def first_pass(block: TextBlock) -> FirstPass:
    """Run the pass over a block: some hundred nanoseconds per text.

    `maybe` may contain false positives, never false negatives.
    """
    tables = tables_of_words()
    widest = int(np.diff(block.folds).max(initial=0)) + 1
    most = len(block.folded) // FEWEST_DIGITS + 1
    found = np.empty((3, most), np.int32)
    numbers, odd = np.empty(most, np.int64), np.zeros(len(block.folds) - 1, np.bool_)
    worth = worth_reading(block.folded, block.folds, tables)
    count = _scan(block.source, block.starts, block.folded, block.folds, block.origin, tables, worth, widest, found,
                  numbers, odd)
    row, start, end = found[:, :count]
    return FirstPass(Hits(row, np.zeros(count, np.int32), start, end), numbers[:count], np.flatnonzero(odd))


def read_rest(block: TextBlock, first: FirstPass, rows: npt.NDArray[np.intp]) -> Contacts:
    """The numbers of the pass, and all contacts in the requested rows of `maybe`: about forty microseconds each."""
    return _with_read(block, first.hits, first.number, rows)


def _with_read(block: TextBlock, hits: Hits, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]) -> Contacts:
    """Add what the readable definition finds in the texts the pass left to it."""
    by_text: dict[str, list[Contact]] = {}  # Advertisements come in copies.
    found = [(row, contact) for row in rows for contact in _read(block, int(row), by_text)]
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


def _read(block: TextBlock, row: int, by_text: dict[str, list[Contact]]) -> Iterator[Contact]:
    """One text's contacts by the readable definition, with byte offsets in the folded text.

    `by_text` caches texts already read.
    """
    first, last = block.folds[row], block.folds[row + 1] - 1
    raw = block.folded[first:last]
    visible_text = raw.tobytes().decode()
    source = block.source[block.starts[row]:block.starts[row + 1]]
    places = None if len(visible_text) == len(raw) else np.flatnonzero(np.append((raw & 0xC0) != 0x80, True))
    if (source == 10).any():  # Line ends, which become spaces in the folded text.
        broken = (raw == 32) & (source[block.origin[first:last]] == 10)
        chars = list(visible_text)
        for place in np.flatnonzero(broken if places is None else broken[places[:-1]]):
            chars[place] = "\n"
        visible_text = "".join(chars)
    if visible_text not in by_text:
        by_text[visible_text] = found_in(visible_text)
    for contact in by_text[visible_text]:
        yield contact if places is None else Contact(
            contact.value, contact.masked, int(places[contact.start]), int(places[contact.end]))


@helper
def _line_between(source, start, origin, left, right):  # type: ignore[no-untyped-def]
    """Whether a line ends between two places of the folded text."""
    for place in range(left, right):  # noqa: SIM110 - compiled
        if source[start + origin[place]] == 10:
            return True
    return False


@helper
def _code_point(folded, place):  # type: ignore[no-untyped-def]
    """The code point here, and its length in bytes. The folded text is valid UTF-8."""
    lead = np.int32(folded[place])
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    char = lead & (0x7F >> length)
    for inner in range(1, length):
        char = (char << 6) | (np.int32(folded[place + inner]) & 0x3F)
    return char, length


@njit(cache=True, nogil=True)
def _scan(source, starts, folded, folds, origin, t, worth, widest, found, numbers, odd):  # type: ignore[no-untyped-def]
    """Write every number that can be decided here, and mark texts for the full reading; returns the count of numbers.

    Texts that are not `worth` it are skipped.
    """
    digits = np.empty(2 * widest, np.uint8)
    p = Pieces(np.empty(widest, np.int64), np.empty(widest, np.int64), np.empty(widest, np.int64),
                np.empty(widest, np.int64), np.empty(widest, np.uint8), np.empty(widest, np.uint8))
    kinds, pairs, numeric, slots, meanings = t.kind, t.pairs, t.numeric, t.slots, t.flags
    total = np.int64(0)  # a plain 0 would compile what it is passed to once more (base.compiled)
    for row in np.flatnonzero(worth):
        text, last = folds[row], folds[row + 1] - 1
        mark, pieces, held, strange = total, np.int64(0), np.int64(0), False
        after, hidden, words_between, before = text - 99, 0, False, np.uint8(0)
        spelled, dot = np.bool_(False), text - 99
        place = text
        while place < last and not strange:
            char = folded[np.uint64(place)]
            kind = kinds[char]
            if kind == 0:
                place += 1
                if char == 32:
                    continue
                spelled, dot = np.bool_(False), text - 99
                if char == 46 or char == 44:
                    dot = place
                    strange = char == 46 and bracket_before(folded, text, place - 1)
                elif char == 64 and place - 1 > text and place < last:
                    left, right = folded[place - 2], folded[place]
                    strange = (kinds[left] & PLAIN or left == 46 or left == 95 or left == 37 or left == 43
                               or left == 45) and (kinds[right] & PLAIN or right == 45)
                continue
            if kind == LEAD:
                code, length = _code_point(folded, place)
                slot = np.searchsorted(t.signs, code)
                words_between = words_between or slot == t.signs.size or t.signs[slot] != code
                hidden, spelled, dot = hidden + length - 1, np.bool_(False), text - 99
                place += length
                continue
            end, mixed = place + 1, kind
            while True:  # The line feed after the text ends it, too.
                kind = kinds[folded[np.uint64(end)]]
                if not kind & PIECE:
                    break
                mixed |= kind
                end += 1
            length = end - place
            if mixed == STROKE:  # A separator like others.
                spelled, dot, place = np.bool_(False), text - 99, end
                continue
            flags, count, gap = np.uint8(0), -1, place - after - hidden
            if not mixed & (DIGIT | STROKE):
                pair = (np.uint64(folded[place] & 31) << np.uint64(5)) | np.uint64(folded[place + 1] & 31)
                if length == 1 or (length == 2 and pair == (15 << 5 | 15)):
                    if folded[place] == 111:  # "o" and "oo": nothing shorter is a spelled-out number.
                        digits[held], digits[held + 1], count = 48, 48, length
                elif length > 2 and numeric[(pair << np.uint64(5)) | np.uint64(folded[place + 2] & 31)]:
                    count = units(folded, place, end, digits, held, t)
                if length > 1 and pairs[pair] >> min(length, 15) & 1:
                    flags = meaning_of(folded, place, end, slots, meanings)
                    strange = flags > 3 and _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t)
            elif mixed == DIGIT:
                count = length
                for inner in range(length):
                    digits[held + inner] = folded[place + inner]
            elif mixed & STROKE and mixed & (LETTER | STANDS):
                strange = True
            else:
                count = units(folded, place, end, digits, held, t)
            spelled, dot = flags & DOT != 0, text - 99
            if pieces > 0 and not (count >= 0 and gap <= t.widest_gap and not words_between and (
                    max(count, p.length[pieces - 1]) <= t.column
                    or not _line_between(source, starts[row], origin, after, place))):
                if held >= FEWEST_DIGITS:
                    total = numbers_of_run(p, digits, pieces, row, text, folded, t, found, numbers, total)
                    strange = strange or total < 0
                for inner in range(count):
                    digits[inner] = digits[held + inner]
                pieces, held = np.int64(0), np.int64(0)
            if count >= 0:
                if pieces > 0:
                    p.sign[pieces - 1] = folded[after] if place - after == 1 else np.uint8(0)
                p.start[pieces], p.end[pieces], p.at[pieces], p.length[pieces] = place, end, held, count
                p.flags[pieces] = before if gap <= 3 else np.uint8(0)
                pieces += 1
                held += count
            before, hidden, words_between, after, place = flags, 0, False, end, end
        if not strange and held >= FEWEST_DIGITS:
            total = numbers_of_run(p, digits, pieces, row, text, folded, t, found, numbers, total)
            strange = total < 0
        if strange:
            odd[row], total = True, mark
    return total


@helper
def _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t):  # type: ignore[no-untyped-def]
    """Whether a known word may belong to a link, an address or a name.

    `dot` is the place after a dot or comma separated from the word only by spaces.
    """
    if flags & END and dot == place and folded[place - 1] == 46 and place - 2 >= text and t.kind[
            folded[place - 2]] & PLAIN:
        return True
    if flags & SPELLED and dot >= text and place - dot <= 3:
        if folded[dot - 1] == 46 and dot - 2 >= text and folded[dot - 2] == 32:
            return True
        slash = skip_spaces(folded, end, last)
        if slash < last and folded[slash] == 47:
            return True
    return ((flags & SPELLED != 0 and spelled and gap <= 3)
            or (flags & (DOT | AT) != 0 and bracket_before(folded, text, place))
            or (flags & SERVICE != 0 and name_after(folded, end, last, t)))
