"""The compiled check of one phrase at one place: `phrases` on arrays.

Functions starting with `_` are named after those in `phrases` and do the same; tests compare them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.screening.base.compiled import helper
from jaga.screening.phrases.phrases import (
    DISTINCTIVE,
    LONG,
    LONGEST_RUN,
    MOSTLY,
    SHORT,
    TAGGED,
    VOWELS,
    WIDEST_CUT,
    WIDEST_GAP,
)
from jaga.screening.phrases.signs import BLANK, DIGIT, KIND, LETTER, opens_tag
from jaga.screening.phrases.trie import DIVIDES
from jaga.screening.text.letters import NOT_LAST, ONLY_INSIDE

SAME_WORD, NEW_WORD, JOINT = 0, 1, 2
_NOT_FIRST = np.array([chr(byte) in ONLY_INSIDE for byte in range(256)], np.bool_)
_NOT_LAST = np.array([chr(byte) in ONLY_INSIDE + NOT_LAST for byte in range(256)], np.bool_)
_VOWELS = tuple(VOWELS)
BEGIN, END, SOURCE = range(3)
"""The numbers of `ReadText.bounds`."""
NOWHERE = -1


class CompiledPhrases(NamedTuple):
    """All phrases in a few arrays. Phrase `p` has the letters from `first[p]` up to `first[p + 1]`."""

    first: npt.NDArray[np.int32]
    letters: npt.NDArray[np.uint8]
    alike: npt.NDArray[np.int16]
    """For each letter, `FoldedPhrase.alike`."""
    within_word: npt.NDArray[np.int16]
    """For each letter, `FoldedPhrase.within_word`."""
    comes_after: npt.NDArray[np.uint8]
    """For each letter, what precedes it: its own word, another one, or a joint."""
    plain_first: npt.NDArray[np.int32]
    plain: npt.NDArray[np.uint8]
    """The phrases in plain letters and single spaces, in pieces as `letters` are; empty for those with a digit or with
    letters other than a to z."""


class ReadText(NamedTuple):
    """One text of a block in one reading; only its `bounds` change per text."""

    folded: npt.NDArray[np.uint8]
    class_of: npt.NDArray[np.uint8]
    source: npt.NDArray[np.uint8]
    origin: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]
    """The text's limits in `folded`, outside of which nothing is read, and its start in `source`."""


class AttemptSteps(NamedTuple):
    """Buffers for the steps of one attempt; see `phrases._Step`."""

    at: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    letter: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]


@helper
def _divides(text, at):  # type: ignore[no-untyped-def]
    return text.class_of[text.folded[at]] == DIVIDES


@helper
def hit_end(text, phrases, phrase, start, steps, begins):  # type: ignore[no-untyped-def]
    """Where the phrase ends if it occurs at `start`, or `NOWHERE`. Unless a word `begins` there, it is in a hashtag."""
    size = phrases.first[phrase + 1] - phrases.first[phrase]
    if not begins and size < TAGGED:
        return NOWHERE
    count = _take_steps(text, phrases, phrase, start, steps)
    if (
        count
        and _reads_as_one(text, phrases, phrase, steps, count)
        and _is_whole_word(text, size, steps, count, begins)
    ):
        return steps.end[count - 1]
    return NOWHERE


@helper
def _take_steps(text, phrases, phrase, start, steps):  # type: ignore[no-untyped-def]
    first, beyond = phrases.first[phrase], phrases.first[phrase + 1]
    count, at, letter = 0, start, first
    while at < text.bounds[END] and text.class_of[text.folded[at]] == text.class_of[phrases.letters[letter]]:
        end, alike = _run(text, at), phrases.alike[letter]
        if letter + alike == beyond and KIND[text.folded[at]] == LETTER:
            run_end, end = end, at
            while end < run_end and KIND[text.folded[end]] == LETTER:
                end += 1
            if end - at == alike + 1 and beyond - first >= TAGGED and _goes_on_in_tag(text, start, end):
                end -= 1
        if end < text.bounds[END] and _divides(text, end):
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
    return (
        text.folded[end - 1] not in _VOWELS
        and start > text.bounds[BEGIN]
        and opens_tag(text.folded[start - 1])
        and end < text.bounds[END]
        and not _apart(text.folded[end - 1], text.folded[end])
    )


@helper
def _run(text, at):  # type: ignore[no-untyped-def]
    end, letter = at, text.class_of[text.folded[at]]
    while end < text.bounds[END] and end - at < LONGEST_RUN and text.class_of[text.folded[end]] == letter:
        end += 1
    return end


@helper
def _gap(text, at):  # type: ignore[no-untyped-def]
    end = at
    while end < text.bounds[END] and end - at <= WIDEST_GAP and _divides(text, end):
        end += 1
    return end


@helper
def _spells(text, at, end, letters, letter, taken, size):  # type: ignore[no-untyped-def]
    if end - at == taken:
        for offset in range(taken):  # noqa: SIM110 - numba knows no all()
            if not _may_mean(text.folded[at + offset], letters[letter + offset], size):
                return False
        return True
    if not _is_small(letters[letter]) or (end - at < 3 and size < LONG):
        return False
    for offset in range(taken):
        if letters[letter + offset] != letters[letter] and size < DISTINCTIVE:
            return False
    for place in range(at, end):  # noqa: SIM110
        if not _may_mean(text.folded[place], letters[letter], size):
            return False
    return True


@helper
def _may_mean(byte, letter, size):  # type: ignore[no-untyped-def]
    return byte == letter or (_is_small(letter) and (size >= DISTINCTIVE or KIND[byte] != LETTER))


@helper
def _is_small(letter):  # type: ignore[no-untyped-def]
    return KIND[letter] == LETTER and letter < 0x80


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
    if KIND[phrases.letters[steps.letter[step]]] == DIGIT:
        return True
    for at in range(steps.at[step], steps.end[step]):  # noqa: SIM110
        if KIND[text.folded[at]] == LETTER:
            return True
    return False


@helper
def _gap_is_readable(text, phrases, size, steps, after, count):  # type: ignore[no-untyped-def]
    width = steps.at[after] - steps.end[after - 1]
    comes_after = phrases.comes_after[steps.letter[after]]
    if width == 0:
        return size >= DISTINCTIVE or comes_after != NEW_WORD
    if comes_after != SAME_WORD:
        return width <= WIDEST_GAP
    if width > WIDEST_CUT or (size <= SHORT and _in_a_row(text, steps.at[0], steps.end[count - 1])):
        return False
    if (after == 1 or steps.end[after - 2] < steps.at[after - 1]) and (
        after == count - 1 or steps.end[after] < steps.at[after + 1]
    ):
        return True
    for at in range(steps.end[after - 1], steps.at[after]):
        if text.folded[at] == BLANK and text.source[text.bounds[SOURCE] + text.origin[at]] < 0x80:
            return False
    return True


@helper
def _in_a_row(text, start, end):  # type: ignore[no-untyped-def]
    before, behind = start, end
    while start - before < WIDEST_CUT and before > text.bounds[BEGIN] and _divides(text, before - 1):
        before -= 1
    while behind - end < WIDEST_CUT and behind < text.bounds[END] and _divides(text, behind):
        behind += 1
    return _is_single(text, before - 1) or _is_single(text, behind)


@helper
def _is_single(text, at):  # type: ignore[no-untyped-def]
    return (
        text.bounds[BEGIN] <= at < text.bounds[END]
        and KIND[text.folded[at]] == LETTER
        and not (at > text.bounds[BEGIN] and KIND[text.folded[at - 1]] == LETTER)
        and not (at + 1 < text.bounds[END] and KIND[text.folded[at + 1]] == LETTER)
    )


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
def _is_whole_word(text, size, steps, count, begins):  # type: ignore[no-untyped-def]
    start, end = steps.at[0], steps.end[count - 1]
    ends = end == text.bounds[END] or _apart(text.folded[end - 1], text.folded[end])
    if begins and ends:
        return True
    for step in range(1, count):
        if steps.at[step] > steps.end[step - 1]:
            return False
    if size < TAGGED:
        return False
    if begins:
        return start > text.bounds[BEGIN] and opens_tag(text.folded[start - 1])
    return ends and steps.end[0] - start == steps.taken[0]  # That it is in a hashtag was checked before.


@helper
def _apart(inner, outer):  # type: ignore[no-untyped-def]
    return KIND[outer] != LETTER and (KIND[inner] == LETTER or KIND[outer] != DIGIT)
