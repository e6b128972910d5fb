"""The kinds of bytes in a folded text, and which texts have signs that could be read as letters."""

import numba
import numpy as np

from jaga.screening.base.compiled import helper
from jaga.screening.phrases.phrases import is_digit, is_letter

LETTER, DIGIT = 1, 2
KIND = np.array([LETTER if is_letter(byte) else DIGIT if is_digit(byte) else 0 for byte in range(256)], np.uint8)
ENDS_SENTENCES, OTHER_SIGN, _TAG = 1, 2, 4
_BANG, _STROKE, _DOLLAR, _AT, _HASH, BLANK, _LINE_FEED = map(ord, "!|$@# \n")
_SIGN = np.array(
    [
        ENDS_SENTENCES
        if byte in (_BANG, _STROKE)
        else _TAG
        if byte == _HASH
        else OTHER_SIGN
        if byte in (_DOLLAR, _AT) or byte < BLANK
        else 0
        for byte in range(256)
    ],
    np.uint8,
)
_SIGN[_LINE_FEED] = 0
_CHUNK = 64  # Bytes.


@numba.njit(cache=True)
def signs_of(folded, folds):  # type: ignore[no-untyped-def]
    """Whether each text may contain a hashtag or name; and, as a bit sum, the kinds of signs for which it matters
    whether they are read as letters.
    """
    tagged, signs = np.zeros(folds.size - 1, np.bool_), np.zeros(folds.size - 1, np.uint8)
    text = 0
    for chunk in range(0, folded.size, _CHUNK):
        if chunk + _CHUNK <= folded.size and not _has_signs(folded, np.uint64(chunk)):
            continue
        for at in range(chunk, min(chunk + _CHUNK, folded.size)):
            if _SIGN[folded[at]]:
                while folds[text + 1] <= at:
                    text += 1
                tagged[text] |= opens_tag(folded[at])
                signs[text] |= _SIGN[folded[at]]
    for signed in np.flatnonzero(signs):
        begin, end = _between(folded, folds[signed], folds[signed + 1], signs[signed] & ENDS_SENTENCES)
        signs[signed] = 0
        for byte in folded[begin:end]:
            signs[signed] |= _SIGN[byte]
        signs[signed] &= ENDS_SENTENCES | OTHER_SIGN
    return tagged, signs


@helper
def _between(folded, begin, end, ends_sentences):  # type: ignore[no-untyped-def]
    """The part of a text where a sign can change a hit: from its first to its last letter or digit, or to its end after
    a digit, whose run a sign may continue. If both kinds of signs occur, one may start or end a hit the other
    separates.
    """
    text_end = end
    kept = OTHER_SIGN if ends_sentences else 0
    while end > begin and KIND[folded[end - 1]] == 0 and not _SIGN[folded[end - 1]] & kept:
        end -= 1
    while begin < end and KIND[folded[begin]] == 0 and not _SIGN[folded[begin]] & kept:
        begin += 1
    return begin, text_end if end > begin and KIND[folded[end - 1]] == DIGIT else end


@numba.njit(cache=True)
def _has_signs(folded, chunk):  # type: ignore[no-untyped-def]
    """Whether a chunk has a byte of `_SIGN`. Comparisons instead of a table, so it vectorises."""
    found = False
    for offset in range(np.uint64(_CHUNK)):
        byte = folded[chunk + offset]
        found |= (
            (byte == _HASH)
            | (byte == _AT)
            | (byte == _BANG)
            | (byte == _STROKE)
            | (byte == _DOLLAR)
            | ((byte < BLANK) & (byte != _LINE_FEED))
        )
    return found


@helper
def opens_tag(byte):  # type: ignore[no-untyped-def]
    return byte in (_HASH, _AT)
