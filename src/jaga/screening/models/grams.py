"""Classifier features: groups of three and four letters, emoji, disguise.

The readable definition.

`grams_kernel` computes the same for blocks; a test compares them. A text is read in windows, so that an advertisement
is not diluted by pages of harmless text after it. All digits count as the same one, so that no telephone number is
learnt.
"""

from collections.abc import Iterator
from typing import NamedTuple

from jaga.screening.text.block import fold_char

VERSION = "grams-1"
"""Version of this feature definition. Models trained under another one are rejected."""
BITS = 18
SLOTS = 1 << BITS
WINDOW = 512  # Bytes of the folded text.
SHORT, LONG = 3, 4  # Letters per group.
MIXED, DISGUISED = 1, 2  # First bytes of non-letter keys: control characters, which no stream contains.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LETTERS, _DIGITS = 7, 4  # A word's shape counts up to these.
_DISGUISED_FROM = (1, 3, 6)  # Numbers of disguised characters in a window at which another mark of disguise is added.
_DIGIT, _SPACE = ord("0"), ord(" ")


class Gram(NamedTuple):
    """One feature: its weight slot, and its half-open span in the stream; empty if it belongs to no word."""

    slot: int
    start: int
    end: int


def slot(key: int) -> int:
    """The weight slot of a 32-bit key (multiplicative hashing, Knuth 6.4)."""
    return ((key ^ key >> 15) * 0x9E3779B1 & 0xFFFFFFFF) >> 32 - BITS


def slow_windows(text: str) -> Iterator[list[Gram]]:
    """The features of each window of a text; the readable definition. Accepts any string."""
    read = [" " if "\ud800" <= char <= "\udfff" else char for char in text]
    folded_chars = [fold_char(char).encode() for char in read]
    chars = [char for char, folded_char in zip(read, folded_chars, strict=True) for _ in folded_char]
    folded = b"".join(folded_chars)
    for start in range(0, max(1, len(folded)), WINDOW):
        window, written = folded[start : start + WINDOW], chars[start : start + WINDOW]
        stream, _ = stream_of(window)
        disguised = sum(not char.isascii() and chr(byte) in _PLAIN for byte, char in zip(window, written, strict=True))
        pictures = [
            char if byte == _SPACE and not char.isascii() else "" for byte, char in zip(window, written, strict=True)
        ]
        yield [*_groups(stream), *_shapes(stream), *_pictures(pictures), *_marks(disguised)]


def stream_of(folded: bytes) -> tuple[bytes, list[int]]:
    """The letters of a folded window with single spaces, and each one's place in the window.

    Repeated letters count once ("slooot"), consecutive one-letter words are joined ("s l o t"), signs separate words.
    """
    words, ends = list[list[tuple[int, int]]](), list[int]()
    single = False
    for word, end in _words(folded):
        if len(word) == 1 and single:
            words[-1] += word
            ends[-1] = end
        else:
            words.append(word)
            ends.append(end)
        single = len(word) == 1
    stream, places = [_SPACE], [0]
    for word, end in zip(words, ends, strict=True):
        stream += [byte for byte, _ in word] + [_SPACE]
        places += [place for _, place in word] + [end]
    return bytes(stream), places


def _words(folded: bytes) -> Iterator[tuple[list[tuple[int, int]], int]]:
    """Runs of letters and digits as bytes with places, and where each run ends."""
    word = list[tuple[int, int]]()
    for place, byte in enumerate(folded + b" "):
        if byte >= 128 or chr(byte).isalpha():
            if not word or word[-1][0] != byte:
                word.append((byte, place))
        elif chr(byte).isdigit():
            word.append((_DIGIT, place))
        elif word:
            yield word, place
            word = []


def _groups(stream: bytes) -> Iterator[Gram]:
    """All groups of three, then of four; spaces included, since word boundaries matter."""
    for size in (SHORT, LONG):
        for start in range(len(stream) - size + 1):
            yield Gram(slot(int.from_bytes(stream[start : start + size])), start, start + size)


def _shapes(stream: bytes) -> Iterator[Gram]:
    """The shape of words mixing letters *and* digits, whatever they say: site names and numbered accounts."""
    start = 1
    for word in stream.split():
        digits, end = word.count(_DIGIT), start + len(word)
        if 0 < digits < len(word):
            key = (
                MIXED << 24
                | min(len(word) - digits, _LETTERS) << 16
                | min(digits, _DIGITS) << 8
                | (word[0] == _DIGIT) << 1
                | (word[-1] == _DIGIT)
            )
            yield Gram(slot(key), start, end)
        start = end + 1


def _pictures(pictures: list[str]) -> Iterator[Gram]:
    """Emoji and signs as themselves. Of equal neighbours only the first."""
    before = ""
    for picture in pictures:
        if picture and picture != before:
            yield Gram(slot(int.from_bytes(picture.encode())), 0, 0)
        before = picture


def _marks(disguised: int) -> Iterator[Gram]:
    """One mark for any disguised letter or digit, more for many: honest writers use few."""
    for level, least in enumerate(_DISGUISED_FROM):
        if disguised >= least:
            yield Gram(slot(DISGUISED << 24 | level), 0, 0)
