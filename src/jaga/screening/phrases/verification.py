"""The compiled check of the automaton's matches: `phrases` on arrays.

Functions starting with `_` are named after those in `phrases` and do the same; tests compare them. Only
`_where_it_may_start` is new: it goes from the automaton's match back to the phrase's start.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.base.compiled import helper
from jaga.screening.phrases.automaton import DIVIDES, LOOKS
from jaga.screening.phrases.phrases import (
    DISTINCTIVE,
    LONG,
    LONGEST_RUN,
    LONGEST_TAG,
    MOSTLY,
    SHORT,
    TAGGED,
    VOWELS,
    WIDEST_CUT,
    WIDEST_GAP,
)
from jaga.screening.phrases.signs import BLANK, DIGIT, KIND, LETTER, opens_tag
from jaga.screening.text.letters import NOT_LAST, ONLY_INSIDE

SAME_WORD, NEW_WORD, JOINT = 0, 1, 2
_NOT_FIRST = np.array([chr(byte) in ONLY_INSIDE for byte in range(256)], np.bool_)
_NOT_LAST = np.array([chr(byte) in ONLY_INSIDE + NOT_LAST for byte in range(256)], np.bool_)
_VOWELS = tuple(VOWELS)
_BEGIN, _END, _SOURCE = range(3)
_NOWHERE = -1
_SPACE, _A, _Z = ord(" "), ord("a"), ord("z")


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
    squash_first: npt.NDArray[np.int32]
    squash: npt.NDArray[np.uint8]
    """The phrases' classes in the automaton, indexed like `letters`, in pieces."""


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


@numba.njit(cache=True)
def verified(places, states, copy_folds, rows, first, named, shorter, phrases,  # type: ignore[no-untyped-def]
              text, folds, starts, tagged):
    """Verify the automaton's matches: the phrases of each state, and of its shorter states."""
    longest = np.diff(phrases.first).max() if phrases.first.size > 1 else 0
    single = _single_classes(phrases)
    steps = AttemptSteps(np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64),
                   np.empty(longest, np.int64))
    folded, class_of, bounds = text.folded, text.class_of, text.bounds  # Once: see `base.compiled`.
    hits, found, copied, row = np.empty((4, 64), np.int32), 0, -1, np.int64(-1)
    for named_place in range(places.size):
        if copied < 0 or copy_folds[copied + 1] <= places[named_place]:
            copied += 1
            while copy_folds[copied + 1] <= places[named_place]:
                copied += 1
            row = rows[copied]
            bounds[_BEGIN], bounds[_END], bounds[_SOURCE] = folds[row], folds[row + 1] - 1, starts[row]
        place = folds[row] + places[named_place] - copy_folds[copied]
        state, run_end = states[named_place], _run_end(text, place)
        goes_on = run_end < bounds[_END] and KIND[folded[run_end]] == LETTER
        if goes_on and not tagged[row] and not single[class_of[folded[place]]]:
            continue  # No phrase that ends here does so with a word: most places.
        while state:
            for number in range(first[state], first[state + 1]):
                phrase = named[number]
                if goes_on and _breaks_off(phrases, phrase, tagged[row]):
                    continue
                begin, beyond = _NOWHERE, _NOWHERE
                if not tagged[row] and phrases.squash_first[phrase + 1] - phrases.squash_first[phrase] > 1:
                    begin, beyond = _plain(text, phrases, phrase, run_end)
                if begin != _NOWHERE:
                    if beyond != _NOWHERE:
                        hits, found = _with_hit(hits, found, row, phrase, begin - bounds[_BEGIN],
                                                beyond - bounds[_BEGIN])
                    continue
                begin, beyond = _where_it_may_start(text, phrases, phrase, place)
                for start in range(begin, beyond):
                    end = _hit_end(text, phrases, phrase, start, steps, tagged[row])
                    if end != _NOWHERE:
                        hits, found = _with_hit(hits, found, row, phrase, start - bounds[_BEGIN],
                                                end - bounds[_BEGIN])
            state = shorter[state]
    return hits[0, :found], hits[1, :found], hits[2, :found], hits[3, :found]


@numba.njit(cache=True)
def _single_classes(phrases):  # type: ignore[no-untyped-def]
    """For each class, whether a phrase consists of it alone."""
    single = np.zeros(LOOKS, np.bool_)
    for phrase in range(phrases.squash_first.size - 1):
        if phrases.squash_first[phrase + 1] - phrases.squash_first[phrase] == 1:
            single[phrases.squash[phrases.squash_first[phrase]]] = True
    return single


@numba.njit(cache=True)
def _with_hit(hits, found, row, phrase, start, end):  # type: ignore[no-untyped-def]
    if found == hits.shape[1]:
        hits = np.concatenate((hits, np.empty_like(hits)), axis=1)
    hits[0, found], hits[1, found], hits[2, found], hits[3, found] = row, phrase, start, end
    return hits, found + 1


@helper
def _run_end(text, place):  # type: ignore[no-untyped-def]
    """Where the letters of the class that begins at `place` end."""
    at, letter = place, text.class_of[text.folded[place]]
    while at < text.bounds[_END] and text.class_of[text.folded[at]] == letter and KIND[text.folded[at]] == LETTER:
        at += 1
    return at


@helper
def _plain(text, phrases, phrase, end):  # type: ignore[no-untyped-def]
    """Start and end of a hit that is written letter by letter with single spaces and ends before `end`; a start alone if
    it begins within a word, so that it is none; neither if that is all unclear.

    For phrases of more than one class in texts without hashtags. Most matches are decided here.
    """
    at, letter = end - 1, phrases.first[phrase + 1] - 1
    while at >= text.bounds[_BEGIN]:
        byte = text.folded[at]
        if byte != phrases.letters[letter] or byte < _A or byte > _Z:
            return _NOWHERE, _NOWHERE
        if letter == phrases.first[phrase]:
            break
        if phrases.comes_after[letter] != SAME_WORD:
            at -= 1
            if at < text.bounds[_BEGIN] or text.folded[at] != _SPACE:
                return _NOWHERE, _NOWHERE
        letter -= 1
        at -= 1
    else:
        return _NOWHERE, _NOWHERE
    if at > text.bounds[_BEGIN]:
        before = text.folded[at - 1]
        own = text.class_of[text.folded[at]]
        if KIND[before] == LETTER and text.class_of[before] != own:
            return at, _NOWHERE
        if before != _SPACE or (at - 1 > text.bounds[_BEGIN] and _is_or_divides(text, at - 2, own)):
            return _NOWHERE, _NOWHERE
    if end < text.bounds[_END] and text.folded[end] != _SPACE:
        return _NOWHERE, _NOWHERE
    return at, end


@helper
def _breaks_off(phrases, phrase, tagged):  # type: ignore[no-untyped-def]
    """Whether the phrase is no hit where the word continues after it; False if unclear because of a hashtag or because
    only one class repeats.
    """
    size = phrases.first[phrase + 1] - phrases.first[phrase]
    return not (tagged and size >= TAGGED) and phrases.squash_first[phrase + 1] - phrases.squash_first[phrase] > 1


@helper
def _where_it_may_start(text, phrases, phrase, place):  # type: ignore[no-untyped-def]
    """The range of the text in which a phrase with its last class at `place` must start.

    Walks back over the collapsed text; empty if a gap or run is too wide. A phrase of a single class may start anywhere
    later while only that class occurs.
    """
    first, beyond_letter = phrases.squash_first[phrase], phrases.squash_first[phrase + 1]
    furthest = phrases.alike[phrases.first[phrase]] * (LONGEST_RUN + WIDEST_GAP)
    last = place
    for number in range(beyond_letter - 2, first - 1, -1):
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
    while beyond_letter - first == 1 and beyond < text.bounds[_END] and _is_or_divides(text, beyond, letter):
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
    if count and _reads_as_one(text, phrases, phrase, steps, count) and _is_whole_word(text, size, steps, count,
                                                                                       begins):
        return steps.end[count - 1]
    return _NOWHERE


@helper
def _take_steps(text, phrases, phrase, start, steps):  # type: ignore[no-untyped-def]
    first, beyond = phrases.first[phrase], phrases.first[phrase + 1]
    count, at, letter = 0, start, first
    while at < text.bounds[_END] and text.class_of[text.folded[at]] == text.class_of[phrases.letters[letter]]:
        end, alike = _run(text, at), phrases.alike[letter]
        if letter + alike == beyond and KIND[text.folded[at]] == LETTER:
            run_end, end = end, at
            while end < run_end and KIND[text.folded[end]] == LETTER:
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
    return (text.folded[end - 1] not in _VOWELS and start > text.bounds[_BEGIN] and opens_tag(text.folded[start - 1])
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
    if ((after == 1 or steps.end[after - 2] < steps.at[after - 1])
            and (after == count - 1 or steps.end[after] < steps.at[after + 1])):
        return True
    for at in range(steps.end[after - 1], steps.at[after]):
        if text.folded[at] == BLANK and text.source[text.bounds[_SOURCE] + text.origin[at]] < 0x80:
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
    return (text.bounds[_BEGIN] <= at < text.bounds[_END] and KIND[text.folded[at]] == LETTER
            and not (at > text.bounds[_BEGIN] and KIND[text.folded[at - 1]] == LETTER)
            and not (at + 1 < text.bounds[_END] and KIND[text.folded[at + 1]] == LETTER))


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
    ends = end == text.bounds[_END] or _apart(text.folded[end - 1], text.folded[end])
    if begins and ends:
        return True
    for step in range(1, count):
        if steps.at[step] > steps.end[step - 1]:
            return False
    if size < TAGGED:
        return False
    if begins:
        return start > text.bounds[_BEGIN] and opens_tag(text.folded[start - 1])
    return ends and steps.end[0] - start == steps.taken[0]  # That it is in a hashtag was checked before.


@helper
def _begins(text, at):  # type: ignore[no-untyped-def]
    return at == text.bounds[_BEGIN] or _apart(text.folded[at], text.folded[at - 1])


@helper
def _apart(inner, outer):  # type: ignore[no-untyped-def]
    return KIND[outer] != LETTER and (KIND[inner] == LETTER or KIND[outer] != DIGIT)


@helper
def _in_tag(text, at):  # type: ignore[no-untyped-def]
    word = at
    while word > text.bounds[_BEGIN] and at - word < LONGEST_TAG and KIND[text.folded[word - 1]] != 0:
        word -= 1
    return word > text.bounds[_BEGIN] and opens_tag(text.folded[word - 1])
