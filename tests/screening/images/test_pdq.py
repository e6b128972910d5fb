"""PDQ: the published hash, for every picture size and decoding size."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from tests.examples import example_count
from tests.screening.drawn import grey, packed, pixels

from jaga.core.files import Grey
from jaga.screening.images.pdq import GOOD_QUALITY, SAME, _sampled, pdq

BRIDGES = Path(__file__).parents[4] / "shared" / "data" / "images"
PUBLISHED = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
"""The hash of `bridge-mods/aaa-orig.jpg` in the test data that Meta published with the algorithm."""


def differ(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> int:
    return int(np.bitwise_count(one ^ other).sum())


def as_defined(shown: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], int]:
    """PDQ step by step as published: two passes of a box filter on each axis, one sample for each of 64 by 64 blocks,
    cosine transform, median.
    """
    light = np.asarray(Image.fromarray(shown).convert("L")).astype(np.float64)
    for _ in range(2):
        for axis in (0, 1):
            light = np.moveaxis(boxed(np.moveaxis(light, axis, 0)), 0, axis)
    rows, columns = (((np.arange(64) + 0.5) * side / 64).astype(int) for side in light.shape)
    small = light[np.ix_(rows, columns)]
    steep = sum(np.abs((np.diff(small, axis=axis) * 100 / 255).astype(int)).sum() for axis in (0, 1))
    wave, place = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    cosines = np.sqrt(2 / 64) * np.cos(np.pi / 128 * wave * (2 * place + 1))
    waves = (cosines @ small @ cosines.T).ravel()
    return np.packbits((waves > np.sort(waves)[127])[::-1]), min(100, int(steep) // 90)


def boxed(lines: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    length = len(lines)
    window = (length + 127) // 128
    after = (window + 2) // 2 - 1
    before = window - 1 - after
    return np.stack([lines[max(0, at - before) : at + after + 1].mean(axis=0) for at in range(length)])


@pytest.mark.parametrize("size", [(640, 480), (64, 64), (5, 5), (65, 300), (129, 127), (1000, 7), (1201, 801)])
def test_it_is_the_hash_as_published(size: tuple[int, int]) -> None:
    """The matrix form gives the same as the passes; only rounding may change a bit at the median."""
    shown = pixels(7, *size)
    hashed, (expected, quality) = pdq(grey(shown)), as_defined(shown)
    assert differ(hashed.hashes[0], expected) <= 2
    assert abs(hashed.quality - quality) <= 1


def test_the_eight_orientations_are_those_of_the_turned_picture() -> None:
    """They equal the hashes of the turned or mirrored picture, except for the different block centres."""
    shown = pixels(3, 512, 512)
    turned = [
        shown,
        np.rot90(shown, 1),
        np.rot90(shown, 2),
        np.rot90(shown, 3),
        shown[::-1],
        shown[:, ::-1],
        shown.transpose(1, 0, 2),
        np.rot90(shown, 2).transpose(1, 0, 2),
    ]
    hashes = pdq(grey(shown)).hashes
    assert hashes.shape == (8, 32)
    found = [[differ(pdq(grey(np.ascontiguousarray(one))).hashes[0], other) for other in hashes] for one in turned]
    for number, distances in enumerate(found):
        assert distances[number] <= 20, (number, distances)
        assert min(bits for place, bits in enumerate(distances) if place != number) > 60


def smaller(shown: npt.NDArray[np.uint8], step_x: int, step_y: int) -> Grey:
    light = Image.fromarray(shown).convert("L")
    return Grey(light.reduce((step_x, step_y)).tobytes(), light.width, light.height, step_x, step_y)


@pytest.mark.parametrize("steps", [(2, 2), (4, 4), (5, 3), (3, 5)])
def test_a_picture_that_was_made_smaller_has_nearly_the_same_hash(steps: tuple[int, int]) -> None:
    """Also if the side is not a multiple of the step. The median difference is at most 4 bits and the largest 10, which
    a list still finds.
    """
    found = []
    for number in range(12):
        shown = pixels(number, 641 + number, 481 + 3 * number)
        found.append(differ(pdq(grey(shown)).hashes[0], pdq(smaller(shown, *steps)).hashes[0]))
    assert np.median(found) <= 4, found
    assert max(found) <= 10, found


@pytest.mark.parametrize("change", ["saved", "bright", "blur", "size"])
def test_what_people_do_to_a_picture_leaves_its_hash(change: str) -> None:
    """Saved at low quality, brightened, blurred or halved, a picture stays within the matching distance."""
    for number in range(8):
        shown = pixels(number)
        picture = Image.fromarray(shown)
        if change == "saved":
            picture = Image.open(io.BytesIO(packed(shown, quality=25)))
        elif change == "bright":
            picture = picture.point(lambda value: int(value * 0.8) + 40)
        elif change == "blur":
            picture = picture.filter(ImageFilter.GaussianBlur(2))
        else:
            picture = picture.resize((333, 250))
        changed = np.asarray(picture.convert("RGB"))
        assert differ(pdq(grey(shown)).hashes[0], pdq(grey(changed)).hashes[0]) <= SAME


def test_different_pictures_differ_in_about_half_their_bits() -> None:
    """No two different pictures come near the matching distance."""
    hashes = [pdq(grey(pixels(number))).hashes[0] for number in range(24)]
    apart = [differ(one, other) for place, one in enumerate(hashes) for other in hashes[:place]]
    assert min(apart) > 2 * SAME
    assert 110 < np.mean(apart) < 146


def test_a_plain_picture_has_no_quality() -> None:
    """A single colour has quality zero, a drawing does not."""
    assert pdq(grey(np.full((200, 300, 3), 120, np.uint8))).quality == 0
    assert pdq(grey(pixels(1))).quality >= GOOD_QUALITY


@pytest.mark.parametrize("size", [(4, 100), (100, 4), (1, 1)])
def test_a_picture_of_a_few_pixels_is_refused(size: tuple[int, int]) -> None:
    """A picture with missing pixels is refused too."""
    with pytest.raises(ValueError, match="too small"):
        pdq(Grey(bytes(size[0] * size[1]), *size))
    with pytest.raises(ValueError, match="reshape"):
        pdq(Grey(bytes(99), 10, 10))


@settings(max_examples=example_count(50), deadline=None)
@given(st.integers(5, 6000), st.integers(1, 60))
def test_each_sample_is_a_mean(length: int, step: int) -> None:
    """For any length, the weights of a sample are not negative and sum to one."""
    matrix = _sampled(length, step)
    assert matrix.shape == (64, -(-length // step))
    assert matrix.min() >= 0
    assert np.allclose(matrix.sum(axis=1), 1, atol=1e-4)


def bridge(name: str) -> npt.NDArray[np.uint8]:
    with Image.open(BRIDGES / name) as picture:
        return np.asarray(picture.convert("RGB"))


needs_bridges = pytest.mark.skipif(not BRIDGES.is_dir(), reason=f"the bridge's pictures are not in {BRIDGES}")


@needs_bridges
def test_the_bridge_has_the_hash_that_was_published_for_it() -> None:
    """The published test picture (a bridge) has its published hash, within the difference of another decoder."""
    assert (
        differ(
            pdq(grey(bridge("bridge-mods__aaa-orig.jpg"))).hashes[0], np.frombuffer(bytes.fromhex(PUBLISHED), np.uint8)
        )
        <= 4
    )


@needs_bridges
def test_each_variant_of_the_bridge_is_the_bridge() -> None:
    """Blurred, sharpened, saturated, shrunk, squared and in its eight orientations, the bridge matches itself."""
    hashes = pdq(grey(bridge("bridge-mods__aaa-orig.jpg"))).hashes
    names = sorted(path.name for path in BRIDGES.glob("*.jpg"))
    assert len(names) == 20
    for name in names:
        own = pdq(grey(bridge(name))).hashes[0]
        assert min(differ(own, one) for one in hashes) <= SAME, name
