"""What every stage of the engine reads and says: some thousand texts in a few arrays, no Python object a text.

The folded form of a text is what it looks like: `fold_char` of each of its code points, one after the other, in UTF-8.
Lower-case letters, digits 0 to 9 and ASCII signs are themselves; disguised letters and digits of every script are
plain ones; what is invisible is gone; what divides words, line ends included, is a space. A fold knows no neighbours,
so each folded byte comes from one code point. What digits and signs mean inside a word is for the matcher to say.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.screening.text.visible import plain

TEXTS = 8192
"""Texts of one block. Each stage fetches its tables into the processor's cache once a block, so few texts are dear; of
more, the block's own arrays would have to be fetched again by each stage.
"""


class TextBlock(NamedTuple):
    """Texts in their order. Text `i` is `source[starts[i]:starts[i+1]]`, folded `folded[folds[i]:folds[i+1] - 1]`."""

    source: npt.NDArray[np.uint8]
    """The UTF-8 bytes of all texts, one after the other."""
    starts: npt.NDArray[np.int64]
    """n + 1 offsets into `source`."""
    folded: npt.NDArray[np.uint8]
    """The folded texts, each followed by one line feed, which stands nowhere else."""
    folds: npt.NDArray[np.int64]
    """n + 1 offsets into `folded`."""
    origin: npt.NDArray[np.int32]
    """For each folded byte, the offset *in its text* of the first source byte of the code point it came from."""


class Hits(NamedTuple):
    """What a stage found, in the order of the texts. All arrays have one length; offsets are bytes of `folded`,
    counted from the beginning of the text (`folds[row]`), as half-open spans.
    """

    row: npt.NDArray[np.int32]
    key: npt.NDArray[np.int32]
    """Which of the stage's phrases, patterns or rules."""
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]


NO_HITS = Hits(*(np.empty(0, np.int32),) * 4)


def fold_char(char: str) -> str:
    """What one code point looks like, as it stands in `TextBlock.folded`; "" for what is invisible."""
    return " " if char == "\n" else plain(char)


def slow_block(texts: Sequence[str]) -> TextBlock:
    """The readable definition of a block, one code point after the other. Lone surrogates are read as spaces."""
    source, folded, origin = bytearray(), bytearray(), list[int]()
    starts, folds = [0], [0]
    for text in texts:
        at = 0
        for char in text:
            raw = b" " if "\ud800" <= char <= "\udfff" else char.encode()
            look = fold_char(raw.decode()).encode()
            source += raw
            folded += look
            origin += [at] * len(look)
            at += len(raw)
        folded += b"\n"
        origin.append(at)
        starts.append(len(source))
        folds.append(len(folded))
    return TextBlock(np.frombuffer(bytes(source), np.uint8), np.array(starts, np.int64),
                     np.frombuffer(bytes(folded), np.uint8), np.array(folds, np.int64), np.array(origin, np.int32))
