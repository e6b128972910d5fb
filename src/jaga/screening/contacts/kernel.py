"""Contacts in blocks of texts: equal to `contacts`, in one pass over the folded bytes.

The pass fully reads numbers (`number_kernel`); texts with digits of other countries are read again when these have been
looked up. For anything else (links, addresses, handles) it only marks what a text *may* contain; `quick` looks for that
alone. Texts with a number that the pass cannot read go to the readable definition.
`tests/screening/contacts/test_kernel.py` checks both for equality.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.base.compiled import helper
from jaga.screening.contacts import hosts_kernel
from jaga.screening.contacts.contacts import SERVICES, Contact, found_in
from jaga.screening.contacts.number_kernel import ASKED, OPEN, PLACES, Abroad, Pieces, numbers_of_run
from jaga.screening.contacts.numbers import FEWEST_DIGITS, as_number
from jaga.screening.contacts.sieve import HANDLE, HOST_NAME, MAIL, SPELLED_OUT, UNREAD, names_in, worth_reading
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
_MOST_ROUNDS, _MOST_ASKED = 6, 1 << 15
_SITE_KEYS = np.array([_KEYS[kind] for kind in hosts_kernel.SERVICE_OF], np.int32)


class Contacts(NamedTuple):
    """All contact occurrences in a block.

    `hits.key` is an index into `KINDS`.

    `number` is a hit's E.164 number without its plus if the pass read it; `read` holds the value of each other hit.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    read: dict[int, str]

    def value(self, hit: int) -> str:
        """The canonical form of one hit: `tel:+62…`, `telegram:…`, `link:…`."""
        number = int(self.number[hit])
        return f"tel:+{number}" if number else self.read[hit]


class FirstPass(NamedTuple):
    """The result of the pass alone: numbers, and texts that *may* contain more.

    A text neither in `hits.row` nor in `maybe` has no contact.
    """

    hits: Hits
    number: npt.NDArray[np.int64]
    maybe: npt.NDArray[np.intp]
    why: npt.NDArray[np.uint8]
    """For each of `maybe` what the text may contain: bits of `quick`."""


def contacts_of_block(block: TextBlock) -> Contacts:
    """Every contact of every text, by text and place."""
    return read_rest(block, first_pass(block))


def first_pass(block: TextBlock) -> FirstPass:
    """Run the pass over a block: some hundred nanoseconds per text.

    `maybe` may contain false positives, never false negatives.
    """
    tables = tables_of_words()
    widest = int(np.diff(block.folds).max(initial=0)) + 1
    most = len(block.folded) // FEWEST_DIGITS + 1
    found = np.empty((3, most), np.int32)
    numbers, why = np.empty(most, np.int64), np.zeros(len(block.folds) - 1, np.uint8)
    unanswered, answers, count = np.zeros(len(why), np.bool_), dict[int, int](), 0
    rows = np.flatnonzero(worth_reading(block.folded, block.folds, tables))
    for _ in range(_MOST_ROUNDS):
        abroad = Abroad(*_columns(answers), np.empty(_MOST_ASKED, np.int64), np.zeros(3, np.int64))
        count = _scan(
            block.source,
            block.starts,
            block.folded,
            block.folds,
            block.origin,
            tables,
            rows,
            widest,
            abroad,
            found,
            numbers,
            count,
            why,
            unanswered,
        )
        rows = np.flatnonzero(unanswered)
        if not len(rows):
            break
        answers |= {one: _number_abroad(one) for one in abroad.asked[: abroad.state[ASKED]].tolist()}
    else:
        why[rows] |= np.uint8(UNREAD)
    row, start, end = found[:, :count]
    if answers:
        order = np.argsort(row, kind="stable")
        row, start, end = row[order], start[order], end[order]
        numbers[:count] = numbers[order]
    maybe = np.flatnonzero(why)
    return FirstPass(Hits(row, np.zeros(count, np.int32), start, end), numbers[:count], maybe, why[maybe])


def _columns(answers: dict[int, int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    known = sorted(answers)
    return np.array(known, np.int64), np.array([answers[one] for one in known], np.int64)


def _number_abroad(digits: int) -> int:
    """The number of these digits, which begin with a country code; 0 for none."""
    number = as_number(str(digits), international=True)
    return int(number[0]) if number else 0


def read_rest(block: TextBlock, first: FirstPass) -> Contacts:
    """The numbers of the pass, and all contacts of the texts in `maybe`: some ten microseconds each."""
    hits, numbers = first.hits, first.number
    easy = np.flatnonzero(first.why & ~np.uint8(HOST_NAME | SPELLED_OUT) == 0)
    sites, was_read = hosts_kernel.read(
        block.folded,
        block.folds,
        first.maybe[easy],
        hosts_kernel.WORDS,
        hosts_kernel.MEANINGS,
        hits.row,
        hits.start,
        hits.end,
    )
    left = np.delete(np.arange(len(first.maybe)), easy[was_read])
    found = [
        (row, contact)
        for row, contacts in _read(block, first._replace(maybe=first.maybe[left], why=first.why[left]))
        for contact in contacts
    ]
    values = [*_site_values(block, sites), *(contact.value for _, contact in found)]
    if not values:
        return Contacts(hits, numbers, {})
    others = (
        np.array(
            [(row, _KEYS[contact.value.partition(":")[0]], contact.start, contact.end) for row, contact in found],
            np.int32,
        )
        .reshape(-1, 4)
        .T
    )
    added = np.concatenate(((sites[0], _SITE_KEYS[sites[1]], sites[2], sites[3]), others), axis=1)
    both = Hits(*(np.concatenate(pair) for pair in zip(hits, added, strict=True)))
    order = np.lexsort((-both.end, both.start, both.row))
    numbers = np.concatenate([numbers, np.zeros(len(values), np.int64)])
    there = len(hits.row)
    read = {place: values[old - there] for place, old in enumerate(order.tolist()) if old >= there}
    return Contacts(Hits(*(one[order] for one in both)), numbers[order], read)


def _site_values(block: TextBlock, sites: npt.NDArray[np.int32]) -> Iterator[str]:
    """The values of the contacts that `hosts_kernel` read."""
    folded = block.folded.tobytes() if sites.shape[1] else b""
    for kind, begin, name, end in zip(
        sites[1].tolist(), block.folds[sites[0]].tolist(), sites[4].tolist(), sites[5].tolist(), strict=True
    ):
        yield f"{hosts_kernel.SERVICE_OF[kind]}:{folded[begin + name : begin + end].decode()}"


def _read(block: TextBlock, first: FirstPass) -> Iterator[tuple[int, list[Contact]]]:
    """The rows of `maybe`, and for each the contacts that the pass has not read, with byte offsets in the folded
    text.
    """
    by_text: dict[str, list[Contact]] = {}  # Advertisements come in copies.
    folds = block.folds.tolist()
    folded = _lined(block.source, block.starts, block.folded, block.folds, block.origin, first.maybe).tobytes()
    begins = np.searchsorted(first.hits.row, first.maybe).tolist()
    ends = np.searchsorted(first.hits.row, first.maybe, side="right").tolist()
    for row, why, begin, end in zip(first.maybe.tolist(), first.why.tolist(), begins, ends, strict=True):
        raw = folded[folds[row] : folds[row + 1] - 1]
        text = raw.decode()
        places = (
            None
            if len(text) == len(raw)
            else np.flatnonzero(np.append((np.frombuffer(raw, np.uint8) & 0xC0) != 0x80, True))
        )
        contacts = by_text.get(text)
        if contacts is None:
            numbers = _spans(first.hits, begin, end, places)
            contacts = by_text[text] = found_in(text) if why & UNREAD else names_in(text, why, numbers)
        yield (
            row,
            contacts
            if places is None
            else [Contact(one.value, one.masked, int(places[one.start]), int(places[one.end])) for one in contacts],
        )


@njit(cache=True, nogil=True)
def _lined(source, starts, folded, folds, origin, rows):  # type: ignore[no-untyped-def]
    """A copy of the folded texts that has the line ends of these rows, which are spaces in the folded form."""
    lined = folded.copy()
    for row in rows:
        start = starts[row]
        for place in range(folds[row], folds[row + 1] - 1):
            if folded[place] == 32 and source[start + origin[place]] == 10:
                lined[place] = 10
    return lined


def _spans(hits: Hits, begin: int, end: int, places: npt.NDArray[np.intp] | None) -> list[tuple[int, int]]:
    """Where these hits stand in the visible text, whose characters stand at `places` in the folded one."""
    if begin == end:
        return []
    spans = np.stack((hits.start[begin:end], hits.end[begin:end]))
    start, stop = (spans if places is None else np.searchsorted(places, spans)).tolist()
    return list(zip(start, stop, strict=True))


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
def _scan(  # type: ignore[no-untyped-def]
    source,
    starts,
    folded,
    folds,
    origin,
    t,
    rows,
    widest,
    abroad,
    found,
    numbers,
    total,
    why,
    unanswered,
):
    """Write every number that can be decided here, from place `total` on, and what else a text may contain; returns
    the count of numbers.

    Other texts than `rows` are skipped. Of a text that is `UNREAD` no number is written, nor of one that is
    `unanswered`, as long as it asks about digits that are not known.
    """
    digits = np.empty(2 * widest, np.uint8)
    p = Pieces(
        np.empty(widest, np.int64),
        np.empty(widest, np.int64),
        np.empty(widest, np.int64),
        np.empty(widest, np.int64),
        np.empty(widest, np.uint8),
        np.empty(widest, np.uint8),
    )
    kinds, pairs, numeric, slots, meanings = t.kind, t.pairs, t.numeric, t.slots, t.flags
    state = abroad.state
    for row in rows:
        text, last = folds[row], folds[row + 1] - 1
        state[PLACES], state[OPEN] = 0, 0
        mark, pieces, held, more = total, np.int64(0), np.int64(0), np.uint8(0)
        after, hidden, words_between, before = text - 99, 0, False, np.uint8(0)
        spelled, dot = np.bool_(False), text - 99
        place = text
        while place < last and not more & UNREAD:
            char = folded[np.uint64(place)]
            kind = kinds[char]
            if kind == 0:
                place += 1
                if char == 32:
                    continue
                spelled, dot = np.bool_(False), text - 99
                if char == 46 or char == 44:
                    dot = place
                    if char == 46 and bracket_before(folded, text, place - 1):
                        more |= np.uint8(SPELLED_OUT)
                elif char == 64 and place - 1 > text and place < last:
                    left, right = folded[place - 2], folded[place]
                    if (kinds[left] & PLAIN or left == 46 or left == 95 or left == 37 or left == 43 or left == 45) and (
                        kinds[right] & PLAIN or right == 45
                    ):
                        more |= np.uint8(MAIL)
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
                    if flags > 3:
                        more |= _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t)
            elif mixed == DIGIT:
                count = length
                for inner in range(length):
                    digits[held + inner] = folded[place + inner]
            elif mixed & STROKE and mixed & (LETTER | STANDS):
                more |= np.uint8(UNREAD)
            else:
                count = units(folded, place, end, digits, held, t)
            spelled, dot = flags & DOT != 0, text - 99
            if pieces > 0 and not (
                count >= 0
                and gap <= t.widest_gap
                and not words_between
                and (
                    max(count, p.length[pieces - 1]) <= t.column
                    or not _line_between(source, starts[row], origin, after, place)
                )
            ):
                if held >= FEWEST_DIGITS:
                    total = numbers_of_run(p, digits, pieces, row, text, folded, t, abroad, found, numbers, total)
                    if total < 0:
                        more |= np.uint8(UNREAD)
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
        if not more & UNREAD and held >= FEWEST_DIGITS:
            total = numbers_of_run(p, digits, pieces, row, text, folded, t, abroad, found, numbers, total)
            if total < 0:
                more |= np.uint8(UNREAD)
        unanswered[row] = state[OPEN] != 0 and not more & UNREAD
        if more & UNREAD or unanswered[row]:
            total = mark
        why[row] = more
    return total


@helper
def _may_be_more(folded, text, place, end, last, flags, dot, spelled, gap, t):  # type: ignore[no-untyped-def]
    """Whether a known word may belong to a link, an address or a name: bits of `quick`.

    `dot` is the place after a dot or comma separated from the word only by spaces.
    """
    more = np.uint8(0)
    if (
        flags & END
        and dot == place
        and folded[place - 1] == 46
        and place - 2 >= text
        and t.kind[folded[place - 2]] & PLAIN
    ):
        more |= np.uint8(HOST_NAME)
    if flags & SPELLED and dot >= text and place - dot <= 3:
        if folded[dot - 1] == 46 and dot - 2 >= text and folded[dot - 2] == 32:
            more |= np.uint8(SPELLED_OUT)
        slash = skip_spaces(folded, end, last)
        if slash < last and folded[slash] == 47:
            more |= np.uint8(SPELLED_OUT)
    if (flags & SPELLED != 0 and spelled and gap <= 3) or (
        flags & (DOT | AT) != 0 and bracket_before(folded, text, place)
    ):
        more |= np.uint8(SPELLED_OUT)
    if flags & SERVICE and name_after(folded, end, last, t):
        more |= np.uint8(HANDLE)
    return more
