"""Pictures converted to grey: unchanged if they can be read, otherwise a named problem, and never a crash."""

import io
import struct
import subprocess
import zlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.examples import example_count
from tests.screening.drawn import grey, packed, pixels

from jaga.core.files import Grey, PictureProblem
from jaga.exchange import grey_child
from jaga.exchange import pictures as picture_reader
from jaga.exchange.pictures import PictureReader, ReaderUnavailable
from jaga.screening.images.images import hash_images
from jaga.screening.images.pdq import pdq

JPEG = packed(pixels(1))


@pytest.fixture(scope="module")
def read() -> Iterator[PictureReader]:
    with PictureReader() as reader:
        yield reader


def apart(one: Grey | PictureProblem, other: Grey | PictureProblem) -> int:
    assert isinstance(one, Grey)
    assert isinstance(other, Grey)
    return int(np.bitwise_count(pdq(one).hashes[0] ^ pdq(other).hashes[0]).sum())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(640, 480), (1601, 1003), (200, 90), (7, 5), (3000, 40)])
def test_its_hash_is_nearly_that_of_the_whole_picture(read: PictureReader, kind: str, size: tuple[int, int]) -> None:
    """Regardless of the reduced size: well within the distance of equal pictures, and small enough to return."""
    shown = pixels(5, *size)
    file = packed(shown, kind)
    got = read(file)
    assert isinstance(got, Grey)
    assert (got.width, got.height) == size
    assert max(got.shape) <= 2 * picture_reader.SIDE
    with Image.open(io.BytesIO(file)) as whole:
        assert apart(got, grey(np.asarray(whole.convert("RGB")))) <= 10


def test_transparent_is_white(read: PictureReader) -> None:
    """As in the picture drawn for people: invisible content does not count."""
    shown = pixels(2, 300, 200)
    clear = np.dstack([shown, np.full((200, 300), 255, np.uint8)])
    clear[:100, :, 3] = 0
    seen = shown.copy()
    seen[:100] = 255
    assert apart(read(packed(clear, "PNG")), read(packed(seen, "PNG"))) <= 4
    palette = Image.fromarray(shown).quantize(64)
    file = io.BytesIO()
    palette.save(file, "PNG")
    assert apart(read(file.getvalue()), read(packed(np.asarray(palette.convert("RGB")), "PNG"))) <= 4


def moving(kind: str) -> bytes:
    file = io.BytesIO()
    frames = [Image.fromarray(pixels(number, 60, 40)) for number in range(3)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:])
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    )


BAD = {
    "empty": (b"", PictureProblem.NO_PICTURE),
    "text": (b"tidak ada gambar di sini", PictureProblem.NO_PICTURE),
    "svg": (b"<svg onload=alert(1)>", PictureProblem.NO_PICTURE),
    "gif": (moving("GIF"), PictureProblem.NO_PICTURE),
    "tiff": (packed(pixels(1, 60, 40), "TIFF"), PictureProblem.NO_PICTURE),
    "cut jpeg": (JPEG[: len(JPEG) // 2], PictureProblem.BROKEN),
    "cut png": (packed(pixels(1, 60, 40), "PNG")[:-400], PictureProblem.BROKEN),
    "cut webp": (packed(pixels(1, 60, 40), "WEBP")[:-400], PictureProblem.BROKEN),
    "pixels that are missing": (bomb(3000, 4000), PictureProblem.BROKEN),
    "bomb": (bomb(30_000, 30_000), PictureProblem.TOO_LARGE),
    "just too many": (bomb(8000, 5001), PictureProblem.TOO_LARGE),
    "a side too long": (bomb(8_000_000, 5), PictureProblem.TOO_LARGE),
    "bytes": (JPEG + bytes(picture_reader.MAX_BYTES), PictureProblem.TOO_LARGE),
    "one pixel": (packed(np.zeros((1, 1, 3), np.uint8), "PNG"), PictureProblem.TOO_SMALL),
    "a line": (packed(np.zeros((4, 900, 3), np.uint8)), PictureProblem.TOO_SMALL),
    "moving png": (moving("PNG"), PictureProblem.MOVING),
    "moving webp": (moving("WEBP"), PictureProblem.MOVING),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_hashed_has_a_reason(read: PictureReader, name: str) -> None:
    """The next picture is read normally."""
    content, problem = BAD[name]
    assert read(content) is problem
    assert isinstance(read(JPEG), Grey)


def test_a_column_of_good_and_bad_keeps_every_row(read: PictureReader) -> None:
    """None is lost or moved; the reasons are at the pictures' positions."""
    rows = [content for content, _ in BAD.values()]
    pictures = [row for pair in zip(rows, [JPEG] * len(rows), strict=True) for row in pair]
    hashed = hash_images(pa.table({"image": pa.array(pictures, pa.binary())}), read)
    errors = hashed.column("error").to_pylist()
    assert errors[::2] == [problem.value for _, problem in BAD.values()]
    assert errors[1::2] == [None] * len(rows)
    assert len(set(hashed.column("hash").to_pylist()[1::2])) == 1


@settings(max_examples=example_count(40), deadline=None)
@given(
    st.sampled_from([JPEG[:4000], packed(pixels(2, 40, 30), "PNG"), packed(pixels(2, 40, 30), "WEBP")]),
    st.lists(st.tuples(st.integers(0, 3999), st.integers(0, 255)), max_size=20),
    st.integers(0, 4000),
)
def test_any_bytes_are_grey_or_a_problem(
    read: PictureReader, file: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    """Pictures with changed bytes and truncated ones: the reader survives, and its answers are valid."""
    spoilt = bytearray(file)
    for place, value in changes:
        spoilt[place % len(spoilt)] = value
    got = read(bytes(spoilt[: len(spoilt) - cut % len(spoilt)]))
    assert isinstance(got, PictureProblem) or len(got.pixels) == got.shape[0] * got.shape[1]


def test_the_pixels_that_are_allowed_fit_into_the_memory_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty million with transparency. However long that takes a process that lets all others pass."""
    monkeypatch.setattr(picture_reader, "_PATIENCE", 300.0)
    file = io.BytesIO()
    Image.new("RGBA", (8000, 5000), (10, 20, 30, 128)).save(file, "PNG")
    with PictureReader() as read:
        assert isinstance(read(file.getvalue()), Grey)


SAYS = "import sys, struct\nfrom jaga.exchange.picture_child import give_up\ngive_up(1)\nsys.stdin.buffer.read(4)\n"


@pytest.mark.parametrize(
    "child",
    [
        "while True: pass",
        "import os; os.abort()",
        "bytearray(2**31)",
        "sys.stdout.buffer.write(bytes([99]) * 50)",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 5000, 5000, 1, 1) + bytes(90)); sys.stdout.flush()",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 9000, 9000, 90, 90) + bytes(10000))",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 100, 100, 0, 1))",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 4, 100, 1, 1) + bytes(400))",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 8_000_000, 5, 62_500, 1) + bytes(640))",
        "sys.stdout.buffer.write(b'\\0' + struct.pack('>IIII', 100, 100, 1, 1) + bytes(50)); sys.stdout.flush(); "
        "sys.stdin.buffer.read()",
    ],
    ids=[
        "endless",
        "crash",
        "memory",
        "chatter",
        "large",
        "many pixels",
        "no step",
        "too small",
        "a side too long",
        "half",
    ],
)
def test_a_child_that_a_picture_took_over_harms_nobody(child: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can only end without a hash, is not waited for, and the next picture gets a new process."""
    real, started = subprocess.Popen, list[object]()

    def first_taken_over(command: list[str], **options: object) -> object:
        started.append(command)
        return real([command[0], "-I", "-c", SAYS + child] if len(started) == 1 else command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(picture_reader.subprocess, "Popen", first_taken_over)
    monkeypatch.setattr(picture_reader, "_PATIENCE", 3.0)
    with PictureReader() as reader:
        assert reader(JPEG) is PictureProblem.TOO_MUCH_WORK
        assert isinstance(reader(JPEG), Grey)
    assert len(started) == 2


def test_where_no_child_starts_the_picture_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader says so, and the next picture is tried again."""

    def refused(command: list[str], **options: object) -> object:
        raise BlockingIOError

    with PictureReader() as reader:
        with monkeypatch.context() as without:
            without.setattr(picture_reader.subprocess, "Popen", refused)
            with pytest.raises(ReaderUnavailable):
                reader(JPEG)
        assert isinstance(reader(JPEG), Grey)


def test_a_reader_is_a_new_process_after_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a picture can affect only the few that share its process."""
    real, started = subprocess.Popen, list[object]()

    def counted(command: list[str], **options: object) -> object:
        started.append(command)
        return real(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(picture_reader.subprocess, "Popen", counted)
    for most, processes in ((1, 4), (3, 2)):
        started.clear()
        with PictureReader(most=most) as reader:
            assert all(isinstance(reader(JPEG), Grey) for _ in range(4))
        assert len(started) == processes


def test_the_child_answers_as_it_says() -> None:
    """Zero before the pixels, otherwise the number of the problem."""
    assert grey_child.answer(JPEG)[0] == 0
    assert grey_child.answer(b"no picture") == bytes([list(PictureProblem).index(PictureProblem.NO_PICTURE) + 1])
