"""Child process of `exchange.pictures`: decodes one hostile picture from standard input to raw pixels, then exits.

It first loads everything it needs, then drops files, sockets, exec, root, memory and time, and only then reads input.
It answers width and height (four bytes each) and RGB. Any exit status but 0 means the picture could not be decoded.
"""

import ctypes
import io
import os
import platform
import resource
import signal
import struct
import sys
import warnings

from PIL import Image, ImageOps, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from jaga.exchange.pictures import MAX_PIXELS, PICTURES_LONGEST_SIDE

LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)  # MPO and TIFF: for EXIF.
FORMATS = ("PNG", "JPEG", "WEBP")
MAX_SECONDS = 10
MAX_MEMORY = 768 * 1024 * 1024
_NOBODY = 65534
_PDEATHSIG, _NO_NEW_PRIVS, _SECCOMP = 1, 38, 22  # prctl(2).
_FILTER, _X86_64 = 2, 0xC000003E
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM.
# Allowed on x86_64: reading, writing and closing open files, memory, clock, random bytes, exit.
_CALLS = (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 35, 60, 131, 202, 228, 231, 318)


def main() -> None:
    """Decode the input."""
    load()
    give_up()
    width, height, pixels = drawn(sys.stdin.buffer.read())
    sys.stdout.buffer.write(struct.pack(">II", width, height) + pixels)
    sys.stdout.buffer.flush()


def drawn(content: bytes) -> tuple[int, int, bytes]:
    """Width, height and RGB pixels, upright, no side longer than LONGEST_SIDE, transparency on white; of an animation
    the first frame. Raises if it is not a picture.
    """
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        picture.draft("RGB", (PICTURES_LONGEST_SIDE, PICTURES_LONGEST_SIDE))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    small = upright if upright.mode in ("RGB", "L", "RGBA") else upright.convert("RGBA")
    small.thumbnail((PICTURES_LONGEST_SIDE, PICTURES_LONGEST_SIDE))
    paper = Image.new("RGB", small.size, "white")
    if small.mode == "RGBA":
        paper.paste(small, mask=small.getchannel("A"))
    else:
        paper.paste(small)
    return paper.width, paper.height, paper.tobytes()


def load() -> None:
    """Load the three decoders and ensure that no other can be."""
    Image.init = lambda: False
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def give_up(seconds: int = MAX_SECONDS) -> None:
    """Drop the ability to open, start or keep anything, and limit CPU seconds. What needs root is dropped first."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.nice(10)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _call(libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _call(libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    for limit, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 8 + 3 * PICTURES_LONGEST_SIDE * PICTURES_LONGEST_SIDE),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),  # The three open ones: no file or socket can be added.
    ):
        resource.setrlimit(limit, (most, most))
    if platform.machine() == "x86_64":
        _call(libc.prctl(_SECCOMP, _FILTER, ctypes.byref(_program()), 0, 0))


def _call(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), "the limits could not be set")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _program() -> _Program:
    """The seccomp(2) filter: every call not in `_CALLS` fails."""
    load, equal, answer = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 4), (equal, 1, 0, _X86_64), (answer, 0, 0, _REFUSE), (load, 0, 0, 0)]
    last = len(_CALLS)
    steps += [(equal, last - number, 0, call) for number, call in enumerate(_CALLS)]
    steps += [(answer, 0, 0, _REFUSE), (answer, 0, 0, _ALLOW)]
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    return _Program(len(steps), packed)


if __name__ == "__main__":
    main()
