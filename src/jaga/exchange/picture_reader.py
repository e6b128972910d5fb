"""Pictures of strangers made grey and small, by another process with limits of its own: what a hash is made of.

Many pictures share one process, since starting it takes a hundred times as long as reading one. A picture that takes
it over could lie about those that come after it, so a new one is started after `most` pictures.
"""

import math
import socket
import struct
import subprocess
import sys
from types import TracebackType

from jaga.core.pictures import Grey, PictureProblem
from jaga.exchange.pictures import MAX_PIXELS

SIDE = 128  # pixels that are left of each side, and at most twice as many
MAX_BYTES = 25 * 1024 * 1024
MOST = 5000  # pictures of one process, where nobody says otherwise
_PATIENCE = 10.0  # seconds for one picture
_BUFFER = 1024 * 1024
_PROBLEMS = tuple(PictureProblem)


class PictureReader:
    """Use it with `with`, and call it with a picture's bytes. It raises nothing, whatever they are: a picture that
    kills its reader, eats its memory or never ends is `TOO_MUCH_WORK`, and the next one meets a new reader.
    """

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._child: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._read = 0

    def __enter__(self) -> "PictureReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:
        self._end()

    def __call__(self, content: bytes) -> Grey | PictureProblem:
        if not content:
            return PictureProblem.NO_PICTURE
        if len(content) > MAX_BYTES:
            return PictureProblem.TOO_LARGE
        if self._read >= self._most:
            self._end()
        self._read += 1
        try:
            return self._ask(self._line or self._start(), content)
        except (OSError, _Nonsense):  # dead, silent for too long, or no longer itself
            self._end()
            return PictureProblem.TOO_MUCH_WORK

    def _start(self) -> socket.socket:
        line, childs = socket.socketpair()
        with childs:
            for end in (line, childs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-m", "jaga.exchange.grey_child"], stdin=childs.fileno(),
                stdout=childs.fileno(), stderr=subprocess.DEVNULL, env={}, cwd="/")
        line.settimeout(_PATIENCE)
        self._line, self._read = line, 1
        return line

    def _end(self) -> None:
        if self._line:
            self._line.close()
        if self._child:
            self._child.kill()
            self._child.wait()
        self._child = self._line = None
        self._read = 0

    def _ask(self, line: socket.socket, content: bytes) -> Grey | PictureProblem:
        line.sendall(struct.pack(">I", len(content)))
        line.sendall(content)
        code = _received(line, 1)[0]
        if code > len(_PROBLEMS):
            raise _Nonsense
        return _PROBLEMS[code - 1] if code else _grey(line)


class _Nonsense(Exception):
    """It says what cannot be."""


def _grey(line: socket.socket) -> Grey:
    """It may have been taken over by a picture, so nothing that it says is believed beyond so many pixels."""
    width, height, step_x, step_y = struct.unpack(">IIII", _received(line, 16))
    if not (0 < step_x <= width and 0 < step_y <= height and width * height <= MAX_PIXELS):
        raise _Nonsense
    if max(math.ceil(width / step_x), math.ceil(height / step_y)) > 2 * SIDE:
        raise _Nonsense
    return Grey(_received(line, math.ceil(width / step_x) * math.ceil(height / step_y)), width, height, step_x, step_y)


def _received(line: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        piece = line.recv(size - len(got))
        if not piece:
            raise ConnectionResetError
        got += piece
    return bytes(got)
