"""Pictures for tests: waves, discs and a little noise, each determined by its number."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from jaga.core.pictures import Grey


def pixels(number: int, width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
    """A colour picture as an array of rows, columns and three channels."""
    chance = np.random.default_rng(number)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / [[[height]], [[width]]]
    shown = np.zeros((height, width, 3), np.float32)
    for colour in range(3):
        for _ in range(6):
            right, down = chance.normal(0, 6, 2)
            shown[..., colour] += chance.random() * np.sin(2 * np.pi * (right * x + down * y + chance.random()))
        for _ in range(6):
            left, top, size = chance.random(3)
            shown[..., colour] += chance.normal() * ((x - left) ** 2 + (y - top) ** 2 < (size / 4) ** 2)
    shown = (shown - shown.min()) / np.ptp(shown) * 255 + chance.normal(0, 2, shown.shape)
    return np.clip(shown, 0, 255).astype(np.uint8)


def packed(shown: npt.NDArray[np.uint8], kind: str = "JPEG", **options: object) -> bytes:
    """The encoded file."""
    file = io.BytesIO()
    Image.fromarray(shown).save(file, kind, **({"quality": 85} if kind != "PNG" else {}) | options)
    return file.getvalue()


def grey(shown: npt.NDArray[np.uint8]) -> Grey:
    """The luminance of the whole picture."""
    light = np.asarray(Image.fromarray(shown).convert("L"))
    return Grey(light.tobytes(), light.shape[1], light.shape[0])
