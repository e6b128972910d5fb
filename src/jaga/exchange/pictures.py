"""Strangers' pictures: size from the header, and re-encoding in a sandboxed process.

The process returns only pixels, which are packed into a new file here. Neither metadata nor hidden content of the
original can reach the copy, whatever it did to its decoder.
"""

import io
import os
import struct
import subprocess
import sys
from dataclasses import dataclass, field

MAX_PIXELS = 40_000_000
LONGEST_SIDE = 1600  # Of the redrawn picture.
_PATIENCE = 30.0  # Seconds; the child's own limit is ten seconds of CPU time.
_QUALITY = 80


@dataclass(frozen=True)
class Drawn:
    """A redrawn picture as WebP."""

    content: bytes = field(repr=False)
    width: int
    height: int


def draw(content: bytes) -> Drawn | None:
    """The redrawn picture, at most LONGEST_SIDE wide and high; None if broken, too large or no picture.

    Includes pictures that kill their decoder, exhaust memory or never end.
    """
    output = os.memfd_create("picture")
    try:
        command = [sys.executable, "-I", "-m", "jaga.exchange.picture_child"]
        ended = subprocess.run(
            command,
            input=content,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            timeout=_PATIENCE,
            check=False,
        )
        if ended.returncode != 0:
            return None
        os.lseek(output, 0, os.SEEK_SET)
        with os.fdopen(os.dup(output), "rb") as pixels:
            return _packed(pixels.read())
    except subprocess.TimeoutExpired:
        return None
    finally:
        os.close(output)


def _packed(pixels: bytes) -> Drawn | None:
    """The child's pixels as a file.

    The picture may have taken over the child, so only a bounded number of pixels is accepted.
    """
    if len(pixels) < 8:
        return None
    width, height = struct.unpack(">II", pixels[:8])
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and len(pixels) == 8 + 3 * width * height):
        return None
    from PIL import Image  # Imported only where pictures are packed: the web server never loads it.

    packed = io.BytesIO()
    Image.frombytes("RGB", (width, height), pixels[8:]).save(packed, "WEBP", quality=_QUALITY)
    return Drawn(packed.getvalue(), width, height)


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height from the header of a PNG, JPEG or WebP, or None.

    Decodes nothing; a false header is detected when the picture is redrawn.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content.startswith(b"\xff\xd8"):
        return _of_jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and len(content) >= 30:
        return _of_webp(content)
    return None


def _of_jpeg(content: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # Padding.
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None


def _of_webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
