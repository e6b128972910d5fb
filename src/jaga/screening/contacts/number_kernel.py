"""Numbers in a run of digits: `numbers` compiled, with Indonesia's numbering plan as an automaton.

Of other countries' plans it asks: it notes the digits, which `kernel` looks up, and reads the text once more with the
answers. In another jurisdiction (`t.home`) a text with a possible number is left to `numbers`.

`kernel` cuts a text into pieces of digits and calls `numbers_of_run` for every run of them. Functions are named after
those in `numbers` where they do the same.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.screening.base.compiled import helper
from jaga.screening.contacts.numbers import FEWEST_DIGITS, MOST_FOREIGN
from jaga.screening.contacts.words import CUE, OTHER, ZERO


class Pieces(NamedTuple):
    """The pieces of the current run."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]  # Its digits.
    length: npt.NDArray[np.int64]
    sign: npt.NDArray[np.uint8]  # The single separator before the next piece, or 0.
    flags: npt.NDArray[np.uint8]  # Meaning of the preceding word.


class Abroad(NamedTuple):
    """What is known of numbers of other countries, and questions about them."""

    digits: npt.NDArray[np.int64]  # With the country code, ascending.
    numbers: npt.NDArray[np.int64]  # The number of these digits, 0 for none.
    asked: npt.NDArray[np.int64]  # Digits that are not known yet.
    state: npt.NDArray[np.int64]


PLACES, OPEN, ASKED = range(3)
"""Of `Abroad.state`: at how many places of this text a foreign number might begin so far, whether it met unknown
digits, and how many are `asked`."""


@helper
def _ends_in(digits, start, end, t):  # type: ignore[no-untyped-def]
    """The numbering plan's state after these digits."""
    state = 0
    for place in range(start, end):
        state = t.next[state, digits[place] - ZERO]
    return state


@helper
def _home(digits, start, end, t):  # type: ignore[no-untyped-def]
    """The Indonesian number with these digits after the country code, as 62…; 0 if invalid."""
    if (
        start < end
        and digits[start] == ZERO
        and not (t.general[_ends_in(digits, start, end, t)] and not t.general[_ends_in(digits, start + 1, end, t)])
    ):
        start += 1
    if not t.valid[_ends_in(digits, start, end, t)]:
        return np.int64(0)
    number = np.int64(62)
    for place in range(start, end):
        number = number * 10 + np.int64(digits[place] - ZERO)
    return number


@helper
def _could_be(digits, start, end, t):  # type: ignore[no-untyped-def]
    """`numbers._COULD_BE`, hand-coded; with a plan that is not compiled, everything could be a number."""
    count, first = end - start, start
    if digits[start] == 48:
        first += 1
        if count >= 10 and digits[start + 1] == 48:
            return digits[start + 2] >= 49 and count <= 16
    if t.home != 62:
        return t.home != 0
    if digits[first] == 56 and digits[first + 1] >= 49 and 9 <= end - first <= 12:
        return True
    if first > start:
        return digits[first] >= 50 and 9 <= count <= 12
    return digits[start] == 54 and digits[start + 1] == 50 and 10 <= count <= 15


@helper
def _number(digits, start, end, plus, t):  # type: ignore[no-untyped-def]
    """`numbers.as_number`: the number, 0 for none, -1 if another country's plan is needed."""
    home = t.home == 62 and digits[start] == 54 and digits[start + 1] == 50
    if plus:
        return _home(digits, start + 2, end, t) if home else np.int64(-1)
    if digits[start] == 48 and digits[start + 1] == 48:
        if t.home != 62 or digits[start + 2] != 54 or digits[start + 3] != 50:
            return np.int64(-1)
        return _home(digits, start + 4, end, t)
    if t.home != 62:
        return np.int64(-1)
    if home:
        number = _home(digits, start + 2, end, t)
        return number if number else _home(digits, start, end, t)
    return _home(digits, start + (1 if digits[start] == 48 else 0), end, t)


@helper
def _abroad(digits, start, end, t, abroad):  # type: ignore[no-untyped-def]
    """The number of these digits, 0 for none or as long as it is unknown."""
    state, begins = abroad.state, np.int64(0)
    for place in range(start, start + 3):
        begins = begins * 10 + np.int64(digits[place] - ZERO)
    if not t.abroad[begins] >> (end - start) & 1:
        return np.int64(0)
    written, known = np.int64(0), abroad.digits
    for place in range(start, end):
        written = written * 10 + np.int64(digits[place] - ZERO)
    at = np.searchsorted(known, written)
    if at < known.size and known[at] == written:
        return abroad.numbers[at]
    state[OPEN] = 1
    if state[ASKED] < abroad.asked.size:
        abroad.asked[state[ASKED]] = written
        state[ASKED] += 1
    return np.int64(0)


@helper
def _begins_abroad(p, digits, piece, count, text, folded):  # type: ignore[no-untyped-def]
    """`numbers._begins_abroad`."""
    begin, end = p.at[piece], p.at[count - 1] + p.length[count - 1]
    if not _plus_before(folded, text, p.start[piece]):
        if end - begin < 2 or digits[begin] != ZERO or digits[begin + 1] != ZERO:
            return False
        begin += 2
    if begin == end or digits[begin] == ZERO:
        return begin == end
    return end - begin < 2 or digits[begin] != 54 or digits[begin + 1] != 50


@helper
def _plus_before(folded, first, place):  # type: ignore[no-untyped-def]
    for _ in range(2):
        if place > first and (folded[place - 1] == 40 or folded[place - 1] == 32):
            place -= 1
    return place > first and folded[place - 1] == 43


@helper
def _sign(p, left, count):  # type: ignore[no-untyped-def]
    return p.sign[left] if left + 1 < count else np.uint8(0)


@helper
def _two(p, digits, piece):  # type: ignore[no-untyped-def]
    """A piece of one or two digits as a number; 100 for any other."""
    at, count = p.at[piece], p.length[piece]
    if count == 1:
        return np.int64(digits[at] - ZERO)
    return np.int64(digits[at] - ZERO) * 10 + np.int64(digits[at + 1] - ZERO) if count == 2 else np.int64(100)


@helper
def _date(p, digits, first, count):  # type: ignore[no-untyped-def]
    sign = _sign(p, first, count)
    if (
        (sign != 45 and sign != 47 and sign != 46)
        or _sign(p, first + 1, count) != sign
        or _sign(p, first + 2, count) == sign
    ):
        return 0
    day, year = first, first + 2
    if p.length[day] == 4:
        day, year = year, day
    at = p.at[year]
    century = p.length[year] == 4 and (
        (digits[at] == 49 and digits[at + 1] == 57) or (digits[at] == 50 and digits[at + 1] == 48)
    )
    return 3 if century and 1 <= _two(p, digits, day) <= 31 and 1 <= _two(p, digits, first + 1) <= 12 else 0


@helper
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


@helper
def _moment(p, digits, first, count):  # type: ignore[no-untyped-def]
    date = _date(p, digits, first, count)
    if date:
        return date
    length, colons = _hour(p, digits, first, count)
    if colons or not length:
        return length
    other, _ = _hour(p, digits, first + length, count)
    return length + other if other else 0


@helper
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


@helper
def _longest(p, digits, first, count, text, folded, t, abroad):  # type: ignore[no-untyped-def]
    """`numbers._longest`: the number, 0 for none, -1 if its plan is not known here, and the piece after it."""
    plus, begin, best, after = _plus_before(folded, text, p.start[first]), p.at[first], np.int64(0), first
    if p.flags[first] & OTHER and not plus:
        return best, after
    for last in range(first, count):
        end = p.at[last] + p.length[last]
        if best and p.at[last] - begin >= t.whole and not _goes_on_alike(p, first, last, folded):
            break
        if end - begin > t.most_digits:
            break
        if end - begin < FEWEST_DIGITS:
            continue
        if not plus and (
            not _could_be(digits, begin, end, t) or (t.home == 62 and digits[begin] == 56 and not p.flags[first] & CUE)
        ):
            continue
        number = _number(digits, begin, end, plus, t)
        if number < 0:
            if t.home != 62:
                return number, last + 1
            number = _abroad(digits, begin if plus else begin + 2, end, t, abroad)
        if number > 0:
            best, after = number, last + 1
    return best, after


@helper
def numbers_of_run(p, digits, count, row, text, folded, t, abroad, found, numbers, at):  # type: ignore[no-untyped-def]
    """Write the numbers of a run; returns their total, or -1 if a plan is needed that is not known here."""
    first, last_abroad = np.int64(0), count  # The first piece at which no more foreign number may begin.
    for piece in range(count):
        if _begins_abroad(p, digits, piece, count, text, folded):
            abroad.state[PLACES] += 1
            if abroad.state[PLACES] > MOST_FOREIGN:
                last_abroad = min(last_abroad, piece)
    while first < count:
        moment = _moment(p, digits, first, count)
        if moment:
            first += moment
            continue
        if first >= last_abroad and _begins_abroad(p, digits, first, count, text, folded):
            first += 1
            continue
        number, after = _longest(p, digits, first, count, text, folded, t, abroad)
        if number < 0:
            return -1
        if number > 0:
            found[0, at], found[1, at], found[2, at] = row, p.start[first] - text, p.end[after - 1] - text
            numbers[at] = number
            at += 1
        first = after if number > 0 else first + 1
    return at
