"""Strangers' pictures: redrawn from their pixels by a process without any other rights."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from tests.examples import example_count

from jaga.exchange import pictures
from jaga.exchange.pictures import PICTURES_LONGEST_SIDE, draw, size_of


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object) -> bytes:
    """A red picture."""
    packed = io.BytesIO()
    colour = {"RGB": (200, 20, 20), "RGBA": (200, 20, 20, 255), "L": 90, "P": 3}[mode]
    Image.new(mode, size, colour).save(packed, kind, **options)
    return packed.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG of some kilobytes with this announced and real size."""
    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("JPEG", "RGB"), ("WEBP", "RGBA")]
)
def test_each_kind_comes_back_as_a_small_webp(kind: str, mode: str) -> None:
    """Whatever came in, the output has one format, limited sides, and shows the same picture."""
    made = draw(picture(kind, (2000, 500), mode))
    assert made is not None
    assert (made.width, made.height) == (PICTURES_LONGEST_SIDE, 400)
    with Image.open(io.BytesIO(made.content)) as again:
        assert (again.format, again.size) == ("WEBP", (PICTURES_LONGEST_SIDE, 400))
        red, green, _ = again.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
    assert mode in ("L", "P") or red > green + 100


def test_metadata_and_hidden_files_do_not_come_along() -> None:
    """Place, device, comments, and a ZIP file behind the picture are missing in the copy."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY-CAMERA"
    exif[0x9286] = "CANARY-COMMENT"
    noted = PngImagePlugin.PngInfo()
    noted.add_text("Author", "CANARY-AUTHOR")
    hidden = b"PK\x03\x04CANARY-ZIP<script>CANARY-SCRIPT</script>"
    for content in (picture("JPEG", exif=exif), picture("WEBP", exif=exif), picture("PNG", pnginfo=noted)):
        assert b"CANARY" in content
        made = draw(content + hidden)
        assert made is not None
        assert b"CANARY" not in made.content
        with Image.open(io.BytesIO(made.content)) as again:
            assert not again.getexif()


def test_a_picture_stands_upright() -> None:
    """The rotation that a camera only notes is applied, since the note is not copied."""
    exif = Image.Exif()
    exif[0x0112] = 6
    made = draw(picture("JPEG", (60, 40), exif=exif))
    assert made is not None
    assert (made.width, made.height) == (40, 60)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\ninvented pixels",
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"\x00" * 40,
        b"%PDF-1.7 invented",
        picture("JPEG", (400, 400))[:500],
        picture("PNG", (400, 400))[:120],
        picture("BMP"),
        picture("TIFF"),
        picture("GIF"),
        bomb(30_000, 30_000),
        bomb(50_000, 1000),
    ],
    ids=["empty", "no pixels", "svg", "gif head", "pdf", "cut jpeg", "cut png", "bmp", "tiff", "gif", "bomb", "long"],
)
def test_what_is_no_picture_or_too_large_is_not_drawn(content: bytes) -> None:
    """Only three decoders are used, a bomb is not unpacked, and a truncated picture is not completed."""
    assert draw(content) is None


def test_the_pixels_that_are_allowed_fit_into_the_memory_that_is() -> None:
    """The largest accepted picture can be drawn: forty million pixels with transparency."""
    made = draw(picture("PNG", (8000, 5000), "RGBA"))
    assert made is not None
    assert (made.width, made.height) == (PICTURES_LONGEST_SIDE, 1000)


TRIES = """
import ctypes, os, resource, signal, socket, sys
from jaga.exchange import picture_child
picture_child.give_up()
def refused(call):
    try:
        call()
    except (OSError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "DONE"
print([refused(call) for call in (
    lambda: open("/etc/passwd"), lambda: open("/tmp/jaga-was-here", "w"), lambda: socket.socket(),
    lambda: os.fork(), lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(os.getppid(), 0),
    lambda: os.setuid(0), lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    lambda: bytearray(2**30), lambda: os.unlink("/tmp/nothing"),
)], flush=True)
"""


def test_the_child_can_open_start_and_keep_nothing() -> None:
    """With the limits active: no file, no socket, no process, no program, no signal, no root, no large memory."""
    result = subprocess.run(
        [sys.executable, "-I", "-c", TRIES], capture_output=True, text=True, check=True, timeout=120
    )
    assert "DONE" not in result.stdout
    assert result.stdout.count("MemoryError") == 1
    assert result.stdout.count("Error") == 10, result.stdout


@pytest.mark.parametrize(
    "child",
    [
        "while True: pass",
        "import os; os.abort()",
        "bytearray(2**31)",
        "print('x' * 100)",
        "import sys, struct; sys.stdout.buffer.write(struct.pack('>II', 4000, 4000) + bytes(48))",
        "import sys, struct; sys.stdout.buffer.write(struct.pack('>II', 0, 9))",
        "import sys\nwhile True: sys.stdout.buffer.write(bytes(10**6))",
    ],
    ids=["endless", "crash", "memory", "chatter", "liar", "nothing", "flood"],
)
def test_a_child_that_a_picture_took_over_harms_nobody(child: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can only return pixels of a valid size or nothing, and is not waited for."""
    real = subprocess.run

    def taken_over(command: list[str], **options: object) -> object:
        limits = "from jaga.exchange import picture_child as c; c.give_up(1)\n"
        return real([command[0], "-I", "-c", limits + child], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(pictures.subprocess, "run", taken_over)
    assert draw(b"anything") is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_size_is_read_without_decoding(kind: str) -> None:
    """From the first bytes, for each kind and its variants."""
    assert size_of(picture(kind, (321, 123))) == (321, 123)
    assert size_of(picture("WEBP", (321, 123), lossless=True)) == (321, 123)
    assert size_of(picture("WEBP", (321, 123), exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")) == (321, 123)
    assert size_of(bomb(30_000, 20)) == (30_000, 20)


@settings(max_examples=example_count(60), deadline=None)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBPVP8X"]),
    st.binary(max_size=80),
)
def test_any_bytes_have_a_size_or_none(head: bytes, rest: bytes) -> None:
    """Never an exception: the web server calls this for every upload."""
    found = size_of(head + rest)
    assert found is None or min(found) >= 0
