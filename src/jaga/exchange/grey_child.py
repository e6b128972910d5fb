"""Child process of `exchange.picture_reader`: converts pictures from standard input to luminance, one by one.

It runs under the limits of `picture_child` and can only use its open streams. A picture arrives as its length (four
bytes) and bytes. The answer is a status byte: zero is followed by width, height and steps (four bytes each) and the
pixels of `jaga.core.files.Grey`; any other is the 1-based index of the reason in `PictureProblem`. Out of memory, it
exits without an answer.
"""

import io
import struct
import sys

from PIL import Image, UnidentifiedImageError

from jaga.core.files import PictureProblem
from jaga.exchange.picture_child import FORMATS, give_up, load
from jaga.exchange.pictures import MAX_PIXELS, PICTURE_READER_LONGEST_SIDE, SIDE, SMALLEST_SIDE

_DRAFT_SIDE = 96  # Of a decoded JPEG.
_SECONDS = 600  # CPU seconds for all pictures of one child; `picture_reader` does not wait that long for one.


class _NotHashed(Exception):
    """The reason a picture was not hashed."""

    def __init__(self, problem: PictureProblem) -> None:
        self.problem = problem


def main() -> None:
    """Answer until the input ends."""
    load()
    asked = open(sys.stdin.fileno(), "rb", buffering=1024 * 1024, closefd=False)  # noqa: SIM115 - ends with the process
    give_up(_SECONDS)
    while len(head := asked.read(4)) == 4:
        sys.stdout.buffer.write(answer(asked.read(int.from_bytes(head, "big"))))
        sys.stdout.buffer.flush()


def answer(content: bytes) -> bytes:
    """The answer for one picture."""
    try:
        return b"\0" + _grey(content)
    except _NotHashed as refused:
        return bytes([list(PictureProblem).index(refused.problem) + 1])


def _grey(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            width, height = _fit(picture)
            scale = max(scale for scale in (1, 2, 4, 8) if scale <= max(1, min(width, height) // _DRAFT_SIDE))
            picture.draft("L", (width // scale, height // scale))
            scale = round(width / picture.width)  # Only JPEG is decoded at reduced size.
            picture.load()
            light = _light(picture, (max(1, width // scale // SIDE), max(1, height // scale // SIDE)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _NotHashed(PictureProblem.TOO_LARGE) from None
    except UnidentifiedImageError:
        raise _NotHashed(PictureProblem.NO_PICTURE) from None
    except (_NotHashed, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - whatever a decoder raises at a stranger's bytes: this picture is broken
        raise _NotHashed(PictureProblem.BROKEN) from None
    steps = (scale * max(1, width // scale // SIDE), scale * max(1, height // scale // SIDE))
    return struct.pack(">IIII", width, height, *steps) + light.tobytes()


def _fit(picture: Image.Image) -> tuple[int, int]:
    """The picture's size, if it may be decoded."""
    if picture.width * picture.height > MAX_PIXELS or max(picture.size) > PICTURE_READER_LONGEST_SIDE:
        raise _NotHashed(PictureProblem.TOO_LARGE)
    if min(picture.size) < SMALLEST_SIDE:
        raise _NotHashed(PictureProblem.TOO_SMALL)
    if getattr(picture, "is_animated", False) and picture.format != "MPO":  # MPO: a camera's second picture.
        raise _NotHashed(PictureProblem.MOVING)
    return picture.size


def _light(picture: Image.Image, steps: tuple[int, int]) -> Image.Image:
    """The luminance of a loaded picture, downscaled; transparency is shown on white."""
    clear = picture.has_transparency_data
    shown = picture if picture.mode in ("L", "RGB") else picture.convert("RGBA" if clear else "RGB")
    small = shown.reduce(steps) if steps != (1, 1) else shown
    if not clear:
        return small.convert("L")
    paper = Image.new("RGB", small.size, "white")
    paper.paste(small, mask=small.convert("RGBA").getchannel("A"))
    return paper.convert("L")


if __name__ == "__main__":
    main()
