"""Web addresses and names in links, compiled: `quick.names_in` for texts without other contacts beside numbers.

Most texts with a dot before a top-level domain are of this kind. `read` leaves a text to `quick` where a sign may be
spelled out or stand apart, a link is of a service other than `NAMED`, or a scheme follows a slash. The patterns are
those of `contacts`; `[a-z0-9]` are bytes here, as all that they match is ASCII.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.screening.base.compiled import helper
from jaga.screening.contacts.contacts import DOT_SPELLED, ENDS, SURE_ENDS
from jaga.screening.contacts.sieve import LINKED

NAMED = ("instagram", "twitter", "facebook", "fb")
SERVICE_OF = ("link", "instagram", "twitter", "facebook", "facebook")
"""The kind of what `read` found, by its number: a web address, or a link of `NAMED`."""
_ONE, _OTHER, _SURE, _SPELLED = 1, 2, 4, 8
"""Words: a top-level domain; a service that is not named; a domain that is no word; one before which a dot may stand
apart."""
_FIRST_NAMED = 16
_LONGEST_LABEL, _MOST_LABELS, _LONGEST_LINKED, _LONGEST_END = 63, 5, 9, 9
_LONGEST_NAME = 40
_WORD, _DASH, _HOST = 1, 2, 4  # Kinds of bytes: a letter or digit; a hyphen; what else a word before a dot may have.
_KIND = np.array(
    [
        _WORD
        if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789"
        else _DASH
        if chr(byte) == "-"
        else _HOST
        if chr(byte) in "_@."
        else 0
        for byte in range(256)
    ],
    np.uint8,
)
_SPACE = np.array([byte == 32 or 9 <= byte <= 13 for byte in range(256)], np.bool_)
_DOT, _SLASH, _UNDERLINE, _COMMA, _COLON = map(ord, "./_,:")
_COM, _ME, _WWW, _HTTP, _HTTPS = (tuple(word.encode()) for word in ("com", "me", "www.", "http://", "https://"))


def _packed(word: str) -> int:
    """A word of at most ten letters as a number; five bits a letter."""
    number = 0
    for char in word:
        number = number << 5 | ord(char) & 31
    return number


def _table() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    meanings: dict[int, int] = {}
    for word in (*ENDS, *LINKED):
        meaning = (
            _ONE * (word in ENDS)
            | _SURE * (word in SURE_ENDS)
            | _OTHER * (word in LINKED and word not in NAMED)
            | _SPELLED * (word in DOT_SPELLED)
            | (NAMED.index(word) + 1 if word in NAMED else 0) * _FIRST_NAMED
        )
        meanings[_packed(word)] = meaning
    words = sorted(meanings)
    return np.array(words, np.int64), np.array([meanings[word] for word in words], np.int64)


WORDS, MEANINGS = _table()


@helper
def _meaning(folded, begin, end, words, meanings):  # type: ignore[no-untyped-def]
    """What is known of the word between these places; 0 for most."""
    if end <= begin or end - begin > 10:
        return np.int64(0)
    number = np.int64(0)
    for at in range(begin, end):
        if np.uint8(folded[at] - 97) >= 26:
            return np.int64(0)
        number = number << 5 | np.int64(folded[at] & 31)
    place = np.searchsorted(words, number)
    return meanings[place] if place < words.size and words[place] == number else np.int64(0)


@helper
def _is(folded, at, word):  # type: ignore[no-untyped-def]
    """Whether this word stands here. At the end of a text is a line feed, which no word has."""
    for offset in range(len(word)):  # noqa: SIM110 - compiled
        if folded[at + offset] != word[offset]:
            return False
    return True


@helper
def _letters_end(folded, at):  # type: ignore[no-untyped-def]
    while np.uint8(folded[at] - 97) < 26:
        at += 1
    return at


@helper
def _skipped(folded, at, most):  # type: ignore[no-untyped-def]
    """The place after at most so many spaces."""
    end = at
    while end - at < most and _SPACE[folded[end]] and folded[end] != 10:
        end += 1
    return end


@helper
def _goes_on_from(folded, text, at):  # type: ignore[no-untyped-def]
    """Whether a slash here may belong to an address: one begins in the word before it, or a scheme ends there."""
    while at > text and _SPACE[folded[at - 1]]:
        at -= 1
    if at > text and (folded[at - 1] == _COLON or folded[at - 1] == _SLASH):
        return True
    while at > text and not _SPACE[folded[at - 1]]:
        if folded[at - 1] == _DOT:
            return True
        at -= 1
    return False


@helper
def _may_be_apart(folded, text, last, words, meanings):  # type: ignore[no-untyped-def]
    """Whether `quick` might find a sign that is spelled out or stands apart, and may belong to an address."""
    for at in range(text, last):
        byte = folded[at]
        if (
            byte == _SLASH
            and ((at > text and _SPACE[folded[at - 1]]) or _SPACE[folded[at + 1]])
            and _goes_on_from(folded, text, at)
        ):
            return True
        if byte in (40, 91, 123, 60):
            word = _skipped(folded, at + 1, 1)
            if folded[word] == _DOT:
                return True
            end = _letters_end(folded, word)
            if folded[_skipped(folded, end, 1)] in (41, 93, 125, 62) and (
                (end - word == 2 and folded[word + 1] == 116)  # As in "at" and "et", "dot", "titik".
                or (end - word == 3 and folded[word + 1] == 111)
                or (end - word == 5 and folded[word] == 116)
            ):
                return True
        elif byte in (_DOT, _COMMA):
            after = _skipped(folded, at + 1, 3)
            if byte == _DOT and at > text and _SPACE[folded[at - 1]]:
                end = _letters_end(folded, after)
                if _meaning(folded, after, end, words, meanings) & _SPELLED and not (
                    _KIND[folded[end]] & _WORD or folded[end] == _UNDERLINE
                ):
                    return True
            if after > at + 1:
                end = _letters_end(folded, after)
                if 2 <= end - after <= 3 and folded[_skipped(folded, end, 3)] == _SLASH:
                    return True
        elif (byte == 100 or byte == 116) and at > text and _SPACE[folded[at - 1]]:
            end = _letters_end(folded, at)
            if _SPACE[folded[end]] and (
                (end - at == 3 and folded[at + 1] == 111 and folded[at + 2] == 116)
                or (end - at == 5 and folded[at + 1] == 105 and folded[at + 2] == 116)
            ):
                return True
    return False


@helper
def _host(folded, text, begin):  # type: ignore[no-untyped-def]
    """Where the labels of a host that begins here end, where its top-level domain begins, and its dots; 0 for none."""
    at, end, domain, dots = begin, begin, begin, 0
    for label in range(_MOST_LABELS):
        label_end = at
        while _KIND[folded[label_end]] & (_WORD | _DASH):
            label_end += 1
        if (
            folded[label_end] != _DOT
            or label_end == at
            or label_end - at > _LONGEST_LABEL
            or not _KIND[folded[at]] & _WORD
            or not _KIND[folded[label_end - 1]] & _WORD
        ):
            break
        at = label_end + 1
        letters = _letters_end(folded, at)
        if 2 <= letters - at <= _LONGEST_END and not _KIND[folded[letters]] & (_WORD | _DASH):
            end, domain, dots = letters, at, label + 1
    return end, domain, dots


@njit(cache=True, nogil=True)
def read(folded, folds, rows, words, meanings, number_rows, number_starts, number_ends):  # type: ignore[no-untyped-def]
    """The web addresses and named links of these rows: row, kind (`SERVICE_OF`), start, end, and where the name begins
    and ends, with offsets in the text. And whether each row was read; nothing is written of the others.
    """
    out, found = np.empty((6, 256), np.int32), 0
    was_read = np.zeros(rows.size, np.bool_)
    numbers = np.searchsorted(number_rows, rows)
    for one in range(rows.size):
        row = rows[one]
        text, last = folds[row], folds[row + 1] - 1
        if _may_be_apart(folded, text, last, words, meanings):
            continue
        mark, good = found, True
        seen, link_end, host_end = text, text, text
        for links in (True, False):  # Links first: no web address may overlap one.
            for dot in range(text, last):
                if folded[dot] != _DOT:
                    continue
                letters = _letters_end(folded, dot + 1)
                if letters - dot - 1 > _LONGEST_END or _KIND[folded[letters]] & (_WORD | _DASH):
                    continue
                if not _meaning(folded, dot + 1, letters, words, meanings) & _ONE:
                    continue
                if found + 2 > out.shape[1]:
                    out = np.concatenate((out, np.empty_like(out)), axis=1)
                if links:
                    start = dot
                    while (
                        start > text
                        and dot - start <= _LONGEST_LINKED
                        and (_KIND[folded[start - 1]] & _WORD or folded[start - 1] == _UNDERLINE)
                    ):
                        start -= 1
                    meaning = _meaning(folded, start, dot, words, meanings)
                    if meaning & _OTHER:
                        good = False
                        break
                    service = meaning // _FIRST_NAMED
                    if (
                        service == 0
                        or start < link_end
                        or folded[letters] != _SLASH
                        or not (
                            _is(folded, dot + 1, _COM)
                            or (service >= 3 and _is(folded, dot + 1, _ME) and letters - dot == 3)
                        )
                    ):
                        continue
                    name = letters + 1
                    end = name
                    while end - name < _LONGEST_NAME and (
                        _KIND[folded[end]] & _WORD
                        or (end > name and (folded[end] == _DOT or folded[end] == _UNDERLINE))
                    ):
                        end += 1
                    if end - name < 3:
                        continue
                    link_end, name_end = end, end
                    while folded[name_end - 1] == _DOT or folded[name_end - 1] == _UNDERLINE:
                        name_end -= 1
                    out[0, found], out[1, found], out[2, found], out[3, found] = row, service, start - text, end - text
                    out[4, found], out[5, found] = name - text, name_end - text
                    found += 1
                    continue
                start = dot
                while start > seen and _KIND[folded[start - 1]]:
                    start -= 1
                if start == seen and seen > text:
                    continue
                seen, scheme = dot, start
                if start - text >= 8 and _is(folded, start - 8, _HTTPS):
                    scheme = start - 8
                elif start - text >= 7 and _is(folded, start - 7, _HTTP):
                    scheme = start - 7
                if scheme > text and folded[scheme - 1] == _SLASH:
                    good = False
                    break
                if scheme < start and (scheme < host_end or (scheme > text and _KIND[folded[scheme - 1]])):
                    scheme = start
                if start < host_end:
                    continue
                begin = start + 4 if _is(folded, start, _WWW) else start
                end, domain, dots = _host(folded, text, begin)
                if dots == 0 and begin > start:
                    begin = start
                    end, domain, dots = _host(folded, text, begin)
                if dots == 0:
                    continue
                host, beyond = end, end
                if folded[end] == _SLASH:
                    beyond = end + 1
                    if beyond < last and not _SPACE[folded[beyond]]:
                        if folded[beyond] >= 0x80:
                            good = False
                            break
                        beyond += 1
                host_end = beyond
                meaning = _meaning(folded, domain, host, words, meanings)
                sure = meaning & _SURE or scheme < start or begin > start or beyond > end or dots > 1
                for at in range(begin, host):
                    sure = sure or np.uint8(folded[at] - 48) < 10 or folded[at] == 45
                if not meaning & _ONE or not sure:
                    continue
                free = True
                for other in range(mark, found):
                    if out[1, other] and out[2, other] < beyond - text and out[3, other] > scheme - text:
                        free = False
                other = numbers[one]
                while other < number_rows.size and number_rows[other] == row:
                    if number_starts[other] < beyond - text and number_ends[other] > scheme - text:
                        free = False
                    other += 1
                if free:
                    out[0, found], out[1, found], out[2, found] = row, 0, scheme - text
                    out[3, found], out[4, found], out[5, found] = beyond - text, begin - text, host - text
                    found += 1
            if not good:
                break
        was_read[one] = good
        found = found if good else mark
    return out[:, :found], was_read
