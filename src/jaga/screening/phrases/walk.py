"""Phrases in blocks: from each place where a phrase may start, the trie is followed as far as the text goes along.

Where a phrase may end, `verified` decides whether it is one. Most are written in plain letters and single spaces and
need a comparison only; for the others there is `verification`.
"""

import numba
import numpy as np

from jaga.screening.phrases.phrases import LONGEST_RUN, LONGEST_TAG, TAGGED, WIDEST_CUT, WIDEST_GAP
from jaga.screening.phrases.signs import BLANK, KIND, LETTER
from jaga.screening.phrases.trie import ABOUT, ANY_ROOM, BASE, DIVIDES, NAMES, PARENT, ROOM, WORD_ENDS
from jaga.screening.phrases.verification import BEGIN, END, NOWHERE, SOURCE, AttemptSteps, hit_end

_HASH, _AT_SIGN = ord("#"), ord("@")
_ROOM_BITS = (1 << BASE - ROOM) - 1
_UNKNOWN = 1 << 30
_ROW, _START, _END, _STATE, _MOST, _BEGINS = range(6)


@numba.njit(cache=True)
def ends_of_walks(  # type: ignore[no-untyped-def]
    rows,
    cells,
    most_names,
    folded,
    class_of,
    folds,
    source,
    origin,
    starts,
    tagged,
):
    """Where phrases may end in these rows, in columns: row, start, end in plain letters, state, how many letters are
    written at most, and whether a word begins at the start.

    One function, since each call would pass a hundred words of arrays.
    """
    ends, found = np.empty((1024 + most_names, 6), np.int64), np.int64(0)
    root = (cells[0] & ABOUT) >> BASE
    for row in rows:
        begin, before, tag_room, own = folds[row], np.uint8(0), 0, tagged[row]
        for start in range(begin, folds[row + 1] - 1):
            byte = folded[start]
            kind, letter, in_tag = KIND[byte], np.int64(class_of[byte]), tag_room > 0
            if own:
                tag_room = LONGEST_TAG + 1 if byte in (_HASH, _AT_SIGN) else tag_room - 1 if kind else 0
            begins = before != LETTER and (kind == LETTER or before == 0)
            before = kind
            if letter <= DIVIDES or not (begins or in_tag):
                continue
            state = root + letter
            cell = cells[np.uint64(state)]
            if cell >> PARENT != 0:
                continue
            opened = own and start > begin and folded[start - 1] in (_HASH, _AT_SIGN)
            if found + most_names > ends.shape[0]:
                ends = np.concatenate((ends, np.empty_like(ends)))
            at, runs, written, small = np.uint64(start), 1, np.int64(0), kind == LETTER and not opened
            alone = 1
            while True:
                run_end = at + np.uint64(1)
                other = np.int64(class_of[folded[run_end]])
                if small and np.uint8(folded[run_end] - 97) < 26 and other != letter:
                    written, alone, at = written + 1, 0, run_end  # The usual case.
                    child = ((cell & ABOUT) >> BASE) + other
                    cell = cells[np.uint64(child)]
                    if cell >> PARENT != state:
                        break
                    state, letter, runs = child, other, 1
                    continue
                while other == letter and np.int64(run_end - at) <= LONGEST_RUN:  # Drawing costs no more than writing.
                    run_end += np.uint64(1)
                    other = np.int64(class_of[folded[run_end]])
                written += np.int64(run_end - at)
                following, blank = run_end, False
                while other == DIVIDES and np.int64(following - run_end) <= WIDEST_GAP:
                    blank |= folded[following] == BLANK
                    following += np.uint64(1)
                    other = np.int64(class_of[folded[following]])
                gap = np.int64(following - run_end)
                if cell & NAMES and runs == 1:
                    end = at
                    while end < run_end and KIND[folded[end]] == LETTER:
                        end += np.uint64(1)
                    if opened or KIND[folded[end]] != LETTER:  # Only in a hashtag may the word go on.
                        ends[found, _ROW], ends[found, _START], ends[found, _END] = row, start, end
                        ends[found, _STATE], ends[found, _BEGINS] = state, begins
                        ends[found, _MOST] = written if other != letter else _UNKNOWN
                        found += 1
                if np.int64(run_end - at) > LONGEST_RUN or gap > WIDEST_GAP:
                    break
                if gap and not cell & WORD_ENDS:
                    if gap > WIDEST_CUT:
                        break
                    if blank and not alone:
                        typed = False
                        for place in range(run_end, following):
                            typed |= folded[place] == BLANK and source[starts[row] + origin[place]] < 0x80
                        if typed:
                            break  # This gap is within a word that is not spread out: "op en".
                if other == letter:
                    runs += 1
                    if runs > cell >> ROOM & _ROOM_BITS and cell >> ROOM & _ROOM_BITS != ANY_ROOM:
                        break
                else:
                    child = ((cell & ABOUT) >> BASE) + other
                    cell = cells[np.uint64(child)]
                    if cell >> PARENT != state:
                        break  # As at the end of the text, with which no phrase goes on.
                    state, letter, runs = child, other, 1
                at, alone, small = following, 1 if gap else 0, KIND[folded[following]] == LETTER and not opened
    return ends[:found]


@numba.njit(cache=True)
def verified(ends, trie, phrases, text, folds, starts):  # type: ignore[no-untyped-def]
    """Row, phrase, start and end of every hit among `ends_of_walks`."""
    longest = np.diff(phrases.first).max() if phrases.first.size > 1 else 0
    steps = AttemptSteps(
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
    )
    folded, bounds, firsts, plain_first = text.folded, text.bounds, phrases.first, phrases.plain_first
    plain, first, named = phrases.plain, trie.first, trie.named  # Once: see `base.compiled`.
    hits, found, row = np.empty((4, 1024), np.int32), np.int64(0), np.int64(-1)
    for one in range(ends.shape[0]):
        start, end, state = ends[one, _START], ends[one, _END], ends[one, _STATE]
        if ends[one, _ROW] != row:
            row = ends[one, _ROW]
            bounds[BEGIN], bounds[END], bounds[SOURCE] = folds[row], folds[row + 1] - 1, starts[row]
        goes_on = KIND[folded[end]] == LETTER  # At most the line feed after the text.
        for place in range(first[state], first[state + 1]):
            phrase, beyond = named[place], end
            size, own, length = firsts[phrase + 1] - firsts[phrase], plain_first[phrase], end - start
            if size > ends[one, _MOST] or (goes_on and size < TAGGED):
                continue
            is_plain = ends[one, _BEGINS] and not goes_on and length and plain_first[phrase + 1] - own == length
            for offset in range(length if is_plain else 0):
                if folded[start + offset] != plain[own + offset]:
                    is_plain = False
                    break
            if not is_plain:
                beyond = hit_end(text, phrases, phrase, start, steps, ends[one, _BEGINS] != 0)
            if beyond != NOWHERE:
                if found == hits.shape[1]:
                    hits = np.concatenate((hits, np.empty_like(hits)), axis=1)
                hits[0, found], hits[1, found] = row, phrase
                hits[2, found], hits[3, found] = start - folds[row], beyond - folds[row]
                found += 1
    return hits[0, :found], hits[1, :found], hits[2, :found], hits[3, :found]
