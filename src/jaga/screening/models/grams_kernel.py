"""`grams` over blocks: features of every text, and the heaviest words of a window.

Windows are processed several at a time in branch-free loops that vectorise and stay in the processor's cache.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.models.grams import BITS, DISGUISED, MIXED, WINDOW

TOGETHER = 32  # Windows processed together.
MOST_BESIDE = WINDOW + WINDOW // 2 + 8  # Features of a window besides its groups: pictures, shapes and marks.
_ROOM = TOGETHER * (WINDOW + 1) + 16
_SHIFT = 32 - BITS
_WORDS = WINDOW // 2 + 2


class Windows(NamedTuple):
    """Windows processed together: first [TOGETHER] arrays, then arrays over all of them, concatenated."""

    text: npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    """The window's half-open span in `Block.folded`."""
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    """Its stream's half-open span in `stream`, with the spaces at both ends. Two streams may share a space."""
    shapes: npt.NDArray[np.bool_]
    """Whether a word may mix letters and digits; false for most windows."""
    signs: npt.NDArray[np.bool_]
    """Whether its source may contain non-ASCII characters."""
    plain: npt.NDArray[np.uint8]
    """Each folded byte's role in a stream: a letter, a digit, or the end of a word."""
    kept: npt.NDArray[np.uint8]
    """1 for each byte of `plain` that is not a repetition."""
    stream: npt.NDArray[np.uint8]
    mixed: npt.NDArray[np.uint8]
    """Nonzero where a letter and a digit of `stream` are adjacent."""
    beyond: npt.NDArray[np.uint8]
    """Nonzero where the windows' source is not ASCII."""
    threes: npt.NDArray[np.uint32]
    fours: npt.NDArray[np.uint32]
    """The slot of the group at each place of `stream`; those across two streams are meaningless."""


@numba.njit(cache=True)
def room():  # type: ignore[no-untyped-def]
    """Buffers for `TOGETHER` windows."""
    return Windows(
        np.empty(TOGETHER, np.int64),
        np.empty(TOGETHER, np.int64),
        np.empty(TOGETHER, np.int64),
        np.empty(TOGETHER, np.int64),
        np.empty(TOGETHER, np.int64),
        np.empty(TOGETHER, np.bool_),
        np.empty(TOGETHER, np.bool_),
        np.empty(_ROOM, np.uint8),
        np.empty(_ROOM, np.uint8),
        np.empty(_ROOM, np.uint8),
        np.empty(_ROOM, np.uint8),
        np.empty(4 * _ROOM, np.uint8),
        np.empty(_ROOM, np.uint32),
        np.empty(_ROOM, np.uint32),
    )


@numba.njit(cache=True)
def read(block, text, begin, most, into):  # type: ignore[no-untyped-def]
    """Read at most `most` windows, starting at `begin` in the folded bytes of `text`; returns their number, and the
    text and place of the next one.
    """
    count = 0
    while count < most and text < block.folds.size - 1:
        last = block.folds[text + 1] - 1
        into.text[count], into.begin[count], into.end[count] = text, begin, min(begin + WINDOW, last)
        begin += WINDOW
        if begin >= last:
            text += 1
            begin = block.folds[text]
        count += 1
    if count:
        _classes(block.folded[into.begin[0] : into.end[count - 1]], into.plain, into.kept)
        length = _streams(count, into)
        into.stream[length : length + 3] = 32
        _slots(into.stream[: length + 3], into.threes, into.fours)
        some_mixed = _mixed(into.stream[: length + 1], into.mixed)
        _check_neighbours(block, count, some_mixed, _check_further(block, count, into), into)
    return count, text, begin


@numba.njit(cache=True)
def _classes(folded, plain, kept):  # type: ignore[no-untyped-def]
    for at in range(folded.size):
        byte = folded[at]
        letter, digit = (np.uint8(byte - 97) < 26) | (byte >= 128), np.uint8(byte - 48) < 10
        plain[at] = np.uint8(byte if letter else (48 if digit else 32))
    before, after, kept_after = plain[: folded.size - 1], plain[1 : folded.size], kept[1 : folded.size]
    for at in range(after.size):
        kept_after[at] = np.uint8((after[at] != before[at]) | (after[at] == 48))


@numba.njit(cache=True)
def _streams(count, into):  # type: ignore[no-untyped-def]
    """Write the streams of all windows (see `grams.stream_of`); returns their total length."""
    plain, kept, stream = into.plain, into.kept, into.stream
    stream[0] = 32
    length = np.uint64(1)
    for window in range(count):
        into.start[window] = length - np.uint64(1)
        begin, end = into.begin[window] - into.begin[0], into.end[window] - into.begin[0]
        if end > begin:
            kept[begin] = plain[begin] != 32  # Whatever precedes the window.
        for at in range(np.uint64(begin), np.uint64(end)):
            stream[length] = plain[at]  # Always written, kept only where the length advances: a branch would cost more.
            length += np.uint64(kept[at])
        stream[length] = 32
        length += np.uint64(stream[length - np.uint64(1)] != 32)
        into.stop[window] = length
    if _spaced_out(stream[:length]):
        for window in range(count):
            start, stop = into.start[window], into.stop[window]
            if _spaced_out(stream[start:stop]):
                into.stop[window] = start + _joined(stream[start:stop], None)
    return length


@numba.njit(cache=True)
def _spaced_out(stream):  # type: ignore[no-untyped-def]
    """Whether two one-letter words are adjacent; rare, so checked before anything is moved."""
    if stream.size < 5:
        return False
    first, second, third = stream[: stream.size - 4], stream[2 : stream.size - 2], stream[4:]
    found = False
    for at in range(third.size):
        found |= (first[at] == 32) & (second[at] == 32) & (third[at] == 32)
    return found


@numba.njit(cache=True)
def _joined(stream, places):  # type: ignore[no-untyped-def]
    """Join consecutive one-letter words, and `places` with them; returns the new length."""
    to, start, single = np.uint64(1), np.uint64(1), False
    while start < stream.size:
        end = start
        while stream[end] != 32:
            end += np.uint64(1)
        one = end - start == 1
        if one and single:
            to -= np.uint64(1)
        for at in range(start, end + np.uint64(1)):
            stream[to] = stream[at]
            if places is not None:
                places[to] = places[at]
            to += np.uint64(1)
        start, single = end + np.uint64(1), one
    return np.int64(to)


@numba.njit(cache=True, inline="always")
def _slot(key):  # type: ignore[no-untyped-def]
    key = np.uint32(key)
    return np.uint32(np.uint32(key ^ (key >> np.uint32(15))) * np.uint32(0x9E3779B1)) >> np.uint32(_SHIFT)


@numba.njit(cache=True)
def _slots(stream, threes, fours):  # type: ignore[no-untyped-def]
    """The slots of the groups at each place with three more bytes after it."""
    first, second, third, fourth = stream[:-3], stream[1:-2], stream[2:-1], stream[3:]
    for at in range(fourth.size):
        key = np.uint32(first[at]) << np.uint32(16) | np.uint32(second[at]) << np.uint32(8) | np.uint32(third[at])
        threes[at] = _slot(key)
        fours[at] = _slot(key << np.uint32(8) | np.uint32(fourth[at]))


@numba.njit(cache=True)
def _mixed(stream, mixed):  # type: ignore[no-untyped-def]
    """Fill `mixed`; returns whether there is any."""
    one, other, found = stream[:-1], stream[1:], np.uint8(0)
    for at in range(other.size):
        mixed[at] = ((one[at] == 48) != (other[at] == 48)) & (one[at] != 32) & (other[at] != 32)
        found |= mixed[at]
    return found != 0


@numba.njit(cache=True)
def _source(block, text, at):  # type: ignore[no-untyped-def]
    """The source position of a folded byte. `origin` is slow to access, so it is avoided where the answer is known."""
    if at == block.folds[text]:
        return block.starts[text]
    if at == block.folds[text + 1] - 1:
        return block.starts[text + 1]
    return block.starts[text] + block.origin[at]


@numba.njit(cache=True)
def _check_further(block, count, into):  # type: ignore[no-untyped-def]
    """Fill `beyond`. False if a source is too long to fit; then all of it counts as non-ASCII."""
    begin = _source(block, into.text[0], into.begin[0])
    source = block.source[begin : _source(block, into.text[count - 1], into.end[count - 1])]
    if source.size > into.beyond.size:
        return False
    beyond = into.beyond[: source.size]
    for at in range(source.size):
        beyond[at] = source[at] & 128
    return True


@numba.njit(cache=True)
def _any(words, begin, end):  # type: ignore[no-untyped-def]
    """Whether any byte of `[begin, end)` is nonzero. Reads eight at a time, so adjacent bytes may count, too."""
    found = np.uint64(0)
    for at in range(begin >> 3, min((end + 7) >> 3, words.size)):
        found |= words[np.uint64(at)]
    return found != 0


@numba.njit(cache=True)
def _check_neighbours(block, count, some_mixed, fits, into):  # type: ignore[no-untyped-def]
    """Fill `shapes` and `signs`."""
    mixed, beyond = into.mixed.view(np.uint64), into.beyond.view(np.uint64)
    shift = _source(block, into.text[0], into.begin[0])
    for window in range(count):
        text = into.text[window]
        into.shapes[window] = some_mixed and _any(mixed, into.start[window], into.stop[window])
        into.signs[window] = not fits or _any(
            beyond, _source(block, text, into.begin[window]) - shift, _source(block, text, into.end[window]) - shift
        )


@numba.njit(cache=True)
def window_slots(block, windows, window, slots):  # type: ignore[no-untyped-def]
    """Write the slots of one window's features besides its groups, in the order of `grams.slow_windows`; returns their
    number. Call only where `shapes` or `signs` is set: it is expensive.
    """
    found = 0
    if windows.shapes[window]:
        found = _shapes(windows.stream, windows.start[window], windows.stop[window], slots)
    if windows.signs[window]:
        text, begin, end = windows.text[window], windows.begin[window], windows.end[window]
        found = _signs(block, text, begin, end, slots, found)
    return found


@numba.njit(cache=True)
def _shapes(stream, start, stop, slots):  # type: ignore[no-untyped-def]
    found, at = 0, np.uint64(start + 1)
    while at < stop:
        if stream[at] != 48:
            at += np.uint64(1)
            continue
        first = at
        while stream[first - np.uint64(1)] != 32:
            first -= np.uint64(1)
        digits, at = 0, first
        while stream[at] != 32:
            digits += int(stream[at] == 48)
            at += np.uint64(1)
        letters = int(at - first) - digits
        if letters > 0:
            outer = (stream[first] == 48) << 1 | (stream[at - np.uint64(1)] == 48)
            slots[found] = _slot(MIXED << 24 | min(letters, 7) << 16 | min(digits, 4) << 8 | outer)
            found += 1
    return found


@numba.njit(cache=True)
def _signs(block, text, begin, end, slots, found):  # type: ignore[no-untyped-def]
    """Non-ASCII code points: those that resemble no letter (of equal neighbours the first), and the number that
    resemble a plain letter or digit.
    """
    source, folded, origin = block.source, block.folded, block.origin
    start, stop = np.uint64(block.starts[text]), np.uint64(block.starts[text + 1])
    before, disguised = np.uint32(0), 0
    for at in range(np.uint64(begin), np.uint64(end)):
        place = start + np.uint64(origin[at])
        lead = source[place]
        if lead < 128:
            before = np.uint32(0)
            continue
        byte, key = folded[at], np.uint32(0)
        disguised += int((np.uint8(byte - 97) < 26) | (np.uint8(byte - 48) < 10))
        if byte == 32:
            for follows in range(place, min(stop, place + np.uint64(2 + (lead >= 0xE0) + (lead >= 0xF0)))):
                key = np.uint32(key << np.uint32(8)) | np.uint32(source[follows])
            if key != before:
                slots[found] = _slot(key)
                found += 1
        before = key
    return _marks(disguised, slots, found)


@numba.njit(cache=True)
def _marks(disguised, slots, found):  # type: ignore[no-untyped-def]
    for level, least in enumerate((1, 3, 6)):
        if disguised >= least:
            slots[found] = _slot(DISGUISED << 24 | level)
            found += 1
    return found


@numba.njit(cache=True)
def features(block):  # type: ignore[no-untyped-def]
    """The slots of each text's first window, concatenated, and the n + 1 offsets."""
    texts = block.folds.size - 1
    windows, more = room(), np.empty(MOST_BESIDE, np.uint32)
    size = 0
    for row in range(texts):
        size += 4 * min(block.folds[row + 1] - block.folds[row], WINDOW) + 8
    slots, first, length = np.empty(size, np.uint32), np.zeros(texts + 1, np.int64), 0
    text, begin = np.int64(0), np.int64(0)
    while text < texts:
        count, text, begin = read(block, text, begin, TOGETHER, windows)
        for window in range(count):
            if windows.begin[window] != block.folds[windows.text[window]]:
                continue
            start, stop = windows.start[window], windows.stop[window]
            for at in range(start, stop - 2):
                slots[length] = windows.threes[at]
                length += 1
            for at in range(start, stop - 3):
                slots[length] = windows.fours[at]
                length += 1
            if windows.shapes[window] or windows.signs[window]:
                found = window_slots(block, windows, window, more)
                slots[length : length + found] = more[:found]
                length += found
            first[windows.text[window] + 1] = length
    return first, slots[:length].copy()


@numba.njit(cache=True)
def weightiest(block, text, begin, weights, most):  # type: ignore[no-untyped-def]
    """The words of one window with the most weight for a model, heaviest first: int64[found, 2] byte spans in the
    folded text. A group's weight is shared among its letters; marks of disguise belong to no word. Words with negative
    weight are omitted.
    """
    windows, shapes = room(), np.empty(MOST_BESIDE, np.uint32)
    read(block, text, begin, 1, windows)
    length = windows.stop[0]
    stream, places = windows.stream[:length], _places(windows)
    share = np.zeros(length, np.float64)
    for size, slots in ((3, windows.threes), (4, windows.fours)):
        for start in range(length - size + 1):
            share[start : start + size] += weights[slots[start]] / size
    _shapes(stream, 0, length, shapes)
    return _top(stream, places, share, shapes, weights, begin - block.folds[text], most)


@numba.njit(cache=True)
def _places(windows):  # type: ignore[no-untyped-def]
    """The place in the first window of each place of its stream."""
    size = windows.end[0] - windows.begin[0]
    places, stream = np.empty(size + 2, np.int32), np.full(size + 2, 32, np.uint8)
    places[0], length = 0, 1
    for at in range(size):
        places[length], stream[length] = at, windows.plain[at]
        length += int(windows.kept[at])
    if stream[length - 1] != 32:
        places[length], stream[length] = size, 32
        length += 1
    if _spaced_out(stream[:length]):
        _joined(stream[:length], places)
    return places


@numba.njit(cache=True)
def _top(stream, places, share, shapes, weights, shift, most):  # type: ignore[no-untyped-def]
    total, spans, words = np.zeros(_WORDS, np.float64), np.zeros((_WORDS, 2), np.int64), 0
    start, digits, shape = 1, 0, 0
    for place in range(1, stream.size):
        if stream[place] != 32:
            digits += stream[place] == 48
            continue
        total[words] = share[start:place].sum()
        if 0 < digits < place - start:
            total[words] += weights[shapes[shape]]
            shape += 1
        spans[words] = places[start] + shift, places[place] + shift
        words, start, digits = words + 1, place + 1, 0
    order = np.argsort(-total[:words], kind="mergesort")
    found = 0
    while found < min(most, words) and total[order[found]] > 0:
        found += 1
    return spans[order[:found]]
