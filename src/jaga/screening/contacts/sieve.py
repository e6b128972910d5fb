"""A prefilter for the contact pass: most texts contain neither number nor name and are skipped.

It looks for what every contact needs: eight digits or digit words in a row, a word that announces a name, or a sign of
an address. It has false positives but no false negatives.

Links, addresses and handles of a text of which it is known what it may contain: equal to `contacts`, sooner done.

The patterns of `contacts` are tried only where they can begin to match: a link or a web address has a dot before a
top-level domain, which is quickly found, and begins at the beginning of the word there.
"""

import re
from collections.abc import Iterator

import numpy as np
from numba import njit

from jaga.screening.base.compiled import helper
from jaga.screening.contacts.contacts import (
    DOT_SPELLED,
    ENDS,
    HOST,
    LINKS,
    Contact,
    handles_in,
    in_order,
    joined_parts,
    links_at,
    mails_in,
    sites_at,
)
from jaga.screening.contacts.numbers import FEWEST_DIGITS
from jaga.screening.contacts.words import (
    DIGIT,
    DOT,
    LETTER,
    PIECE,
    PLAIN,
    SERVICE,
    STANDS,
    meaning_of,
    name_after,
    skip_spaces,
    units,
)
from jaga.screening.text.visible import Visible

HOST_NAME, MAIL, HANDLE, SPELLED_OUT, UNREAD = (1 << bit for bit in range(5))
"""What a text may contain: a dot before a top-level domain, an address, a handle, a sign that is spelled out, a number
that only the readable definition reads."""
_NAMES = HOST_NAME | MAIL | HANDLE
_SPELLED = "|".join(DOT_SPELLED)
_APART = re.compile(
    r"[\[({<\s.,/](?:(?<=[\[({<])\s?(?:at|et|dot|titik|\.)\s?[\])}>]"
    rf"|(?<=\s)(?:/|(?:dot|titik)\s{{1,3}}(?:{_SPELLED})\b|\.\s{{0,3}}(?:{_SPELLED})\b)"
    r"|(?<=[.,])\s{1,3}(?:me|com|ee|gg)\s{0,3}/|(?<=/)\s)",
    re.ASCII,
)
"""Whether `joined_parts` changes the text."""
_DOT = re.compile(r"\.([a-z]{2,9})(?![a-z0-9\-])", re.ASCII)
LINKED = frozenset(
    (
        "wa",
        "whatsapp",
        "t",
        "telegram",
        "instagram",
        "ig",
        "twitter",
        "x",
        "facebook",
        "fb",
        "tiktok",
        "line",
        "linktr",
        "discord",
    )
)
"""The words before the last dot of a host in `LINKS`."""
_LONGEST_LINKED = max(map(len, LINKED))
_IN_WORDS = "abcdefghijklmnopqrstuvwxyz0123456789_"
_IN_HOSTS = f"{_IN_WORDS}@.-"
_SCHEMES = ("https://", "http://")


def names_in(visible_text: str, may: int, numbers: list[tuple[int, int]]) -> list[Contact]:
    """`found_in` without telephone numbers that are not links; these are given by their places.

    `may` has the bits of what the text may contain as it stands.
    """
    read = Visible(visible_text, range(len(visible_text)), range(1, len(visible_text) + 1))
    if _APART.search(visible_text):
        read, may = joined_parts(read), _NAMES
    dots = [match.start() for match in _DOT.finditer(read.text) if match[1] in ENDS] if may & HOST_NAME else []
    found = [*links_at(read, _links(read.text, dots))] if dots else []
    if may & MAIL:
        found += mails_in(read)
    if may & HANDLE:
        found += handles_in(read)
    if dots:
        taken = [Contact("", "", start, end) for start, end in numbers]
        found += sites_at(read, _hosts(read.text, dots), [*found, *taken])
    return in_order(found)


def _links(text: str, dots: list[int]) -> Iterator[re.Match[str]]:
    """The matches of `LINKS`, given the dots before top-level domains."""
    end = 0
    for dot in dots:
        before = text[max(0, dot - _LONGEST_LINKED - 1) : dot]
        word = before[len(before.rstrip(_IN_WORDS)) :]
        if word not in LINKED:
            continue
        start = dot - len(word)
        for begin in (start - len("chat."), start) if text.endswith("chat.", 0, start) else (start,):
            match = LINKS.match(text, begin) if begin >= end else None
            if match:
                yield match
                end = match.end()


def _hosts(text: str, dots: list[int]) -> Iterator[re.Match[str]]:
    """The matches of `HOST` whose end is a top-level domain, given the dots before these; others may be left out."""
    end = seen = 0
    for dot in dots:
        start = seen + len(text[seen:dot].rstrip(_IN_HOSTS))
        if start == seen > 0:
            continue  # The word is the one of the dot before.
        seen = dot
        scheme = next((one for one in _SCHEMES if text.endswith(one, 0, start)), "")
        begins = (start - len(scheme), start) if scheme else (start,)
        if text.endswith("/", 0, begins[0]):  # The address before may have taken the first character of this one.
            yield from (match for match in HOST.finditer(text, end) if match.start() >= end)
            return
        for begin in begins:
            match = HOST.match(text, begin) if begin >= end else None
            if match:
                yield match
                end = match.end()


_LONGEST_PIECE = 48  # Bytes of letters and digits; texts with a longer piece go to the pass.
_LEFT_OF_AT = tuple(b"._%+-")
_IN_BRACKETS = tuple(b".date")  # First characters of "(.)", "[dot]", "{titik}", "<at>" and "(et)".
_A, _0, _SPACE, _FULL_STOP, _COMMA, _SLASH, _AT, _STROKE, _HYPHEN, _O = map(ord, "a0 .,/@|-o")
_BRACKETS = tuple(b"([{<")


@njit(cache=True, nogil=True)
def worth_reading(folded, folds, t):  # type: ignore[no-untyped-def]
    """For each text whether it may contain a contact."""
    worth = np.zeros(folds.size - 1, np.bool_)
    places, count = _places(_marked(folded))
    digits, one, kinds, leads = np.empty(2 * _LONGEST_PIECE, np.uint8), 0, t.kind, t.leads
    for row in range(worth.size):
        text, last, held, dropped = folds[row], folds[row + 1] - 1, np.int64(0), np.int64(0)
        while one < count and places[one] < last:
            at = places[one]
            one += 1
            byte = folded[np.uint64(at)]
            if np.uint8(byte - _A) < 26:
                if not _leads(folded, np.uint64(at), leads) and (at == text or not kinds[folded[at - 1]] & DIGIT):
                    held, dropped = np.int64(0), held
                    continue
                held = _held_after(folded, text, at, last, held, dropped, digits, t)
            elif np.uint8(byte - _0) < 10:
                held = _held_after(folded, text, at, last, held, dropped, digits, t)
            elif _sign_speaks(folded, text, at, last, t):
                held = np.int64(FEWEST_DIGITS)
            if held >= FEWEST_DIGITS:
                worth[row] = True
                while one < count and places[one] < last:
                    one += 1
    return worth


@njit(cache=True, nogil=True)
def _marked(folded):  # type: ignore[no-untyped-def]
    """1 where letters or digits begin, at signs an address may have, and at the first byte.

    Uses comparisons rather than a table, so it vectorises.
    """
    marked = np.zeros(folded.size, np.uint8)
    for at in range(np.uint64(1), np.uint64(max(folded.size - 1, 1))):
        byte, before, after = folded[at], folded[at - np.uint64(1)], folded[at + np.uint64(1)]
        letters = (np.uint8(byte - _A) < 26) & (np.uint8(before - _A) >= 26)
        digits = (np.uint8(byte - _0) < 10) & (np.uint8(before - _0) >= 10)
        dot = (byte == _FULL_STOP) & ((np.uint8(after - _A) < 26) | (before == _SPACE))
        bracket = (byte == 40) | (byte == 91) | (byte == 123) | (byte == 60)
        marked[at] = letters | digits | dot | bracket | (byte == _AT) | (byte == _STROKE) | (byte == _SLASH)
    marked[:1] = 1
    return marked


@njit(cache=True, nogil=True)
def _places(marked):  # type: ignore[no-untyped-def]
    """The marked places and their number; branch-free, since branches would be unpredictable."""
    places, count = np.empty(marked.size + 1, np.int64), np.uint64(0)
    for at in range(marked.size):
        places[count] = at
        count += np.uint64(marked[at])
    return places, np.int64(count)


@helper
def _leads(folded, at, leads):  # type: ignore[no-untyped-def]
    """Whether a word may be digits, announce a name or spell out a dot, by its first four letters."""
    end = np.uint64(folded.size - 1)
    one, other = folded[at], folded[at + np.uint64(1)]
    third, fourth = folded[min(at + np.uint64(2), end)], folded[min(at + np.uint64(3), end)]
    if one == _O and (np.uint8(other - _A) >= 26 or (other == _O and np.uint8(third - _A) >= 26)):
        return True
    return _is_set(leads[0], one, other, third) and _is_set(leads[1], other, third, fourth)


@helper
def _is_set(bits, one, other, third):  # type: ignore[no-untyped-def]
    place = np.uint64(one & 31) << np.uint64(10) | np.uint64(other & 31) << np.uint64(5) | np.uint64(third & 31)
    return (bits[place >> np.uint64(3)] >> np.uint8(place & np.uint64(7))) & 1 != 0


@helper
def _held_after(folded, text, at, last, held, dropped, digits, t):  # type: ignore[no-untyped-def]
    """How many digits in a row there may be after the word at `at`: an upper bound, 0 if the word ends the row.

    A bound of at least `FEWEST_DIGITS` makes the caller look at the text closely; a word that may be a link, a name or
    a service gets it at once. `held` is the bound before this word. `dropped` is the bound before the last word that
    reset it to 0: that may have been the beginning of this very word, whose digits come later ("z8").
    """
    begin, end, mixed = at, at, np.uint8(0)
    while begin > text and at - begin < _LONGEST_PIECE and t.kind[folded[begin - 1]] & PIECE:
        begin -= 1
    while end < last and end - begin < _LONGEST_PIECE and t.kind[folded[end]] & PIECE:
        mixed |= t.kind[folded[end]]
        end += 1
    if end - begin >= _LONGEST_PIECE:
        return FEWEST_DIGITS
    length = end - begin
    if begin == at and mixed == DIGIT:
        return held + length
    if begin < at or mixed & DIGIT:  # Its digits may already be counted; counting twice is harmless.
        count = units(folded, begin, end, digits, np.int64(0), t)
        return max(held, dropped) + count if count >= 0 else 0
    pair = (np.uint64(folded[at] & 31) << np.uint64(5)) | np.uint64(folded[at + 1] & 31)
    if length > 1 and t.pairs[pair] >> min(length, 15) & 1:
        flags = meaning_of(folded, at, end, t.slots, t.flags)
        if flags & DOT or (flags & SERVICE and name_after(folded, end, last, t)):
            return FEWEST_DIGITS
    count = units(folded, at, end, digits, np.int64(0), t)
    return held + count if count >= 0 else 0


@helper
def _sign_speaks(folded, text, at, last, t):  # type: ignore[no-untyped-def]
    """Whether a sign may belong to an address, or be a separator among digits."""
    byte = folded[at]
    before = folded[at - 1] if at > text else np.uint8(_SPACE)
    after = folded[at + 1]  # At most the line feed.
    if byte == _STROKE:
        return True
    if byte == _FULL_STOP:
        return t.kind[after] & (LETTER | STANDS) != 0 or (before == _SPACE and after == _SPACE)
    if byte == _AT:
        return (t.kind[before] & PLAIN != 0 or before in _LEFT_OF_AT) and (
            t.kind[after] & PLAIN != 0 or after == _HYPHEN
        )
    if byte == _SLASH:
        return _dotted_before(folded, text, at, t)
    if byte in _BRACKETS:
        inside = folded[skip_spaces(folded, at + 1, last)]
        return inside in _IN_BRACKETS
    return False


@helper
def _dotted_before(folded, text, at, t):  # type: ignore[no-untyped-def]
    """Whether a word precedes this place, and a dot or comma precedes that, with a few spaces between."""
    for letters in (False, True, False):
        for _ in range(9 if letters else 3):
            if at > text and (t.kind[folded[at - 1]] & (LETTER | STANDS) if letters else folded[at - 1] == _SPACE):
                at -= 1
    return at > text and (folded[at - 1] == _FULL_STOP or folded[at - 1] == _COMMA)
