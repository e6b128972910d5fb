"""Phrase matching over blocks: equal to `phrases`, by a walk through a trie (`walk`) and a check (`verification`)."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.base.kept_tables import kept_arrays
from jaga.screening.phrases.phrases import READINGS, FoldedPhrase
from jaga.screening.phrases.signs import ENDS_SENTENCES, OTHER_SIGN, signs_of
from jaga.screening.phrases.trie import Trie, letter_classes, trie
from jaga.screening.phrases.verification import JOINT, NEW_WORD, SAME_WORD, CompiledPhrases, ReadText
from jaga.screening.phrases.walk import ends_of_walks, verified
from jaga.screening.text.block import Hits, TextBlock

_SMALL = b"abcdefghijklmnopqrstuvwxyz"
_MOVES = 8  # Of a hit, on average.


class _Tables(NamedTuple):
    """What the kernels read, as one tuple of arrays: `keys`, then `CompiledPhrases`, then `Trie`."""

    keys: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    letters: npt.NDArray[np.uint8]
    alike: npt.NDArray[np.int16]
    within_word: npt.NDArray[np.int16]
    comes_after: npt.NDArray[np.uint8]
    plain_first: npt.NDArray[np.int32]
    plain: npt.NDArray[np.uint8]
    cells: npt.NDArray[np.int64]
    trie_first: npt.NDArray[np.int32]
    named: npt.NDArray[np.int32]
    most: npt.NDArray[np.int64]

    @classmethod
    def of(cls, written: Sequence[str]) -> "_Tables":
        phrases = [(key, phrase) for key, phrase in enumerate(map(FoldedPhrase.of, written)) if phrase.letters]
        folded = [phrase for _, phrase in phrases]
        tree = trie(folded)
        return cls(
            np.array([key for key, _ in phrases], np.int32),
            *_compiled(folded),
            tree.cells,
            tree.first,
            tree.named,
            np.array(tree.most),
        )


class PhraseFinder:
    """Finds the phrases of one lexicon in blocks, each by its index. Immutable and thread-safe."""

    def __init__(self, written: Sequence[str], *, keep: bool = False) -> None:
        """A phrase without a letter or digit never matches. With `keep` the tables are cached for the next start."""
        made_of = "\0".join((unicodedata.unidata_version, *written)).encode(errors="surrogatepass")
        tables = kept_arrays("phrases", made_of, _Tables, lambda: _Tables.of(written)) if keep else _Tables.of(written)
        self._keys, self._phrases = tables.keys, CompiledPhrases(*tables[1:8])
        self._trie = Trie(*tables[8:11], int(tables.most))
        self._looks = [letter_classes(signs) for signs in READINGS]

    def find(self, block: TextBlock) -> Hits:
        """All hits, each once, by text, start, end and phrase."""
        all_signs, some_signs, no_signs = self._looks
        tagged, signs = signs_of(block.folded, block.folds)
        found = [self._read(block, tagged, all_signs, np.arange(len(signs)))]
        if signs.any():
            both = np.flatnonzero(signs == ENDS_SENTENCES | OTHER_SIGN)
            found += (
                self._read(block, tagged, some_signs, both),
                self._read(block, tagged, no_signs, np.flatnonzero(signs)),
            )
        row, key, start, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
        key = self._keys[key]
        return Hits(*_once(_order(row, key, start, end, len(signs)), row, key, start, end))

    def _read(
        self,
        block: TextBlock,
        tagged: npt.NDArray[np.bool_],
        class_of: npt.NDArray[np.uint8],
        rows: npt.NDArray[np.int64],
    ) -> Hits:
        """The hits in these rows if bytes are read as these classes."""
        text = ReadText(block.folded, class_of, block.source, block.origin, np.zeros(3, np.int64))
        ends = ends_of_walks(
            rows,
            self._trie.cells,
            self._trie.most,
            block.folded,
            class_of,
            block.folds,
            block.source,
            block.origin,
            block.starts,
            tagged,
        )
        return Hits(*verified(ends, self._trie, self._phrases, text, block.folds, block.starts))


def _compiled(phrases: Sequence[FoldedPhrase]) -> CompiledPhrases:
    letters = [(phrase, at) for phrase in phrases for at in range(len(phrase.letters))]
    plain = [_plain(phrase) for phrase in phrases]
    return CompiledPhrases(
        np.cumsum([0, *(len(phrase.letters) for phrase in phrases)]).astype(np.int32),
        np.frombuffer(b"".join(phrase.letters for phrase in phrases), np.uint8).copy(),
        np.array([phrase.alike(at) for phrase, at in letters], np.int16),
        np.array([phrase.within_word(at) for phrase, at in letters], np.int16),
        np.array(
            [JOINT if at in phrase.joints else NEW_WORD if at in phrase.ends else SAME_WORD for phrase, at in letters],
            np.uint8,
        ),
        np.cumsum([0, *map(len, plain)]).astype(np.int32),
        np.frombuffer(b"".join(plain), np.uint8).copy(),
    )


def _plain(phrase: FoldedPhrase) -> bytes:
    """The phrase with single spaces if it has letters from a to z only."""
    if any(byte not in _SMALL for byte in phrase.letters):
        return b""
    return b"".join(b" " * (at in phrase.ends) + phrase.letters[at : at + 1] for at in range(len(phrase.letters)))


def _order(
    row: npt.NDArray[np.int32],
    key: npt.NDArray[np.int32],
    start: npt.NDArray[np.int32],
    end: npt.NDArray[np.int32],
    texts: int,
) -> npt.NDArray[np.int64]:
    """The order of the hits by text, start, end and phrase, as indices."""
    order = _nearly_in_order(row, key, start, end, texts)
    return order if len(order) else np.lexsort((key, end, start, row))


@numba.njit(cache=True)
def _nearly_in_order(row, key, start, end, texts):  # type: ignore[no-untyped-def]
    """The same, text by text and by insertion sort within a text, which is fast for the hits of few readings; empty if
    it would take too long.
    """
    filled = np.zeros(texts + 1, np.int64)
    for one in row:
        filled[one + 1] += 1
    for text in range(texts):
        filled[text + 1] += filled[text]
    firsts = filled.copy()
    order, left = np.empty(row.size, np.int64), _MOVES * row.size
    for one in range(row.size):
        text = row[one]
        place = filled[text]
        filled[text] += 1
        while place > firsts[text]:
            before = order[place - 1]
            if (start[before], end[before], key[before]) <= (start[one], end[one], key[one]):
                break
            order[place] = before
            place -= 1
            left -= 1
            if left < 0:
                return order[:0]
        order[place] = one
    return order


@numba.njit(cache=True)
def _once(order, row, key, start, end):  # type: ignore[no-untyped-def]
    """In this order; a hit found by two readings is kept once."""
    kept = 0
    for place in range(order.size):
        one, other = order[place], order[kept - 1]
        if kept and (row[one], start[one], end[one], key[one]) == (row[other], start[other], end[other], key[other]):
            continue
        order[kept] = one
        kept += 1
    order = order[:kept]
    return row[order], key[order], start[order], end[order]
