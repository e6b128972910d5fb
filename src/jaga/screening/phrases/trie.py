"""All phrases as one trie of shapes, which `walk` follows through a text from each place where a word may start.

Bytes are mapped to at most 32 classes: o, 0 and circles are one; separators are skipped; repeats collapse. A phrase and
all its disguises thus become the same string. The trie is a double array (Aoe 1989): the child of state `s` for class
`c` is the cell `base(s) + c`, if its parent is `s`. A cell has eight bytes, so that the trie of ten thousand phrases
stays in the processor's cache.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.phrases.phrases import FoldedPhrase, drawn_like, is_digit, is_letter

LOOKS = 32
LINE_END, DIVIDES = 0, 1
"""The classes of the line feed after each text and of separators; the others are letters and digits."""
NAMES, WORD_ENDS, ROOM, BASE, PARENT = 1, 2, 2, 8, 32
"""Bits of a cell: a phrase ends in this state; some word of a phrase ends there. From bit `ROOM` on, how many letters
of this class stand together in a phrase at most (`ANY_ROOM`: unknown); from bit `BASE` on the base, from bit `PARENT`
on the parent."""
ABOUT = (1 << PARENT) - 1
ANY_ROOM = 63
NOBODY = -1
_TRIES = 200


class Trie(NamedTuple):
    """The root is cell 0."""

    cells: npt.NDArray[np.int64]
    """Of each state the parent, the base and what the bits say of the phrases that come through it."""
    first: npt.NDArray[np.int32]
    """Where a cell's own phrases start in `named`; one more than there are cells."""
    named: npt.NDArray[np.int32]
    most: int
    """How many phrases are named on the way from the root to a state, at most."""


@cache
def letter_classes(signs: str) -> npt.NDArray[np.uint8]:
    """The class of each byte of a folded text, given these letter signs."""
    drawn = sorted({drawn_like(byte) for byte in range(256) if is_letter(byte) or is_digit(byte)})
    if 2 + len(drawn) > LOOKS:
        raise ValueError(f"{len(drawn)} shapes of letters and digits are too many")
    number = {sign: 2 + place for place, sign in enumerate(drawn)}
    classes = [
        number[drawn_like(byte)] if is_letter(byte) or is_digit(byte) or chr(byte) in signs else DIVIDES
        for byte in range(256)
    ]
    classes[ord("\n")] = LINE_END
    return np.array(classes, np.uint8)


def squashed(phrase: FoldedPhrase) -> tuple[bytes, list[int], list[bool]]:
    """The classes of its letters, repeats collapsed; for each how many letters it stands for, and whether a word ends
    within or after them, other than the last.
    """
    classes = letter_classes("")[np.frombuffer(phrase.letters, np.uint8)]
    begins = [at for at in range(len(classes)) if at == 0 or classes[at] != classes[at - 1]]
    ends = [*begins[1:], len(classes)]
    return (
        classes[begins].tobytes(),
        [end - begin for begin, end in zip(begins, ends, strict=True)],
        [any(begin < one <= end for one in phrase.ends) for begin, end in zip(begins, ends, strict=True)],
    )


def trie(phrases: Sequence[FoldedPhrase]) -> Trie:
    """The trie of these phrases, which contain letters; matches are named by index."""
    parts = [squashed(phrase) for phrase in phrases]
    offsets = np.cumsum([0, *(len(classes) for classes, _, _ in parts)])
    widths = np.array([min(width, ANY_ROOM) for _, own, _ in parts for width in own], np.int32)
    word_ends = np.array([one for _, _, own in parts for one in own], np.bool_)
    cells, end, most = _laid_out(
        *_grown(np.frombuffer(b"".join(classes for classes, _, _ in parts), np.uint8), offsets, widths, word_ends)
    )
    if len(cells) >= 1 << PARENT - BASE:
        raise ValueError(f"{len(phrases)} phrases are too many")
    return Trie(
        cells,
        np.searchsorted(np.sort(end), np.arange(len(cells) + 1)).astype(np.int32),
        np.argsort(end, kind="stable").astype(np.int32),
        int(most),
    )


@numba.njit(cache=True)
def _grown(strings, offsets, widths, word_ends):  # type: ignore[no-untyped-def]
    """Each state's children by class (0: none), its bits, and each string's last state. States are numbered so that a
    parent comes first.
    """
    children = np.zeros((strings.size + 1, LOOKS), np.int32)
    room, bits = np.zeros(strings.size + 1, np.int32), np.zeros(strings.size + 1, np.int32)
    end = np.zeros(offsets.size - 1, np.int64)
    states = 1
    for number in range(end.size):
        state = 0
        for at in range(offsets[number], offsets[number + 1]):
            if children[state, strings[at]] == 0:
                children[state, strings[at]] = states
                states += 1
            state = children[state, strings[at]]
            room[state] = max(room[state], widths[at])
            if word_ends[at]:
                bits[state] |= WORD_ENDS
        end[number] = state
        bits[state] |= NAMES
    return children[:states], bits[:states] | room[:states] << ROOM, end


@numba.njit(cache=True)
def _laid_out(children, bits, end):  # type: ignore[no-untyped-def]
    """The states as cells, each family at the first place with room for it; and each string's last cell. Wide families
    near the root come first and stay together. Third, `Trie.most`.
    """
    states = bits.size
    parent, about = np.full(LOOKS * (states + 1), NOBODY, np.int32), np.zeros(LOOKS * (states + 1), np.int32)
    place, queue, names = np.zeros(states, np.int64), np.zeros(states, np.int64), np.zeros(states, np.int64)
    for state in end:
        names[state] += 1
    following = np.arange(1, parent.size + 1, dtype=np.int32)  # The free cells as a linked list.
    previous = np.arange(-1, parent.size - 1, dtype=np.int32)
    parent[0], head, tail, used = 0, 0, 1, 1
    while head < tail:
        state = queue[head]
        head += 1
        about[place[state]] = bits[state]
        own = np.flatnonzero(children[state])
        if own.size == 0:
            continue
        free, tried = following[0], 0
        while free < own[0] or not _fits(parent, free - own[0], own):
            free = following[free]
            tried += 1
            if tried == _TRIES:
                free = max(free, used)
        base = free - own[0]
        about[place[state]] |= base << BASE
        for sign in own:
            child = children[state, sign]
            place[child] = base + sign
            names[child] += names[state]
            parent[base + sign] = place[state]
            before, after = previous[base + sign], following[base + sign]
            following[before], previous[after] = after, before
            used = max(used, base + sign + 1)
            queue[tail] = child
            tail += 1
    return parent[: used + LOOKS].astype(np.int64) << PARENT | about[: used + LOOKS], place[end], names.max()


@numba.njit(cache=True)
def _fits(parent, base, own):  # type: ignore[no-untyped-def]
    """Whether these children's cells are free."""
    for sign in own:  # noqa: SIM110 - numba knows no all()
        if parent[base + sign] != NOBODY:
            return False
    return True
