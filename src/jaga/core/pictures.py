"""The luminance of a picture, and why a picture may have none."""

from dataclasses import dataclass, field
from enum import StrEnum


class PictureProblem(StrEnum):
    """Why a picture has no hash."""

    NO_PICTURE = "no_picture"  # empty, or not PNG, JPEG or WebP
    BROKEN = "broken"  # truncated or otherwise undecodable
    TOO_LARGE = "too_large"  # in bytes or pixels
    TOO_SMALL = "too_small"  # a side of less than five pixels
    MOVING = "moving"  # an animation, which no single picture represents
    TOO_MUCH_WORK = "too_much_work"  # the decoder exceeded its time or memory, or crashed


@dataclass(frozen=True)
class Grey:
    """The downscaled luminance of a picture.

    Each byte of `pixels` is the mean of `step_x` by `step_y` pixels (fewer at the right and lower edges), row by row.
    `width` and `height` are those of the original.
    """

    pixels: bytes = field(repr=False)
    width: int
    height: int
    step_x: int = 1
    step_y: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of `pixels`."""
        return -(-self.height // self.step_y), -(-self.width // self.step_x)
