"""A puncturable pseudo-random function: keys for 2^48 numbers from one random root, each of which can be destroyed.

The keys are the leaves of a tree in which each child is a keyed hash of its parent (Goldreich, Goldwasser, Micali:
How to construct random functions, 1986). To destroy a leaf, its ancestors are replaced by the subtrees beside its path,
from which it cannot be computed. So what is stored are the whole subtrees that remain: one seed for each.

Errors of the key store.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from secrets import token_bytes

from jaga.core.errors import N_, Conflict, JagaError


class Erased(Conflict):
    """The key was destroyed: what it encrypted cannot be read any more, and nothing can be added under it."""

    code = "erased"
    status = 410
    sentence = N_("This case or report was erased; its texts can be neither read nor added to.")
    remedy = N_("What remains of it is its number, its days and the ledger.")


class KeyStoreMissing(JagaError):
    """The key store of this database is missing. None was created."""

    code = "key_store_missing"
    status = 503
    sentence = N_("The key store %(path)s is missing, and this database holds texts that only its keys open.")
    remedy = N_(
        "Put a copy of that folder back, the newest one that you have (jaga key-store copy makes them); set "
        "JAGA_KEY_STORE if it lies elsewhere. Nothing was changed. If there is no copy, read "
        "docs/operations.md, “Keys and their limits”."
    )


class KeyStoreDamaged(JagaError):
    """The file is no key store, or was damaged."""

    code = "key_store_damaged"
    status = 503
    sentence = N_("The key store %(path)s cannot be read: %(why)s.")
    remedy = N_(
        "Put back the newest copy (jaga key-store copy makes them). Erasures since then are applied again at "
        "the start. Nothing was changed."
    )


class KeyStoreDiffers(JagaError):
    """The key store belongs to another database, or another installation uses it."""

    code = "key_store_differs"
    status = 503
    sentence = N_("The key store %(path)s is not the one of this database.")
    remedy = N_(
        "Put the right folder there, or set JAGA_KEY_STORE to the folder that holds it; a new database needs a "
        "new one. Nothing was changed."
    )


FANOUT_BITS = 2  # Few siblings for each scattered leaf: 16 children would need three times as many seeds.
DEPTH = 24
NUMBERS = 1 << FANOUT_BITS * DEPTH
SEED_BYTES = 32
_FANOUT = 1 << FANOUT_BITS
_NEAR = 4  # Levels above the leaf at which seeds are remembered: 256 numbers.
_REMEMBERED = 8192


def child(seed: bytes, place: int) -> bytes:
    """The seed of the child at `place`, from 0."""
    return blake2b(bytes((place,)), key=seed, digest_size=SEED_BYTES, person=b"jaga key tree").digest()


def width(level: int) -> int:
    """How many numbers a subtree of this level holds; a leaf has level 0."""
    return 1 << FANOUT_BITS * level


@dataclass(frozen=True)
class Subtree:
    """A whole subtree: its first number, its level, and the seed of all its keys."""

    start: int
    level: int
    seed: bytes = field(repr=False)


class KeyTree:
    """The subtrees that remain, by their first number. Immutable: `without` makes another tree."""

    def __init__(self, starts: Sequence[int], levels: bytes, seeds: bytes) -> None:
        self.starts, self.levels, self.seeds = array("Q", starts), levels, seeds
        self._near = lru_cache(_REMEMBERED)(self._seed_above)

    @classmethod
    def planted(cls) -> "KeyTree":
        """A new tree with a random root."""
        return cls([0], bytes((DEPTH,)), token_bytes(SEED_BYTES))

    def key(self, number: int) -> bytes | None:
        """The key of a number, or None if it was destroyed. Raises ValueError for a number outside the tree."""
        if not 0 <= number < NUMBERS:
            raise ValueError(f"{number} is no number of a key")
        found = self._near(number >> FANOUT_BITS * _NEAR)
        if found is None:
            found = self._whole_subtree(number)
        return None if found is None else _descend(found, number, 0).seed

    def holds(self, number: int) -> bool:
        """Whether the key of this number was not destroyed; quicker than computing it."""
        place = bisect_right(self.starts, number) - 1
        return place >= 0 and number < self.starts[place] + width(self.levels[place])

    def _seed_above(self, group: int) -> Subtree | None:
        """The subtree of level `_NEAR` of these numbers, if it is whole; remembered."""
        first = group << FANOUT_BITS * _NEAR
        found = self._whole_subtree(first)
        return _descend(found, first, _NEAR) if found and found.level >= _NEAR else None

    def _whole_subtree(self, number: int) -> Subtree | None:
        return self._at(bisect_right(self.starts, number) - 1) if self.holds(number) else None

    def _at(self, place: int) -> Subtree:
        return Subtree(
            self.starts[place], self.levels[place], self.seeds[place * SEED_BYTES : (place + 1) * SEED_BYTES]
        )

    def without(self, numbers: Iterable[int]) -> "KeyTree":
        """The tree from which the keys of these numbers cannot be computed; numbers already destroyed are ignored."""
        gone = sorted(set(numbers))
        if gone and not 0 <= gone[0] <= gone[-1] < NUMBERS:
            raise ValueError("a number outside the tree")
        starts, levels, seeds, after = array("Q"), bytearray(), bytearray(), 0
        for place in sorted({bisect_right(self.starts, number) - 1 for number in gone if self.holds(number)}):
            starts.extend(self.starts[after:place])  # All between two that are split stays as it is.
            levels += self.levels[after:place]
            seeds += self.seeds[after * SEED_BYTES : place * SEED_BYTES]
            for left in _split(self._at(place), gone):
                starts.append(left.start)
                levels.append(left.level)
                seeds += left.seed
            after = place + 1
        if not after:
            return self
        return KeyTree(
            starts + self.starts[after:],
            bytes(levels + self.levels[after:]),
            bytes(seeds + self.seeds[after * SEED_BYTES :]),
        )

    def gaps(self) -> Iterator[tuple[int, int]]:
        """The numbers whose keys were destroyed, as (first, last), ascending."""
        following = 0
        for start, level in zip(self.starts, self.levels, strict=True):
            if start > following:
                yield following, start - 1
            following = start + width(level)
        if following < NUMBERS:
            yield following, NUMBERS - 1


def _descend(whole: Subtree, number: int, level: int) -> Subtree:
    seed = whole.seed
    for step in range(whole.level - 1, level - 1, -1):
        seed = child(seed, number >> FANOUT_BITS * step & _FANOUT - 1)
    return Subtree(number >> FANOUT_BITS * level << FANOUT_BITS * level, level, seed)


def _split(whole: Subtree, gone: list[int]) -> Iterator[Subtree]:
    """What remains of a subtree; `gone` is sorted."""
    first = bisect_left(gone, whole.start)
    count = bisect_left(gone, whole.start + width(whole.level)) - first
    if not count:
        yield whole
    elif count < width(whole.level):
        below = width(whole.level - 1)
        for place in range(_FANOUT):
            part = Subtree(whole.start + place * below, whole.level - 1, child(whole.seed, place))
            yield from _split(part, gone)
