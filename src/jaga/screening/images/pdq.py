"""PDQ, the perceptual hash exchanged among platforms: 256 bits, few of which change on re-encoding, resizing or
brightening. An implementation of Meta's publication (ThreatExchange, `hashing.pdf`, 2019).

Up to its last step PDQ is linear: blur along rows and columns, sample at 64 by 64, cosine transform, and only then
compare with the median. So each axis is one matrix for that side length. If the picture was downscaled while decoding,
the matrix accounts for that; the hash then differs in a few bits, fewer than when hashing a smaller picture directly.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.core.files import Grey, PictureProblem

SMALLEST_SIDE = 5  # Pixels; defined by the algorithm.
GOOD_QUALITY = 50
"""Below this quality a picture is too plain for a meaningful hash: ThreatExchange's limit."""
SAME = 31
"""Bits by which hashes of the same picture may differ: ThreatExchange's limit."""
ORIENTATIONS = 8
_SIDE, _WAVES = 64, 16
_Matrix = npt.NDArray[np.float32]


Read = Callable[[bytes], Grey | PictureProblem]
"""Decodes one picture in a separate process, which a hostile picture may crash (`jaga.exchange.pictures`). Never
raises, whatever the bytes."""


class Pdq(NamedTuple):
    """`hashes[0]` is the picture's own, followed by rotations by 90, 180 and 270 degrees and mirrorings by x axis, y
    axis and both diagonals: eight rows of 32 bytes. `quality` is 0 to 100: how much detail there is.
    """

    hashes: npt.NDArray[np.uint8]
    quality: int


def hash_image(content: bytes, read: Read) -> Pdq | PictureProblem:
    """The hashes of one picture, or why it has none."""
    grey = read(content)
    return grey if isinstance(grey, PictureProblem) else pdq(grey)


def pdq(grey: Grey) -> Pdq:
    """The hashes of a picture. Raises ValueError if a side is under five pixels or pixels are missing."""
    if min(grey.width, grey.height) < SMALLEST_SIDE:
        raise ValueError(f"a picture of {grey.width} by {grey.height} pixels is too small")
    pixels = np.frombuffer(grey.pixels, np.uint8).reshape(grey.shape).astype(np.float32)
    small = _both(_sampled(grey.height, grey.step_y), pixels, _sampled(grey.width, grey.step_x))
    waves = _both(_COSINES, small, _COSINES)
    return Pdq(_bits(_turned(waves)), _quality(small))


def _both(rows: _Matrix, pixels: _Matrix, columns: _Matrix) -> _Matrix:
    """Apply one matrix along each axis."""
    return np.asarray(rows @ pixels @ columns.T, np.float32)


@lru_cache(maxsize=512)
def _sampled(length: int, step: int) -> _Matrix:
    """The matrix from a side of `length` pixels, `step` of them per pixel, to its 64 samples, each blurred twice by a
    moving average over a 128th of the side.
    """
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    after = (window + 2) // 2 - 1
    before = window - 1 - after
    centre = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(np.int64)[:, None]
    first = centre - window - before  # A position left of everything the sample covers.
    place = first + np.arange(3 * window + 2)

    def share(of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        inside = np.minimum(of + after, length - 1) - np.maximum(of - before, 0) + 1
        return np.where((of >= 0) & (of < length), 1.0 / np.maximum(inside, 1), 0.0)

    once = np.where((place >= centre - before) & (place <= centre + after), share(place) * share(centre), 0.0)
    summed = np.pad(np.cumsum(once, axis=1), ((0, 0), (after + 1, before)), mode="edge")
    summed[:, : after + 1] = 0.0
    width = place.shape[1]
    twice = summed[:, window : window + width] - summed[:, :width]
    matrix = np.zeros((_SIDE, -(-length // step)))
    inside = (place >= 0) & (place < length)
    rows = np.broadcast_to(np.arange(_SIDE)[:, None], place.shape)
    np.add.at(matrix, (rows[inside], place[inside] // step), twice[inside])
    return matrix.astype(np.float32)


def _cosines() -> _Matrix:
    """The first sixteen cosine basis functions, without the constant one."""
    wave, place = np.arange(1, _WAVES + 1)[:, None], np.arange(_SIDE)[None, :]
    waves: _Matrix = (np.sqrt(2 / _SIDE) * np.cos(np.pi / (2 * _SIDE) * wave * (2 * place + 1))).astype(np.float32)
    return waves


_COSINES = _cosines()
_SIGN = np.where(np.arange(_WAVES) % 2 == 0, -1.0, 1.0).astype(np.float32)
"""Mirroring keeps the coefficients but flips the sign of every other one (odd ones: first, third, …)."""


def _turned(waves: _Matrix) -> _Matrix:
    """The coefficients of all eight orientations, one per row."""
    left_right, up_down = waves * _SIGN[None, :], waves * _SIGN[:, None]
    both = left_right * _SIGN[:, None]
    turned = (waves, left_right.T, both, up_down.T, up_down, left_right, waves.T, both.T)
    return np.stack([one.ravel() for one in turned])


def _bits(waves: _Matrix) -> npt.NDArray[np.uint8]:
    """Whether each coefficient exceeds the row's lower median, last coefficient first: PDQ's bit order."""
    lower = waves.shape[1] // 2 - 1
    median = np.partition(waves, lower, axis=1)[:, lower : lower + 1]
    return np.packbits((waves > median)[:, ::-1], axis=1)


def _quality(small: _Matrix) -> int:
    """Gradient strength: differences between samples in whole percent, summed and scaled."""
    steep = sum(int(np.abs((np.diff(small, axis=axis) * (100 / 255)).astype(np.int64)).sum()) for axis in (0, 1))
    return min(steep // 90, 100)
