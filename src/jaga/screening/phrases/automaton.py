"""A fast prefilter for phrases: reads every byte once and misses none, but ignores words and gaps.

It maps bytes to at most 32 classes: o, 0 and circles are one; separators are dropped; repeats collapse. A phrase and
all its disguises thus become the same string, and one Aho-Corasick automaton finds all phrases. `matching` verifies
each place exactly.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.np.unsafe.ndarray import to_fixed_tuple

from jaga.screening.phrases.phrases import FoldedPhrase, drawn_like, is_digit, is_letter

LOOKS = 32
_LINE_FEED = 10
LINE_END, DIVIDES = 0, 1
"""The classes of the line feed after each text and of separators; the others are letters and digits."""
LANES = 8
"""Texts read in turn, to hide memory latency."""


class Sieve(NamedTuple):
    """The automaton. A state is the longest suffix read that starts a phrase; 0: none."""

    step: npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
    """The next state by state and class, 32 per row: one cache line."""
    naming: int
    """States from this one on end a phrase."""
    first: npt.NDArray[np.int32]
    """Where a state's own phrases start in `named`; one more than there are states."""
    named: npt.NDArray[np.int32]
    shorter: npt.NDArray[np.int32]
    """The longest proper suffix of a state that itself ends a phrase; 0: none."""


@cache
def letter_classes(signs: str) -> npt.NDArray[np.uint8]:
    """The class of each byte of a folded text, given these letter signs."""
    drawn = sorted({drawn_like(byte) for byte in range(256) if is_letter(byte) or is_digit(byte)})
    if 2 + len(drawn) > LOOKS:
        raise ValueError(f"{len(drawn)} shapes of letters and digits are too many")
    number = {sign: 2 + place for place, sign in enumerate(drawn)}
    classes = [number[drawn_like(byte)] if is_letter(byte) or is_digit(byte) or chr(byte) in signs else DIVIDES
               for byte in range(256)]
    classes[ord("\n")] = LINE_END
    return np.array(classes, np.uint8)


def squashed(phrase: FoldedPhrase) -> bytes:
    """The classes of its letters, repeats collapsed."""
    classes = letter_classes("")[np.frombuffer(phrase.letters, np.uint8)]
    return bytes(classes[np.append(True, classes[1:] != classes[:-1])])


def sieve(phrases: Sequence[FoldedPhrase]) -> Sieve:
    """The automaton for these phrases, which contain letters; matches are named by index."""
    strings = [squashed(phrase) for phrase in phrases]
    offsets = np.cumsum([0, *map(len, strings)])
    step, end, shorter, states = _grown(np.frombuffer(b"".join(strings), np.uint8), offsets)
    names = np.zeros(states, np.bool_)
    names[end] = True
    names |= shorter > 0
    order = np.argsort(names, kind="stable")  # Those that end a phrase last, so that one comparison identifies them.
    place = np.empty(states, np.int32)
    place[order] = np.arange(states, dtype=np.int32)
    end, width = place[end], np.uint16 if states <= 1 << 16 else np.uint32
    return Sieve(place[step[order]].astype(width), int(np.count_nonzero(~names)),
                 np.searchsorted(np.sort(end), np.arange(states + 1)).astype(np.int32),
                 np.argsort(end, kind="stable").astype(np.int32), place[shorter[order]])


@numba.njit(cache=True)
def _grown(strings, offsets):  # type: ignore[no-untyped-def]
    """The automaton, each string's final state, each state's `shorter` one, and the number of states."""
    step = np.full((strings.size + 1, LOOKS), -1, np.int32)
    end = np.zeros(offsets.size - 1, np.int64)
    ends = np.zeros(strings.size + 1, np.bool_)
    last = np.zeros(strings.size + 1, np.uint8)
    states = 1
    for number in range(end.size):
        state = 0
        for sign in strings[offsets[number]:offsets[number + 1]]:
            if step[state, sign] < 0:
                step[state, sign], last[states] = states, sign
                states += 1
            state = step[state, sign]
        end[number], ends[state] = state, True
    fall = np.zeros(states, np.int32)  # The longest proper suffix of a state that is a state.
    shorter = np.zeros(states, np.int32)
    queue = np.zeros(states, np.int32)
    head, tail = 0, 1
    while head < tail:
        state = queue[head]
        head += 1
        shorter[state] = fall[state] if ends[fall[state]] else shorter[fall[state]]
        for sign in range(LOOKS):
            child = step[state, sign]
            if child >= 0:
                fall[child] = step[fall[state], sign] if state else 0
                queue[tail] = child
                tail += 1
            elif sign == LINE_END:
                step[state, sign] = 0
            elif sign == DIVIDES or (state and sign == last[state]):
                step[state, sign] = state
            else:
                step[state, sign] = step[fall[state], sign] if state else 0
    return step[:states], end, shorter, states


@numba.njit(cache=True)
def named_places(folded, class_of, step, naming):  # type: ignore[no-untyped-def]
    """The places in folded texts, each followed by a line feed, where a state that ends a phrase is entered, and those
    states; in order.
    """
    places, states = np.empty(folded.size, np.int64), np.empty(folded.size, np.int32)
    lanes = _lanes(folded)
    found = lanes[:-1].copy()  # Each lane writes where it reads: it cannot name more places than it has bytes.
    begins = to_fixed_tuple(lanes[:-1].astype(np.uint64), LANES)  # type: ignore[call-arg,var-annotated]
    first_naming, zero = np.uint64(naming), np.uint64(0)  # Unsigned, so that no index is checked for being negative.
    state = (zero, zero, zero, zero, zero, zero, zero, zero)
    for offset in range(np.uint64(np.diff(lanes).min())):
        before, named = state, False
        for lane in range(LANES):
            byte = np.uint64(folded[begins[lane] + np.uint64(offset)])
            following = np.uint64(step[state[lane], np.uint64(class_of[byte])])
            named |= following >= first_naming
            state = tuple_setitem(state, lane, following)
        if named:
            for lane in range(LANES):
                if state[lane] >= first_naming and state[lane] != before[lane]:
                    places[found[lane]], states[found[lane]] = begins[lane] + np.uint64(offset), state[lane]
                    found[lane] += 1
    for lane in range(LANES):
        current = np.int64(state[lane])
        for at in range(lanes[lane] + np.diff(lanes).min(), lanes[lane + 1]):
            following = np.int64(step[current, class_of[folded[at]]])
            if following >= naming and following != current:
                places[found[lane]], states[found[lane]] = at, following
                found[lane] += 1
            current = following
    total = 0
    for lane in range(LANES):
        for at in range(lanes[lane], found[lane]):
            places[total], states[total] = places[at], states[at]
            total += 1
    return places[:total], states[:total]


@numba.njit(cache=True)
def _lanes(folded):  # type: ignore[no-untyped-def]
    """Where each lane starts and the last one ends: at equal distances, moved back to the start of a text."""
    lanes = np.zeros(LANES + 1, np.int64)
    for lane in range(1, LANES + 1):
        at = folded.size * lane // LANES
        while at > lanes[lane - 1] and folded[at - 1] != _LINE_FEED:
            at -= 1
        lanes[lane] = at
    return lanes
