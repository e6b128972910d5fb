"""Pictures for tests: waves, discs and a little noise, each determined by its number."""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from jaga.core.files import Grey


@lru_cache(maxsize=64)
def pixels(number: int, width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
    """A colour picture as an array of rows, columns and three channels, which nobody may write to."""
    chance = np.random.default_rng(number)
    y, x = (np.arange(size, dtype=np.float32) / np.float32(size) for size in (height, width))
    shown = np.zeros((3, height, width), np.float32)
    for colour in shown:
        for _ in range(6):  # by the sine of a sum: of rows and columns, not of each pixel
            right, down = chance.normal(0, 6, 2)
            power, across, along = chance.random(), 2 * np.pi * right * x, 2 * np.pi * (down * y + chance.random())
            colour += np.outer(power * np.sin(along), np.cos(across)) + np.outer(power * np.cos(along), np.sin(across))
        for _ in range(6):
            left, top, size = chance.random(3)
            colour[np.add.outer((y - top) ** 2, (x - left) ** 2) < (size / 4) ** 2] += chance.normal()
    noise = 2 * chance.standard_normal((height, width, 3), np.float32)
    shown = (shown - shown.min()) * (255 / np.ptp(shown))
    drawn = np.clip(shown.transpose(1, 2, 0) + noise, 0, 255).astype(np.uint8)
    drawn.flags.writeable = False
    return drawn


def packed(shown: npt.NDArray[np.uint8], kind: str = "JPEG", **options: object) -> bytes:
    """The encoded file."""
    file = io.BytesIO()
    Image.fromarray(shown).save(file, kind, **({"quality": 85} if kind != "PNG" else {}) | options)
    return file.getvalue()


def grey(shown: npt.NDArray[np.uint8]) -> Grey:
    """The luminance of the whole picture."""
    light = np.asarray(Image.fromarray(shown).convert("L"))
    return Grey(light.tobytes(), light.shape[1], light.shape[0])
