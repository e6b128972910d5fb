"""The luminance of a picture, and why a picture may have none.

Private files (keys, credentials, notes), readable only by their owner and written atomically.
"""

import os
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


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


def write_draft(path: Path, content: bytes) -> Path:
    """Write `content` durably to a new private file beside `path` and return its path; the caller moves or links it.

    Raises OSError; then no file is left.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable: a file that was created or renamed in it is there after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file in an existing folder. Raises OSError; then the old file stays and nothing else is left."""
    draft = write_draft(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
