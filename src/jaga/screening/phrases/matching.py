"""Phrase matching over blocks: equal to `phrases`, using the automaton and then a compiled check.

Functions starting with `_` are named after those in `phrases` and do the same on arrays; tests compare them. Only
`_where_it_may_start` is new: it goes from the automaton's match back to the phrase's start.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.base.compiled import helper
from jaga.screening.phrases.automaton import DIVIDES, letter_classes, named_places, sieve, squashed
from jaga.screening.phrases.phrases import (
    DISTINCTIVE,
    LONG,
    LONGEST_RUN,
    LONGEST_TAG,
    MOSTLY,
    READINGS,
    SHORT,
    TAGGED,
    VOWELS,
    WIDEST_CUT,
    WIDEST_GAP,
    FoldedPhrase,
    is_digit,
    is_letter,
)
from jaga.screening.text.block import Hits, TextBlock
from jaga.screening.text.fold import gathered
from jaga.screening.text.letters import NOT_LAST, ONLY_INSIDE

_LETTER, _DIGIT = 1, 2
_KIND = np.array([_LETTER if is_letter(byte) else _DIGIT if is_digit(byte) else 0 for byte in range(256)], np.uint8)
_NOT_FIRST = np.array([chr(byte) in ONLY_INSIDE for byte in range(256)], np.bool_)
_NOT_LAST = np.array([chr(byte) in ONLY_INSIDE + NOT_LAST for byte in range(256)], np.bool_)
_ENDS_SENTENCES, _OTHER_SIGN, _TAG = 1, 2, 4
_BANG, _STROKE, _DOLLAR, _AT, _HASH, _BLANK, _LINE_FEED = map(ord, "!|$@# \n")
_SIGN = np.array([_ENDS_SENTENCES if byte in (_BANG, _STROKE) else _TAG if byte == _HASH
                  else _OTHER_SIGN if byte in (_DOLLAR, _AT) or byte < _BLANK else 0 for byte in range(256)], np.uint8)
_SIGN[_LINE_FEED] = 0
_CHUNK = 64  # Bytes.
_MOVES = 8  # Of a hit, on average.
_VOWELS = tuple(VOWELS)
_SAME_WORD, _NEW_WORD, _JOINT = 0, 1, 2
_BEGIN, _END, _SOURCE = range(3)
_NOWHERE = -1


class _Phrases(NamedTuple):
    """All phrases in a few arrays. Phrase `p` has the letters from `first[p]` up to `first[p + 1]`."""

    first: npt.NDArray[np.int32]
    letters: npt.NDArray[np.uint8]
    alike: npt.NDArray[np.int16]
    """For each letter, `FoldedPhrase.alike`."""
    within_word: npt.NDArray[np.int16]
    """For each letter, `FoldedPhrase.within_word`."""
    comes_after: npt.NDArray[np.uint8]
    """For each letter, what precedes it: its own word, another one, or a joint."""
    squash_first: npt.NDArray[np.int32]
    squash: npt.NDArray[np.uint8]
    """The phrases' classes in the automaton, indexed like `letters`, in pieces."""


class _Text(NamedTuple):
    """One text of a block in one reading; only its `bounds` change per text."""

    folded: npt.NDArray[np.uint8]
    class_of: npt.NDArray[np.uint8]
    source: npt.NDArray[np.uint8]
    origin: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]
    """The text's limits in `folded`, outside of which nothing is read, and its start in `source`."""


class _Steps(NamedTuple):
    """Buffers for the steps of one attempt; see `phrases._Step`."""

    at: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    letter: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]


class PhraseFinder:
    """Finds the phrases of one lexicon in blocks, each by its index. Immutable and thread-safe."""

    def __init__(self, written: Sequence[str]) -> None:
        """A phrase without a letter or digit never matches."""
        phrases = [(key, phrase) for key, phrase in enumerate(map(FoldedPhrase.of, written)) if phrase.letters]
        self._keys = np.array([key for key, _ in phrases], np.int32)
        self._phrases = _compiled([phrase for _, phrase in phrases])
        self._sieve = sieve([phrase for _, phrase in phrases])
        self._looks = [letter_classes(signs) for signs in READINGS]

    def find(self, block: TextBlock) -> Hits:
        """All hits, each once, by text, start, end and phrase."""
        all_signs, some_signs, no_signs = self._looks
        tagged, signs = _signs(block.folded, block.folds)
        found = [self._read(block, tagged, all_signs, block.folded, block.folds, np.arange(len(signs)))]
        if signs.any():
            both = np.flatnonzero(signs == _ENDS_SENTENCES | _OTHER_SIGN)
            found += (self._read_again(block, tagged, some_signs, both),
                      self._read_again(block, tagged, no_signs, np.flatnonzero(signs)))
        row, key, start, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
        key = self._keys[key]
        return Hits(*_once(_order(row, key, start, end), row, key, start, end))

    def _read_again(self, block: TextBlock, tagged: npt.NDArray[np.bool_], class_of: npt.NDArray[np.uint8],
                    rows: npt.NDArray[np.int64]) -> Hits:
        folded, folds = gathered(block.folded, block.folds, rows)
        return self._read(block, tagged, class_of, folded, folds, rows)

    def _read(self, block: TextBlock, tagged: npt.NDArray[np.bool_], class_of: npt.NDArray[np.uint8],
              folded: npt.NDArray[np.uint8], folds: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Hits:
        """The hits in these rows, of which `folded` and `folds` are a copy."""
        places, states = named_places(folded, class_of, self._sieve.step, self._sieve.naming)
        text = _Text(block.folded, class_of, block.source, block.origin, np.zeros(3, np.int64))
        return Hits(*_verified(places, states, folds, rows, self._sieve.first, self._sieve.named, self._sieve.shorter,
                               self._phrases, text, block.folds, block.starts, tagged))


def _compiled(phrases: Sequence[FoldedPhrase]) -> _Phrases:
    letters = [(phrase, at) for phrase in phrases for at in range(len(phrase.letters))]
    squash = [squashed(phrase) for phrase in phrases]
    return _Phrases(
        np.cumsum([0, *(len(phrase.letters) for phrase in phrases)]).astype(np.int32),
        np.frombuffer(b"".join(phrase.letters for phrase in phrases), np.uint8),
        np.array([phrase.alike(at) for phrase, at in letters], np.int16),
        np.array([phrase.within_word(at) for phrase, at in letters], np.int16),
        np.array([_JOINT if at in phrase.joints else _NEW_WORD if at in phrase.ends else _SAME_WORD
                  for phrase, at in letters], np.uint8),
        np.cumsum([0, *map(len, squash)]).astype(np.int32), np.frombuffer(b"".join(squash), np.uint8))


@numba.njit(cache=True)
def _signs(folded, folds):  # type: ignore[no-untyped-def]
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
                tagged[text] |= _opens_tag(folded[at])
                signs[text] |= _SIGN[folded[at]]
    for signed in np.flatnonzero(signs):
        begin, end = _between(folded, folds[signed], folds[signed + 1], signs[signed] & _ENDS_SENTENCES)
        signs[signed] = 0
        for byte in folded[begin:end]:
            signs[signed] |= _SIGN[byte]
        signs[signed] &= _ENDS_SENTENCES | _OTHER_SIGN
    return tagged, signs


@helper
def _between(folded, begin, end, ends_sentences):  # type: ignore[no-untyped-def]
    """The part of a text where a sign can change a hit: from its first to its last letter or digit, or to its end after
    a digit, whose run a sign may continue. If both kinds of signs occur, one may start or end a hit the other
    separates.
    """
    text_end = end
    kept = _OTHER_SIGN if ends_sentences else 0
    while end > begin and _KIND[folded[end - 1]] == 0 and not _SIGN[folded[end - 1]] & kept:
        end -= 1
    while begin < end and _KIND[folded[begin]] == 0 and not _SIGN[folded[begin]] & kept:
        begin += 1
    return begin, text_end if end > begin and _KIND[folded[end - 1]] == _DIGIT else end


@numba.njit(cache=True)
def _has_signs(folded, chunk):  # type: ignore[no-untyped-def]
    """Whether a chunk has a byte of `_SIGN`. Comparisons instead of a table, so it vectorises."""
    found = False
    for offset in range(np.uint64(_CHUNK)):
        byte = folded[chunk + offset]
        found |= ((byte == _HASH) | (byte == _AT) | (byte == _BANG) | (byte == _STROKE) | (byte == _DOLLAR)
                  | ((byte < _BLANK) & (byte != _LINE_FEED)))
    return found


def _order(row: npt.NDArray[np.int32], key: npt.NDArray[np.int32], start: npt.NDArray[np.int32],
           end: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """The order of the hits by text, start, end and phrase, as indices."""
    order = _nearly_in_order(row, key, start, end)
    return order if len(order) else np.lexsort((key, end, start, row))


@numba.njit(cache=True)
def _nearly_in_order(row, key, start, end):  # type: ignore[no-untyped-def]
    """The same by insertion sort, which is fast for the hits of one reading; empty if it would take too long."""
    order, left = np.arange(row.size), _MOVES * row.size
    for one in range(1, row.size):
        place = one
        while place:
            before = order[place - 1]
            if (row[before], start[before], end[before], key[before]) <= (row[one], start[one], end[one], key[one]):
                break
            order[place] = before
            place -= 1
            left -= 1
            if left < 0:
                return order[:0]
        order[place] = one
    return order


@numba.njit(cache=True)
def _once(order, row, key, start, end):  # type: ignore[no-untyped-def]
    """In this order; a hit found by two readings is kept once."""
    kept = 0
    for place in range(order.size):
        one, other = order[place], order[kept - 1]
        if kept and (row[one], start[one], end[one], key[one]) == (row[other], start[other], end[other], key[other]):
            continue
        order[kept] = one
        kept += 1
    order = order[:kept]
    return row[order], key[order], start[order], end[order]


@numba.njit(cache=True)
def _verified(places, states, copy_folds, rows, first, named, shorter, phrases,  # type: ignore[no-untyped-def]
              text, folds, starts, tagged):
    """Verify the automaton's matches: the phrases of each state, and of its shorter states."""
    longest = np.diff(phrases.first).max() if phrases.first.size > 1 else 0
    steps = _Steps(np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64),
                   np.empty(longest, np.int64))
    hits, found, copied = np.empty((4, 64), np.int32), 0, 0
    for named_place in range(places.size):
        while copy_folds[copied + 1] <= places[named_place]:
            copied += 1
        row = rows[copied]
        text.bounds[:] = folds[row], folds[row + 1] - 1, starts[row]
        place = folds[row] + places[named_place] - copy_folds[copied]
        state = states[named_place]
        while state:
            for number in range(first[state], first[state + 1]):
                phrase = named[number]
                if _breaks_off(text, phrases, phrase, place, tagged[row]):
                    continue
                begin, beyond = _where_it_may_start(text, phrases, phrase, place)
                for start in range(begin, beyond):
                    end = _hit_end(text, phrases, phrase, start, steps, tagged[row])
                    if end != _NOWHERE:
                        if found == hits.shape[1]:
                            hits = np.concatenate((hits, np.empty_like(hits)), axis=1)
                        hits[0, found], hits[1, found] = row, phrase
                        hits[2, found], hits[3, found] = start - text.bounds[_BEGIN], end - text.bounds[_BEGIN]
                        found += 1
            state = shorter[state]
    return hits[0, :found], hits[1, :found], hits[2, :found], hits[3, :found]


@helper
def _breaks_off(text, phrases, phrase, place, tagged):  # type: ignore[no-untyped-def]
    """Whether the word continues after the phrase whose last class is at `place`, so that it is no hit.

    Rejects most false matches; False if unclear because of digits or a hashtag.
    """
    size = phrases.first[phrase + 1] - phrases.first[phrase]
    if (tagged and size >= TAGGED) or phrases.squash_first[phrase + 1] - phrases.squash_first[phrase] == 1:
        return False
    at, letter = place, text.class_of[text.folded[place]]
    while at < text.bounds[_END] and text.class_of[text.folded[at]] == letter and _KIND[text.folded[at]] == _LETTER:
        at += 1
    return at < text.bounds[_END] and _KIND[text.folded[at]] == _LETTER


@helper
def _where_it_may_start(text, phrases, phrase, place):  # type: ignore[no-untyped-def]
    """The range of the text in which a phrase with its last class at `place` must start.

    Walks back over the collapsed text; empty if a gap or run is too wide. A phrase of a single class may start anywhere
    later while only that class occurs.
    """
    first, beyond_look = phrases.squash_first[phrase], phrases.squash_first[phrase + 1]
    furthest = phrases.alike[phrases.first[phrase]] * (LONGEST_RUN + WIDEST_GAP)
    last = place
    for number in range(beyond_look - 2, first - 1, -1):
        gap = 0
        while text.class_of[text.folded[last]] != phrases.squash[number]:
            gap = gap + 1 if text.class_of[text.folded[last]] == DIVIDES else 0
            last -= 1
            if gap > WIDEST_GAP:
                return 0, 0
    begin, beyond = last, last + 1
    letter = phrases.squash[first]
    while begin > text.bounds[_BEGIN] and last - begin < furthest and _is_or_divides(text, begin - 1, letter):
        begin -= 1
    while beyond_look - first == 1 and beyond < text.bounds[_END] and _is_or_divides(text, beyond, letter):
        beyond += 1
    return begin, beyond


@helper
def _is_or_divides(text, at, letter):  # type: ignore[no-untyped-def]
    return text.class_of[text.folded[at]] == letter or _divides(text, at)


@helper
def _divides(text, at):  # type: ignore[no-untyped-def]
    return text.class_of[text.folded[at]] == DIVIDES


@helper
def _hit_end(text, phrases, phrase, start, steps, tagged):  # type: ignore[no-untyped-def]
    """Where the phrase ends if it occurs at `start`, or `_NOWHERE`."""
    size = phrases.first[phrase + 1] - phrases.first[phrase]
    begins = _begins(text, start)
    if not begins and (not tagged or size < TAGGED or not _in_tag(text, start)):
        return _NOWHERE
    count = _take_steps(text, phrases, phrase, start, steps)
    if count and _reads_as_one(text, phrases, phrase, steps, count) and _stands_free(text, size, steps, count, begins):
        return steps.end[count - 1]
    return _NOWHERE


@helper
def _take_steps(text, phrases, phrase, start, steps):  # type: ignore[no-untyped-def]
    first, beyond = phrases.first[phrase], phrases.first[phrase + 1]
    count, at, letter = 0, start, first
    while at < text.bounds[_END] and text.class_of[text.folded[at]] == text.class_of[phrases.letters[letter]]:
        end, alike = _run(text, at), phrases.alike[letter]
        if letter + alike == beyond and _KIND[text.folded[at]] == _LETTER:
            run_end, end = end, at
            while end < run_end and _KIND[text.folded[end]] == _LETTER:
                end += 1
            if end - at == alike + 1 and beyond - first >= TAGGED and _goes_on_in_tag(text, start, end):
                end -= 1
        if end < text.bounds[_END] and _divides(text, end):
            alike = min(alike, phrases.within_word[letter])
        taken = min(alike, end - at)
        if not _spells(text, at, end, phrases.letters, letter, taken, beyond - first):
            return 0
        steps.at[count], steps.end[count], steps.letter[count], steps.taken[count] = at, end, letter, taken
        count += 1
        letter += taken
        if letter == beyond:
            return count
        at = _gap(text, end)
        if at - end > WIDEST_GAP:
            return 0
    return 0


@helper
def _goes_on_in_tag(text, start, end):  # type: ignore[no-untyped-def]
    """Whether it starts right after a # or @, ends in a consonant, and the word continues."""
    return (text.folded[end - 1] not in _VOWELS and start > text.bounds[_BEGIN] and _opens_tag(text.folded[start - 1])
            and end < text.bounds[_END] and not _apart(text.folded[end - 1], text.folded[end]))


@helper
def _run(text, at):  # type: ignore[no-untyped-def]
    end, letter = at, text.class_of[text.folded[at]]
    while end < text.bounds[_END] and end - at < LONGEST_RUN and text.class_of[text.folded[end]] == letter:
        end += 1
    return end


@helper
def _gap(text, at):  # type: ignore[no-untyped-def]
    end = at
    while end < text.bounds[_END] and end - at <= WIDEST_GAP and _divides(text, end):
        end += 1
    return end


@helper
def _spells(text, at, end, letters, letter, taken, size):  # type: ignore[no-untyped-def]
    if end - at == taken:
        for offset in range(taken):  # noqa: SIM110 - numba knows no all()
            if not _stands_for(text.folded[at + offset], letters[letter + offset], size):
                return False
        return True
    if not _is_small(letters[letter]) or (end - at < 3 and size < LONG):
        return False
    for offset in range(taken):
        if letters[letter + offset] != letters[letter] and size < DISTINCTIVE:
            return False
    for place in range(at, end):  # noqa: SIM110
        if not _stands_for(text.folded[place], letters[letter], size):
            return False
    return True


@helper
def _stands_for(byte, letter, size):  # type: ignore[no-untyped-def]
    return byte == letter or (_is_small(letter) and (size >= DISTINCTIVE or _KIND[byte] != _LETTER))


@helper
def _is_small(letter):  # type: ignore[no-untyped-def]
    return _KIND[letter] == _LETTER and letter < 0x80


@helper
def _reads_as_one(text, phrases, phrase, steps, count):  # type: ignore[no-untyped-def]
    size = phrases.first[phrase + 1] - phrases.first[phrase]
    real = 0
    for step in range(count):
        if _is_real(text, phrases, steps, step):
            real += steps.taken[step]
        if step and not _gap_is_readable(text, phrases, size, steps, step, count):
            return False
    return real * MOSTLY >= size and _are_words(text, phrases, steps, count)


@helper
def _is_real(text, phrases, steps, step):  # type: ignore[no-untyped-def]
    if _KIND[phrases.letters[steps.letter[step]]] == _DIGIT:
        return True
    for at in range(steps.at[step], steps.end[step]):  # noqa: SIM110
        if _KIND[text.folded[at]] == _LETTER:
            return True
    return False


@helper
def _gap_is_readable(text, phrases, size, steps, after, count):  # type: ignore[no-untyped-def]
    width = steps.at[after] - steps.end[after - 1]
    comes_after = phrases.comes_after[steps.letter[after]]
    if width == 0:
        return size >= DISTINCTIVE or comes_after != _NEW_WORD
    if comes_after != _SAME_WORD:
        return width <= WIDEST_GAP
    if width > WIDEST_CUT or (size <= SHORT and _in_a_row(text, steps.at[0], steps.end[count - 1])):
        return False
    if ((after == 1 or steps.end[after - 2] < steps.at[after - 1])
            and (after == count - 1 or steps.end[after] < steps.at[after + 1])):
        return True
    for at in range(steps.end[after - 1], steps.at[after]):
        if text.folded[at] == _BLANK and text.source[text.bounds[_SOURCE] + text.origin[at]] < 0x80:
            return False
    return True


@helper
def _in_a_row(text, start, end):  # type: ignore[no-untyped-def]
    before, behind = start, end
    while start - before < WIDEST_CUT and before > text.bounds[_BEGIN] and _divides(text, before - 1):
        before -= 1
    while behind - end < WIDEST_CUT and behind < text.bounds[_END] and _divides(text, behind):
        behind += 1
    return _is_single(text, before - 1) or _is_single(text, behind)


@helper
def _is_single(text, at):  # type: ignore[no-untyped-def]
    return (text.bounds[_BEGIN] <= at < text.bounds[_END] and _KIND[text.folded[at]] == _LETTER
            and not (at > text.bounds[_BEGIN] and _KIND[text.folded[at - 1]] == _LETTER)
            and not (at + 1 < text.bounds[_END] and _KIND[text.folded[at + 1]] == _LETTER))


@helper
def _are_words(text, phrases, steps, count):  # type: ignore[no-untyped-def]
    """`phrases._is_word` for each of the text's words."""
    first, real = 0, False
    for step in range(count):
        real |= _is_real(text, phrases, steps, step)
        if step + 1 < count and steps.at[step + 1] == steps.end[step]:
            continue
        at, end = steps.at[first], steps.end[step]
        if _NOT_FIRST[text.folded[at]] or _NOT_LAST[text.folded[end - 1]] or (end - at > 1 and not real):
            return False
        first, real = step + 1, False
    return True


@helper
def _stands_free(text, size, steps, count, begins):  # type: ignore[no-untyped-def]
    start, end = steps.at[0], steps.end[count - 1]
    ends = end == text.bounds[_END] or _apart(text.folded[end - 1], text.folded[end])
    if begins and ends:
        return True
    for step in range(1, count):
        if steps.at[step] > steps.end[step - 1]:
            return False
    if size < TAGGED:
        return False
    if begins:
        return start > text.bounds[_BEGIN] and _opens_tag(text.folded[start - 1])
    return ends and steps.end[0] - start == steps.taken[0]  # That it is in a hashtag was checked before.


@helper
def _begins(text, at):  # type: ignore[no-untyped-def]
    return at == text.bounds[_BEGIN] or _apart(text.folded[at], text.folded[at - 1])


@helper
def _apart(inner, outer):  # type: ignore[no-untyped-def]
    return _KIND[outer] != _LETTER and (_KIND[inner] == _LETTER or _KIND[outer] != _DIGIT)


@helper
def _in_tag(text, at):  # type: ignore[no-untyped-def]
    word = at
    while word > text.bounds[_BEGIN] and at - word < LONGEST_TAG and _KIND[text.folded[word - 1]] != 0:
        word -= 1
    return word > text.bounds[_BEGIN] and _opens_tag(text.folded[word - 1])


@helper
def _opens_tag(byte):  # type: ignore[no-untyped-def]
    return byte in (_HASH, _AT)
