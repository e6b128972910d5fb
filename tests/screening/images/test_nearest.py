"""Similar hashes: the index finds exactly what comparing each pair finds."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.screening.drawn import grey, pixels

from jaga.screening.images.nearest import FARTHEST, Near, brute_force, index
from jaga.screening.images.pdq import pdq

Hashes = npt.NDArray[np.uint8]


def chance(number: int) -> np.random.Generator:
    return np.random.default_rng(number)


def flipped(hashes: Hashes, places: npt.NDArray[np.int64]) -> Hashes:
    """The hashes with the bits at these places (a row each) flipped."""
    changed = np.unpackbits(hashes, axis=1)
    for row, own in enumerate(places):
        changed[row, own] ^= 1
    return np.packbits(changed, axis=1)


def sorted_rows(near: Near) -> list[tuple[int, ...]]:
    return sorted(zip(*(column.tolist() for column in near), strict=True))


def test_it_equals_comparing_each_with_each() -> None:
    """Hashes at every distance from 0 to 45 bits, among 20,000 others, some of them duplicates."""
    random = chance(1)
    known = random.integers(0, 256, (20_000, 32), dtype=np.uint8)
    known[500:600] = known[:100]
    asked = known[random.integers(0, 20_000, 920)]
    for row, bits in enumerate(np.tile(np.arange(46), 20)):
        asked[row : row + 1] = flipped(asked[row : row + 1], random.permutation(256)[None, :bits])
    for within in (0, 1, 15, 30, FARTHEST):
        found = index(known).search(asked, within)
        assert sorted_rows(found) == sorted_rows(brute_force(asked, known, within))
        assert found.bits.max() == within


@pytest.mark.parametrize("part", range(16))
def test_bits_that_are_spread_as_badly_as_can_be_are_found(part: int) -> None:
    """The worst distribution of 31 flipped bits: two in each part except one, which has one."""
    random = chance(part)
    known = random.integers(0, 256, (300, 32), dtype=np.uint8)
    places = [
        np.concatenate([random.permutation(16)[: 1 if number == part else 2] + 16 * number for number in range(16)])
        for _ in known
    ]
    asked = flipped(known, np.stack(places))
    found = index(known).search(asked)
    assert sorted_rows(found) == sorted_rows(brute_force(asked, known))
    assert len(found.query) >= 300


def test_two_bits_in_each_part_are_too_far() -> None:
    """32 flipped bits are not found, however they are distributed."""
    known = chance(3).integers(0, 256, (50, 32), dtype=np.uint8)
    asked = flipped(known, np.stack([np.concatenate([np.array([3, 9]) + 16 * part for part in range(16)])] * 50))
    assert len(index(known).search(asked).query) == 0


@settings(max_examples=example_count(25), deadline=None)
@given(
    st.lists(st.binary(min_size=32, max_size=32), max_size=40),
    st.lists(st.integers(0, 255), max_size=34),
    st.integers(0, FARTHEST),
)
def test_any_hashes_are_found_as_by_hand(known: list[bytes], bits: list[int], within: int) -> None:
    """Also for no hashes, equal hashes, and hashes of all zeros or ones that share all their parts."""
    hashes = np.frombuffer(b"".join([*known, bytes(32), bytes(32), b"\xff" * 32]), np.uint8).reshape(-1, 32)
    asked = flipped(hashes, np.array([bits] * len(hashes), np.int64))
    assert sorted_rows(index(hashes).search(asked, within)) == sorted_rows(brute_force(asked, hashes, within))


def test_many_copies_are_all_found() -> None:
    """Ten thousand copies of one picture, more than the first buffer holds."""
    known = np.tile(chance(4).integers(0, 256, (1, 32), dtype=np.uint8), (10_000, 1))
    found = index(known).search(known[:2])
    assert len(found.query) == 20_000
    assert sorted(set(found.query.tolist())) == [0, 1]


def test_an_empty_index_finds_nothing() -> None:
    """An empty query has no results either."""
    none = np.empty((0, 32), np.uint8)
    assert len(index(none).search(np.zeros((3, 32), np.uint8)).query) == 0
    assert len(index(np.zeros((3, 32), np.uint8)).search(none).query) == 0


@pytest.mark.parametrize("wrong", [np.zeros((2, 31), np.uint8), np.zeros(32, np.uint8), np.zeros((2, 32), np.int64)])
def test_what_is_no_hash_is_refused(wrong: Hashes) -> None:
    """A distance for which the index could miss results is refused too."""
    with pytest.raises(ValueError, match="rows of 32 bytes"):
        index(wrong)
    with pytest.raises(ValueError, match="at most 31"):
        index(np.zeros((2, 32), np.uint8)).search(np.zeros((2, 32), np.uint8), 32)


def test_all_eight_orientations_of_a_picture_are_found() -> None:
    """For each rotation or mirroring on a list, one of the picture's own eight hashes finds it."""
    shown = [pixels(number, 300, 300) for number in range(20)]
    known = index(np.stack([pdq(grey(one)).hashes[0] for one in shown]))
    for place, one in enumerate(shown):
        turned = [np.rot90(one, quarters) for quarters in range(4)]
        turned += [side.transpose(1, 0, 2) for side in turned]
        for side in turned:
            found = known.search(pdq(grey(np.ascontiguousarray(side))).hashes)
            assert set(found.place.tolist()) == {place}
