"""`grams` at speed: the features of a whole block, their sums under many models, and the words that weighed most.

Each window's features are found once and stay in the processor's cache; each model only adds up its weights at them.
"""

import numba
import numpy as np

from jaga.screening.grams import BITS, DISGUISED, MIXED, WINDOW

_MOST = 4 * WINDOW + 8  # features of one window: two for each letter, then shapes, pictures and marks
_SHIFT = 32 - BITS
_WORDS = WINDOW // 2 + 2
_SEEN_AS = np.array([byte if 97 <= byte <= 122 or byte >= 128 else 48 if 48 <= byte <= 57 else 32
                     for byte in range(256)], np.uint8)
"""What a folded byte is in the stream: a letter, some digit, or the end of a word."""


@numba.njit(cache=True, inline="always")
def _slot(key):  # type: ignore[no-untyped-def]
    key = np.uint32(key)
    return np.uint32(np.uint32(key ^ (key >> np.uint32(15))) * np.uint32(0x9E3779B1)) >> np.uint32(_SHIFT)


@numba.njit(cache=True)
def _stream(folded, begin, end, stream, places):  # type: ignore[no-untyped-def]
    """Writes the window's stream; its length. See `grams.stream_of`.

    `places` is None where nobody asks for them: the compiler then leaves them out.
    """
    stream[0] = 32
    if places is not None:
        places[0] = 0
    length, before = np.uint64(1), np.uint8(32)
    for at in range(np.uint64(begin), np.uint64(end)):
        byte = _SEEN_AS[folded[at]]
        stream[length] = byte  # written in any case, and kept where the length grows: a branch would cost more
        if places is not None and (byte != before) | (byte == 48):
            places[length] = at - begin
        length += np.uint64((byte != before) | (byte == 48))
        before = byte
    if before != 32:
        stream[length] = 32
        if places is not None:
            places[length] = end - begin
        length += np.uint64(1)
    if length > 4 and _spaced_out(stream, np.int64(length)):
        length = _together(stream, places, length)
    return np.int64(length)


@numba.njit(cache=True)
def _any_digit(stream, length):  # type: ignore[no-untyped-def]
    found = False
    for at in range(np.uint64(length)):
        found |= stream[at] == 48
    return found


@numba.njit(cache=True)
def _spaced_out(stream, length):  # type: ignore[no-untyped-def]
    """Whether two words of one letter stand side by side; hardly ever, so this is asked before anything is moved."""
    first, second, third = stream[:length - 4], stream[2:length - 2], stream[4:length]
    found = False
    for at in range(third.size):
        found |= (first[at] == 32) & (second[at] == 32) & (third[at] == 32)
    return found


@numba.njit(cache=True)
def _together(stream, places, length):  # type: ignore[no-untyped-def]
    """Moves words of one letter in a row together; the new length."""
    to, start, single = np.uint64(1), np.uint64(1), False
    while start < length:
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
    return to


@numba.njit(cache=True)
def _groups(stream, length, slots):  # type: ignore[no-untyped-def]
    """Slots of all groups, in the order of `grams._groups`; how many. No step waits for another: vectors of them."""
    threes = max(0, length - 2)
    for at in range(threes):
        slots[at] = _slot(np.uint32(stream[at]) << np.uint32(16) | np.uint32(stream[at + 1]) << np.uint32(8)
                          | np.uint32(stream[at + 2]))
    fours = max(0, length - 3)
    for at in range(fours):
        slots[threes + at] = _slot(np.uint32(stream[at]) << np.uint32(24) | np.uint32(stream[at + 1]) << np.uint32(16)
                                   | np.uint32(stream[at + 2]) << np.uint32(8) | np.uint32(stream[at + 3]))
    return threes + fours


@numba.njit(cache=True)
def _shapes(stream, length, slots, found):  # type: ignore[no-untyped-def]
    at = np.uint64(1)
    while at < length:
        if stream[at] != 48:
            at += np.uint64(1)
            continue
        start = at
        while stream[start - np.uint64(1)] != 32:
            start -= np.uint64(1)
        digits, at = 0, start
        while stream[at] != 32:
            digits += int(stream[at] == 48)
            at += np.uint64(1)
        letters = int(at - start) - digits
        if letters > 0:
            first, last = stream[start] == 48, stream[at - np.uint64(1)] == 48
            slots[found] = _slot(MIXED << 24 | min(letters, 7) << 16 | min(digits, 4) << 8 | first << 1 | last)
            found += 1
    return found


@numba.njit(cache=True)
def _any_beyond_ascii(source, begin, end):  # type: ignore[no-untyped-def]
    found = np.uint8(0)
    for byte in source[begin:end]:
        found |= byte
    return found >= 128


@numba.njit(cache=True)
def _pictures(block, text, begin, end, slots, found):  # type: ignore[no-untyped-def]
    """Code points beyond ASCII that look like no letter; of equal neighbours the first."""
    start, stop, before = block.starts[text], block.starts[text + 1], np.uint32(0)
    for at in range(begin, end):
        place = start + block.origin[at]
        lead = block.source[place]
        if block.folded[at] != 32 or lead < 128:
            before = np.uint32(0)
            continue
        key = np.uint32(0)
        for byte in block.source[place:min(stop, place + (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4))]:
            key = np.uint32(key << np.uint32(8)) | np.uint32(byte)
        if key != before:
            slots[found] = _slot(key)
            found += 1
        before = key
    return found


@numba.njit(cache=True)
def _disguised(block, text, begin, end):  # type: ignore[no-untyped-def]
    """How many letters and digits of `folded[begin:end]` were written as something else: those there are, less those
    that stand in the source as they are, since each of these is folded to itself.
    """
    start = block.starts[text]
    return _plain(block.folded, begin, end) - _plain_source(
        block.source, start + block.origin[begin], start + block.origin[end])


@numba.njit(cache=True)
def _plain(text, begin, end):  # type: ignore[no-untyped-def]
    count = 0
    for byte in text[begin:end]:
        count += int((np.uint8(byte - 97) < 26) | (np.uint8(byte - 48) < 10))
    return count


@numba.njit(cache=True)
def _plain_source(text, begin, end):  # type: ignore[no-untyped-def]
    count = 0
    for byte in text[begin:end]:
        count += int((np.uint8((byte | np.uint8(32)) - 97) < 26) | (np.uint8(byte - 48) < 10))
    return count


@numba.njit(cache=True)
def _marks(disguised, slots, found):  # type: ignore[no-untyped-def]
    for level, least in enumerate((1, 3, 6)):
        if disguised >= least:
            slots[found] = _slot(DISGUISED << 24 | level)
            found += 1
    return found


@numba.njit(cache=True)
def _window(block, text, begin, end, stream, places, slots):  # type: ignore[no-untyped-def]
    """The slots of one window, how many, and the length of its stream; that is left for whoever explains."""
    length = _stream(block.folded, begin, end, stream, places)
    found = _groups(stream, length, slots)
    if _any_digit(stream, length):
        found = _shapes(stream, length, slots, found)
    start = block.starts[text]
    if _any_beyond_ascii(block.source, start + block.origin[begin], start + block.origin[end]):
        found = _pictures(block, text, begin, end, slots, found)
        found = _marks(_disguised(block, text, begin, end), slots, found)
    return found, length


@numba.njit(cache=True)
def features(block):  # type: ignore[no-untyped-def]
    """The slots of each text's first window, text after text, and the n + 1 places where each text's begin."""
    texts = block.folds.size - 1
    stream = np.empty(WINDOW + 2, np.uint8)
    slots, first = np.empty(_MOST, np.uint32), np.zeros(texts + 1, np.int64)
    room = 0
    for text in range(texts):
        room += 4 * min(block.folds[text + 1] - block.folds[text], WINDOW) + 8
    all_slots, at = np.empty(room, np.uint32), 0
    for text in range(texts):
        begin = block.folds[text]
        found, _ = _window(block, text, begin, min(begin + WINDOW, block.folds[text + 1] - 1), stream, None, slots)
        all_slots[at:at + found] = slots[:found]
        at += found
        first[text + 1] = at
    return first, all_slots[:at].copy()


@numba.njit(cache=True)
def _sum(weights, slots, found):  # type: ignore[no-untyped-def]
    """The sum of a model's weights at these slots, and at how many of them it knows anything. Whole numbers: the sum is
    the same on every machine, in whatever order it is taken.
    """
    total, known = np.int32(0), np.int32(0)
    for at in range(np.uint64(found)):
        weight = weights[slots[at]]
        total += np.int32(weight)
        known += np.int32(weight != 0)
    return total, known


@numba.njit(cache=True)
def margins(block, weights, damping, fewest):  # type: ignore[no-untyped-def]
    """float32[n, models]: for each text the greatest margin of its windows, and in int64[n, models] where that window
    begins in `folded`.

    `weights` is int16[models, SLOTS]. A window of which a model knows fewer than `fewest` features is not judged; a
    text without any other has -inf.
    """
    texts, models = block.folds.size - 1, weights.shape[0]
    stream, slots = np.empty(WINDOW + 2, np.uint8), np.empty(_MOST, np.uint32)
    best, where = np.full((texts, models), -np.inf, np.float32), np.zeros((texts, models), np.int64)
    for text in range(texts):
        last = block.folds[text + 1] - 1
        for begin in range(block.folds[text], last, WINDOW):
            found, _ = _window(block, text, begin, min(begin + WINDOW, last), stream, None, slots)
            for model in range(models):
                total, known = _sum(weights[model], slots, found)
                margin = np.float32(total) / np.float32(known + damping)
                if known >= fewest and margin > best[text, model]:
                    best[text, model], where[text, model] = margin, begin
    return best, where


@numba.njit(cache=True)
def weightiest(block, text, begin, weights, most):  # type: ignore[no-untyped-def]
    """The words of one window that weighed most for a model, the weightiest first: int64[found, 2] spans in bytes of
    the folded text, from its beginning. A group's weight is shared among its letters; marks of disguise speak for no
    word. Words that spoke against it are left out.
    """
    stream, places = np.empty(WINDOW + 2, np.uint8), np.empty(WINDOW + 2, np.int32)
    slots = np.empty(_MOST, np.uint32)
    end = min(begin + WINDOW, block.folds[text + 1] - 1)
    _, length = _window(block, text, begin, end, stream, places, slots)
    share = np.zeros(length, np.float64)
    at = 0
    for size in (3, 4):
        for start in range(length - size + 1):
            share[start:start + size] += weights[slots[at]] / size
            at += 1
    return _top(stream, places, share, slots, at, length, weights, begin - block.folds[text], most)


@numba.njit(cache=True)
def _top(stream, places, share, slots, at, length, weights, shift, most):  # type: ignore[no-untyped-def]
    total, spans, words = np.zeros(_WORDS, np.float64), np.zeros((_WORDS, 2), np.int64), 0
    start, digits = 1, 0
    for place in range(1, length):
        if stream[place] != 32:
            digits += stream[place] == 48
            continue
        total[words] = share[start:place].sum()
        if 0 < digits < place - start:
            total[words] += weights[slots[at]]
            at += 1
        spans[words] = places[start] + shift, places[place] + shift
        words, start, digits = words + 1, place + 1, 0
    order = np.argsort(-total[:words], kind="mergesort")
    found = 0
    while found < min(most, words) and total[order[found]] > 0:
        found += 1
    return spans[order[:found]]

