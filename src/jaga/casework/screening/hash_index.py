"""Nearest-neighbour index of picture hashes in a worker's memory: hash lists in force, and pictures of all cases.

Before each comparison, new hashes are added. A million hashes take about 130 MB in each worker. Imports numba, so
only workers and commands may import it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt

from jaga.records.models import HashList, PictureHash
from jaga.screening.images.nearest import BYTES, FARTHEST, Index, Near, brute_force, index
from jaga.screening.images.pdq import GOOD_QUALITY

Hashes = npt.NDArray[np.uint8]
_FEW = 4096  # pictures compared one by one before the index is rebuilt


@dataclass(frozen=True)
class Met:
    """A match: the id of a list or picture, the distance in bits, and which of the given orientations matched."""

    number: int
    bits: int
    turned: int


@dataclass
class Known:
    """The lists and pictures read so far."""

    lists: dict[int, Index] = field(default_factory=dict)
    indexed: Index | None = None
    numbers: list[int] = field(default_factory=list)
    later: list[bytes] = field(default_factory=list)  # not indexed yet; their ids are the last ones of `numbers`

    def read(self) -> None:
        """Read the hashes committed since the last call, and drop removed lists."""
        live = set(HashList.objects.filter(removed_at__isnull=True).values_list("pk", flat=True))
        for gone in self.lists.keys() - live:
            del self.lists[gone]
        for new in HashList.objects.filter(pk__in=live - self.lists.keys()):
            self.lists[new.pk] = index(as_rows(bytes(new.hashes)))
        since = self.numbers[-1] if self.numbers else 0
        fresh = PictureHash.objects.filter(pk__gt=since, problem="", quality__gte=GOOD_QUALITY).order_by("pk")
        for number, hashes in fresh.values_list("pk", "hashes").iterator():
            self.numbers.append(number)
            self.later.append(bytes(hashes[:BYTES]))
        if len(self.later) > _FEW + len(self.numbers) // 8:
            older = self.indexed.hashes if self.indexed else np.empty((0, BYTES), np.uint8)
            self.indexed, self.later = index(np.concatenate([older, as_rows(b"".join(self.later))])), []

    def on_lists(self, asked: Hashes) -> tuple[Met, ...]:
        """For each list, its nearest hash within range of any orientation."""
        found = ((number, _nearest(listed.search(asked))) for number, listed in self.lists.items())
        return tuple(Met(number, *near) for number, near in found if near)

    def pictures(self, asked: Hashes) -> tuple[Met, ...]:
        """All pictures within range of any orientation, each by its nearest one, by ascending id."""
        nearest: dict[int, Met] = {}
        for place, turned, bits in self._near(asked):
            number = self.numbers[place]
            if number not in nearest or bits < nearest[number].bits:
                nearest[number] = Met(number, bits, turned)
        return tuple(nearest[number] for number in sorted(nearest))

    def _near(self, asked: Hashes) -> Iterator[tuple[int, int, int]]:
        done = len(self.numbers) - len(self.later)
        near = [(0, self.indexed.search(asked))] if self.indexed else []
        near.append((done, brute_force(asked, as_rows(b"".join(self.later)))))
        for first, found in near:
            yield from zip((found.place + first).tolist(), found.query.tolist(), found.bits.tolist(), strict=True)


def as_rows(hashes: bytes) -> Hashes:
    """Concatenated hashes as rows of 32 bytes."""
    return np.frombuffer(hashes, np.uint8).reshape(-1, BYTES)


def _nearest(found: Near) -> tuple[int, int] | None:
    """Bits and orientation of the nearest hash; None without any."""
    if not len(found.bits):
        return None
    best = int(found.bits.argmin())
    return int(found.bits[best]), int(found.query[best])


_KNOWN, _READING = Known(), Lock()


def compare(asked: Hashes) -> tuple[tuple[Met, ...], tuple[Met, ...]]:
    """The lists and the earlier pictures that match a picture, given its eight hashes (rows of 32 bytes)."""
    with _READING:
        _KNOWN.read()
        return _KNOWN.on_lists(asked), _KNOWN.pictures(asked)


def near_list(list_hashes: bytes, pictures: Sequence[bytes]) -> list[tuple[int, int] | None]:
    """For each picture (eight hashes), bits and orientation of the nearest hash on a list; None if none is near."""
    asked = np.concatenate([as_rows(hashes) for hashes in pictures])
    found = index(as_rows(list_hashes)).search(asked, FARTHEST)
    best: dict[int, tuple[int, int]] = {}
    for query, bits in zip(found.query.tolist(), found.bits.tolist(), strict=True):
        place, turned = divmod(query, 8)
        best[place] = min(best.get(place, (bits, turned)), (bits, turned))
    return [best.get(place) for place in range(len(pictures))]
