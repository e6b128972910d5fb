"""PDQ, the perceptual hash that platforms exchange: 256 bits, few of which change when a picture is saved anew, resized
or brightened. Published by Meta (ThreatExchange, `hashing.pdf`, 2019); this is an implementation of our own.

Up to its last step PDQ is linear: blurred along rows and columns, sampled at 64 by 64 places, cosine-transformed, and
only then compared with its median. So each axis is one matrix, made for the length of the picture's side. Where the
picture was made smaller while it was decoded, the matrix sums what belongs to one small pixel; the hash then differs
from that of the whole picture by some few bits, which it would not if a smaller picture were simply hashed.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.core.pictures import Grey, PictureProblem

SMALLEST_SIDE = 5  # pixels; the algorithm's own
GOOD_QUALITY = 50
"""Below it a picture is too plain for its hash to mean anything: the bound of ThreatExchange."""
SAME = 31
"""Bits that may differ between two hashes of what is taken for one picture: the bound of ThreatExchange."""
ORIENTATIONS = 8
_SIDE, _WAVES = 64, 16
_Matrix = npt.NDArray[np.float32]


Read = Callable[[bytes], Grey | PictureProblem]
"""Decodes one picture's bytes, in a process of its own that a hostile picture may take down with it
(`jaga.exchange.picture_reader`). Raises nothing for them, whatever they are."""


class Pdq(NamedTuple):
    """`hashes[0]` is the picture's own, then as it is turned by 90, 180, 270 degrees, and mirrored by its x axis, its y
    axis and both diagonals: eight rows of 32 bytes. `quality` is 0 to 100: how much there is to see.
    """

    hashes: npt.NDArray[np.uint8]
    quality: int


def hash_image(content: bytes, read: Read) -> Pdq | PictureProblem:
    """The hashes of one picture, or why it has none: for single ones, and for each row of a table."""
    grey = read(content)
    return grey if isinstance(grey, PictureProblem) else pdq(grey)


def pdq(grey: Grey) -> Pdq:
    """The hashes of a picture. Raises ValueError for one with a side under five pixels, or with pixels missing."""
    if min(grey.width, grey.height) < SMALLEST_SIDE:
        raise ValueError(f"a picture of {grey.width} by {grey.height} pixels is too small")
    pixels = np.frombuffer(grey.pixels, np.uint8).reshape(grey.shape).astype(np.float32)
    small = _both(_sampled(grey.height, grey.step_y), pixels, _sampled(grey.width, grey.step_x))
    waves = _both(_COSINES, small, _COSINES)
    return Pdq(_bits(_turned(waves)), _quality(small))


def _both(rows: _Matrix, pixels: _Matrix, columns: _Matrix) -> _Matrix:
    """One matrix along each axis."""
    return np.asarray(rows @ pixels @ columns.T, np.float32)


@lru_cache(maxsize=512)
def _sampled(length: int, step: int) -> _Matrix:
    """The matrix from a side of `length` pixels, `step` of them in one, to its 64 samples, each blurred twice by the
    mean of a window of a 128th of the side."""
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    after = (window + 2) // 2 - 1
    before = window - 1 - after
    centre = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(np.int64)[:, None]
    first = centre - window - before  # a place left of all that the sample sees
    place = first + np.arange(3 * window + 2)

    def share(of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        inside = np.minimum(of + after, length - 1) - np.maximum(of - before, 0) + 1
        return np.where((of >= 0) & (of < length), 1.0 / np.maximum(inside, 1), 0.0)

    once = np.where((place >= centre - before) & (place <= centre + after), share(place) * share(centre), 0.0)
    summed = np.pad(np.cumsum(once, axis=1), ((0, 0), (after + 1, before)), mode="edge")
    summed[:, :after + 1] = 0.0
    width = place.shape[1]
    twice = summed[:, window:window + width] - summed[:, :width]
    matrix = np.zeros((_SIDE, -(-length // step)))
    inside = (place >= 0) & (place < length)
    rows = np.broadcast_to(np.arange(_SIDE)[:, None], place.shape)
    np.add.at(matrix, (rows[inside], place[inside] // step), twice[inside])
    return matrix.astype(np.float32)


def _cosines() -> _Matrix:
    """The first sixteen waves of the cosine transform, without the constant one."""
    wave, place = np.arange(1, _WAVES + 1)[:, None], np.arange(_SIDE)[None, :]
    waves: _Matrix = (np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * wave * (2 * place + 1))).astype(np.float32)
    return waves


_COSINES = _cosines()
_SIGN = np.where(np.arange(_WAVES) % 2 == 0, -1.0, 1.0).astype(np.float32)
"""A mirrored picture has the same waves, every other one (the odd ones: first, third, …) with its sign changed."""


def _turned(waves: _Matrix) -> _Matrix:
    """The waves of the picture in its eight orientations, a row each."""
    left_right, up_down = waves * _SIGN[None, :], waves * _SIGN[:, None]
    both = left_right * _SIGN[:, None]
    turned = (waves, left_right.T, both, up_down.T, up_down, left_right, waves.T, both.T)
    return np.stack([one.ravel() for one in turned])


def _bits(waves: _Matrix) -> npt.NDArray[np.uint8]:
    """Whether each wave is stronger than the row's lower median, the last wave first: the order in which PDQ is
    written."""
    lower = waves.shape[1] // 2 - 1
    median = np.partition(waves, lower, axis=1)[:, lower:lower + 1]
    return np.packbits((waves > median)[:, ::-1], axis=1)


def _quality(small: _Matrix) -> int:
    """How steep the picture is: the changes from sample to sample in whole percents, summed and scaled."""
    steep = sum(int(np.abs((np.diff(small, axis=axis) * (100 / 255)).astype(np.int64)).sum()) for axis in (0, 1))
    return min(steep // 90, 100)
