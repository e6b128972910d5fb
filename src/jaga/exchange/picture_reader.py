"""Decodes strangers' pictures to small grey ones in a sandboxed process, as input for hashing.

Starting a process takes a hundred times as long as reading a picture, so many share one. A picture that takes it over
could falsify later ones, so a new process starts after `most` pictures.
"""

import math
import socket
import struct
import subprocess
import sys
from io import BufferedReader
from types import TracebackType

from jaga.core.pictures import Grey, PictureProblem
from jaga.exchange.pictures import MAX_PIXELS

SIDE = 128  # Minimum pixels per side after reduction; at most twice as many.
SMALLEST_SIDE = 5  # Pixels per side; a smaller picture has no hash.
LONGEST_SIDE = 65_535  # Hashing cost grows with each side: a line of millions of pixels would take a gigabyte.
MAX_BYTES = 25 * 1024 * 1024
MOST = 10_000  # Default for pictures per process.
_PATIENCE = 30.0  # Seconds per picture, on a busy machine; an idle one reads the largest in about one.
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
    if min(width, height) < SMALLEST_SIDE or max(width, height) > LONGEST_SIDE:
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
