"""Near-duplicates among training texts: a template sent a thousand times is one lesson.

Copies on both sides of a train/test split would inflate any score. Candidates are found by their smallest feature
hashes (Broder, On the resemblance of documents, 1997), then compared exactly by the features of `grams`.
"""

from collections.abc import Iterable, Sequence

ALIKE = 0.5  # Share of common features from which two texts are near-duplicates.
_LEAST = 12  # Hashes per text for finding candidates; similar texts nearly always share at least one.
_COMPARED = 8  # Earlier texts with the same hash that are compared.


def clusters(features: Sequence[Iterable[int]]) -> list[int]:
    """For each text the index of its cluster's first text. Feature order does not matter."""
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
    """A permutation of the slots, so that no letter is always among the smallest."""
    return (slot * 0x9E3779B1 ^ slot >> 7) * 0x85EBCA6B & 0xFFFFFFFF
