"""Hits of a block by the reference definitions, to compare the compiled rules with."""

from collections.abc import Iterable, Sequence

import numpy as np

from jaga.policy.screening_rules import CONTACT_KINDS
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.phrases.phrases import LexiconFinder
from jaga.screening.rules.rules import kind_of
from jaga.screening.text.block import Hits, TextBlock


def phrase_hits(block: TextBlock, texts: Sequence[str], phrases: Sequence[str]) -> Hits:
    """What `LexiconFinder` finds; the key is the index in `phrases`."""
    keys, finder = {phrase: index for index, phrase in enumerate(phrases)}, LexiconFinder(phrases)
    return _hits(
        block,
        texts,
        ((row, keys[hit.phrase], hit.start, hit.end) for row, text in enumerate(texts) for hit in finder.find(text)),
    )


def contact_hits(block: TextBlock, texts: Sequence[str]) -> Hits:
    """What `contacts_in` finds; the key is the index in `CONTACT_KINDS`."""
    keys: dict[str, int] = {kind: index for index, kind in enumerate(CONTACT_KINDS)}
    return _hits(
        block,
        texts,
        ((row, keys[kind_of(one)], one.start, one.end) for row, text in enumerate(texts) for one in contacts_in(text)),
    )


def _hits(block: TextBlock, texts: Sequence[str], found: Iterable[tuple[int, int, int, int]]) -> Hits:
    """Spans of code points as spans of folded bytes; spans that fold to nothing are left out."""
    table: list[tuple[int, int, int, int]] = []
    for row, key, start, end in found:
        before = len(texts[row][:start].encode("utf-8", "replace"))
        after = before + len(texts[row][start:end].encode("utf-8", "replace"))
        origin = block.origin[block.folds[row] : block.folds[row + 1] - 1]
        first, last = np.searchsorted(origin, [before, after])
        if first < last:
            table.append((row, key, int(first), int(last)))
    array = np.array(table, np.int32).reshape(-1, 4)
    return Hits(array[:, 0], array[:, 1], array[:, 2], array[:, 3])
