"""What is left of a picture when only its light and dark count, and why there may be nothing."""

from dataclasses import dataclass, field
from enum import StrEnum


class PictureProblem(StrEnum):
    """Why a picture has no hash."""

    NO_PICTURE = "no_picture"  # empty, or not PNG, JPEG or WebP
    BROKEN = "broken"  # truncated, or otherwise not to be decoded
    TOO_LARGE = "too_large"  # in bytes or pixels
    TOO_SMALL = "too_small"  # a side of fewer than five pixels
    MOVING = "moving"  # an animation: no one picture stands for it
    TOO_MUCH_WORK = "too_much_work"  # its reader ran out of time or memory, or died of it


@dataclass(frozen=True)
class Grey:
    """The luminance of a picture, made smaller: each byte of `pixels` is the mean of `step_x` by `step_y` pixels of the
    picture (fewer at its right and lower edge), row after row. `width` and `height` are the picture's own.
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
