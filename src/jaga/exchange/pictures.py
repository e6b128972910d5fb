"""Strangers' pictures: size from the header, and re-encoding in a sandboxed process.

The process returns only pixels, which are packed into a new file here. Neither metadata nor hidden content of the
original can reach the copy, whatever it did to its decoder.

Decodes strangers' pictures to small grey ones in a sandboxed process, as input for hashing.

Starting a process takes a hundred times as long as reading a picture, so many share one. A picture that takes it over
could falsify later ones, so a new process starts after `most` pictures.
"""

import io
import math
import os
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from io import BufferedReader
from types import TracebackType

from jaga.core.files import Grey, PictureProblem

MAX_PIXELS = 40_000_000
PICTURES_LONGEST_SIDE = 1600  # Of the redrawn picture.
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
    if not (
        0 < width <= PICTURES_LONGEST_SIDE
        and 0 < height <= PICTURES_LONGEST_SIDE
        and len(pixels) == 8 + 3 * width * height
    ):
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


SIDE = 128  # Minimum pixels per side after reduction; at most twice as many.
SMALLEST_SIDE = 5  # Pixels per side; a smaller picture has no hash.
PICTURE_READER_LONGEST_SIDE = (
    65_535  # Hashing cost grows with each side: a line of millions of pixels would take a gigabyte.
)
MAX_BYTES = 25 * 1024 * 1024
MOST = 10_000  # Default for pictures per process.
_BUFFER = 1024 * 1024
_PROBLEMS = tuple(PictureProblem)


class ReaderUnavailable(Exception):
    """No process can be started: a fault of the machine, not of the picture."""


class PictureReader:
    """A context manager; call it with a picture's bytes.

    Bad input does not raise: a picture that kills its reader, exhausts memory or never ends is `TOO_MUCH_WORK`, and the
    next one gets a new process. Raises ReaderUnavailable.
    """

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._child: subprocess.Popen[bytes] | None = None
        self._line: tuple[socket.socket, BufferedReader] | None = None
        self._read = 0

    def __enter__(self) -> "PictureReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._end()

    def __call__(self, content: bytes) -> Grey | PictureProblem:
        if not content:
            return PictureProblem.NO_PICTURE
        if len(content) > MAX_BYTES:
            return PictureProblem.TOO_LARGE
        if self._read >= self._most:
            self._end()
        line = self._line or self._start()
        self._read += 1
        try:
            return _asked(*line, content)
        except (OSError, _Nonsense):  # Dead, silent for too long, or corrupted.
            self._end()
            return PictureProblem.TOO_MUCH_WORK

    def _start(self) -> tuple[socket.socket, BufferedReader]:
        try:
            line, childs = socket.socketpair()
        except OSError as fault:
            raise ReaderUnavailable from fault
        with childs:
            try:
                for end in (line, childs):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
                self._child = subprocess.Popen(
                    [sys.executable, "-I", "-m", "jaga.exchange.grey_child"],
                    stdin=childs.fileno(),
                    stdout=childs.fileno(),
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                )
            except OSError as fault:
                line.close()
                raise ReaderUnavailable from fault
        line.settimeout(_PATIENCE)
        self._line = line, BufferedReader(line.makefile("rb", buffering=0), _BUFFER)
        return self._line

    def _end(self) -> None:
        for end in self._line or ():
            end.close()
        if self._child:
            self._child.kill()
            self._child.wait()
        self._child = self._line = None
        self._read = 0


class _Nonsense(Exception):
    """The child's answer is impossible."""


def _asked(line: socket.socket, answers: BufferedReader, content: bytes) -> Grey | PictureProblem:
    line.sendall(struct.pack(">I", len(content)) + content)
    code = _received(answers, 1)[0]
    if code > len(_PROBLEMS):
        raise _Nonsense
    return _PROBLEMS[code - 1] if code else _grey(answers)


def _grey(answers: BufferedReader) -> Grey:
    """Read an answer. A picture may have taken over the child, so only a bounded number of pixels is accepted."""
    width, height, step_x, step_y = struct.unpack(">IIII", _received(answers, 16))
    if not (0 < step_x <= width and 0 < step_y <= height and width * height <= MAX_PIXELS):
        raise _Nonsense
    if min(width, height) < SMALLEST_SIDE or max(width, height) > PICTURE_READER_LONGEST_SIDE:
        raise _Nonsense
    rows, columns = math.ceil(height / step_y), math.ceil(width / step_x)
    if max(rows, columns) > 2 * SIDE:
        raise _Nonsense
    return Grey(_received(answers, rows * columns), width, height, step_x, step_y)


def _received(answers: BufferedReader, size: int) -> bytes:
    got = answers.read(size)
    if len(got) < size:
        raise ConnectionResetError
    return got
