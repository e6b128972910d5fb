"""The engine's data structure: some thousand texts in a few arrays, without a Python object per text.

A text's folded form is what it looks like: `fold_char` of each code point, in UTF-8. Lower-case letters, digits 0 to 9
and ASCII signs are unchanged; disguised letters and digits of every script become plain; invisible characters vanish;
separators including line ends become spaces. Folding is context-free, so each folded byte comes from one code point.
What digits and signs mean inside a word is decided by the matcher.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.screening.text.visible import plain

TEXTS = 8192
"""Texts per block. Each stage loads its tables into cache once per block, so small blocks are slow; with larger ones
the block's own arrays would leave the cache between stages."""


class TextBlock(NamedTuple):
    """Texts in order. Text `i` is `source[starts[i]:starts[i+1]]`, folded `folded[folds[i]:folds[i+1] - 1]`."""

    source: npt.NDArray[np.uint8]
    """The UTF-8 bytes of all texts, concatenated."""
    starts: npt.NDArray[np.int64]
    """n + 1 offsets into `source`."""
    folded: npt.NDArray[np.uint8]
    """The folded texts, each followed by one line feed, which occurs nowhere else."""
    folds: npt.NDArray[np.int64]
    """n + 1 offsets into `folded`."""
    origin: npt.NDArray[np.int32]
    """For each folded byte, the offset *in its text* of the first source byte of its code point."""


class Hits(NamedTuple):
    """A stage's hits in text order.

    All arrays have the same length; offsets are half-open byte spans in `folded` relative to the text (`folds[row]`).
    """

    row: npt.NDArray[np.int32]
    key: npt.NDArray[np.int32]
    """Index of the stage's phrase, pattern or rule."""
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]


NO_HITS = Hits(*(np.empty(0, np.int32),) * 4)


def fold_char(char: str) -> str:
    """What one code point looks like, as in `TextBlock.folded`; "" if invisible."""
    return " " if char == "\n" else plain(char)


def slow_block(texts: Sequence[str]) -> TextBlock:
    """The readable definition of a block, one code point at a time. Lone surrogates are read as spaces."""
    source, folded, origin = bytearray(), bytearray(), list[int]()
    starts, folds = [0], [0]
    for text in texts:
        at = 0
        for char in text:
            raw = b" " if "\ud800" <= char <= "\udfff" else char.encode()
            folded_char = fold_char(raw.decode()).encode()
            source += raw
            folded += folded_char
            origin += [at] * len(folded_char)
            at += len(raw)
        folded += b"\n"
        origin.append(at)
        starts.append(len(source))
        folds.append(len(folded))
    # The source cannot be written to and the rest can, as in `fold_block`: kernels are compiled once for these types.
    return TextBlock(
        np.frombuffer(bytes(source), np.uint8),
        np.array(starts, np.int64),
        np.frombuffer(folded, np.uint8),
        np.array(folds, np.int64),
        np.array(origin, np.int32),
    )
