"""Which of the texts that are learnt from say nearly the same. A template that was sent a thousand times is one lesson.

Copies on both sides of a test would make any model look good. What is compared are the features of `grams`; candidates
are found by the least of their hashes (Broder, On the resemblance of documents, 1997) and then compared exactly.
"""

from collections.abc import Iterable, Sequence

ALIKE = 0.5  # of all features of two texts, the share in common from which they are nearly the same
_LEAST = 12  # hashes by which a candidate is found: of alike texts at least one is shared, nearly always
_COMPARED = 8  # earlier texts with the same hash that a text is compared with


def clusters(features: Sequence[Iterable[int]]) -> list[int]:
    """For each text the number of the first text of its cluster. The order of the features means nothing."""
    kept = [frozenset(slots) for slots in features]
    leader, places = list(range(len(kept))), dict[int, list[int]]()

    def first(text: int) -> int:
        while leader[text] != text:
            leader[text] = leader[leader[text]]
            text = leader[text]
        return text

    for text, slots in enumerate(kept):
        for value in sorted(map(_mixed, slots))[:_LEAST]:
            others = places.setdefault(value, [])
            for other in others:
                one, two = first(text), first(other)
                if one != two and _alike(slots, kept[other]):
                    leader[max(one, two)] = min(one, two)
            if len(others) < _COMPARED:
                others.append(text)
    return [first(text) for text in range(len(kept))]


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    both = len(one & other)
    return both >= ALIKE * (len(one) + len(other) - both)


def _mixed(slot: int) -> int:
    """Another order of the slots than their own, so that no letter is always among the least."""
    return (slot * 0x9E3779B1 ^ slot >> 7) * 0x85EBCA6B & 0xFFFFFFFF
