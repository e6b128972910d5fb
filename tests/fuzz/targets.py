"""Fuzz targets: arbitrary input, and what must hold for it; used by hypothesis and by atheris.

Each target takes bytes and raises if an invariant is violated. Refusals use errors of ours.
"""

import csv
import io
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import hyperscan
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from jaga.app.screening.blocks import LINES, from_bytes
from jaga.app.screening.context import ROWS, rows_of_lines
from jaga.app.screening.reading import opened
from jaga.core.errors import JagaError
from jaga.core.files import Grey, PictureProblem
from jaga.exchange.csv_rows import Rows, read_rows
from jaga.exchange.grey_child import answer
from jaga.exchange.picture_child import load
from jaga.policy.documents import read_document
from jaga.policy.release import load_release
from jaga.policy.screening_rules import faults_of
from jaga.screening.base.row_errors import LONGEST_TEXT, RowError, beginning
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.copies.copies import bands, letters_of, likeness
from jaga.screening.copies.nearness import handle_stem
from jaga.screening.engine.screen import screen_texts
from jaga.screening.images.pdq import pdq
from jaga.screening.rules.pattern_scan import compiled
from jaga.screening.rules.rules import place_of_pattern
from jaga.screening.text.normalise import readings
from jaga.screening.text.readable import readable
from jaga.screening.text.visible import visible


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def fuzz_contacts(data: bytes) -> None:
    """Each contact once, in order, with a span of the text."""
    text = _text(data)
    found = contacts_in(text)
    assert len({contact.value for contact in found}) == len(found)
    assert [contact.start for contact in found] == sorted(contact.start for contact in found)
    assert all(0 <= contact.start < contact.end <= len(text) for contact in found)
    assert all(contact.value.encode() and contact.masked for contact in found)


def fuzz_screen(data: bytes) -> None:
    """Signals have spans, sentences that can be filled in and stored, and a valid score."""
    text = _text(data)
    seen = screen_texts([text], load_release())[0]
    assert 0.0 <= seen.score <= 1.0
    assert (seen.score > 0) == bool(seen.signals)
    for signal in seen.signals:
        assert 0 <= signal.start < signal.end <= len(text)
        assert "\0" not in (signal.msgid % signal.params).encode().decode()


def fuzz_words(data: bytes) -> None:
    """Words are in their order within the text, and contain letters."""
    text = _text(data)
    for words in readings(text):
        assert [word.start for word in words] == sorted(word.start for word in words)  # "¼" alone is two words
        assert all(0 <= word.start < word.end <= len(text) for word in words)
        assert all(word.spellings and all(word.spellings) for word in words)
    read = visible(text)
    assert len(read.text) == len(read.starts) == len(read.ends)
    assert all(read.starts[place] < read.ends[place] <= len(text) for place in range(len(read.text)))
    handle_stem(text)


def fuzz_likeness(data: bytes) -> None:
    """A text equals itself, and likeness is symmetric."""
    one, other = (letters_of(_text(half)) for half in (data[: len(data) // 2], data[len(data) // 2 :]))
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, one) in (0.0, 1.0)
    assert bands(one) == bands(one)


def fuzz_readable(data: bytes) -> None:
    """One text for each row, in UTF-8, and "" exactly if there was none."""
    rows = [None if not piece else piece[1:] for piece in data.split(b"|")]
    for column in (
        pa.array(rows, pa.binary()),
        pa.array(rows, pa.large_binary()).dictionary_encode(),
        pa.chunked_array([pa.array(rows, pa.binary_view()), pa.array(rows, pa.binary_view())[1:]]),
    ):
        texts, errors = readable(column)
        texts.validate(full=True)
        assert len(texts) == len(errors) == len(column)
        assert [not text for text in texts.to_pylist()] == ((errors & RowError.MISSING) != 0).tolist()
        assert [raw.decode("utf-8", "replace").count("\0") > 0 for raw in map(bytes, _given(column))] == (
            (errors & RowError.NUL) != 0
        ).tolist()
    text = _text(data)
    assert text.startswith(beginning(text))
    assert len(beginning(text).encode("utf-8", "surrogatepass")) <= LONGEST_TEXT


def _given(column: pa.Array) -> list[bytes]:
    return [value or b"" for value in column.to_pylist()]


def fuzz_json_lines(data: bytes) -> None:
    """Each line is one row."""
    rows = rows_of_lines(data, "text", "id")
    rows.validate(full=True)
    assert rows.schema == ROWS
    assert len(rows) == data.removesuffix(b"\n").count(b"\n") + 1
    marks = np.asarray(rows["error"])
    assert [bool(text) for text in rows["text"].to_pylist()] == (
        marks & (RowError.MISSING | RowError.NOT_TEXT | RowError.NOT_JSON) == 0
    ).tolist()


def fuzz_csv(data: bytes) -> None:
    """Every byte belongs to a row; split anywhere, the rows are the same; and a valid file gives what Python reads."""
    whole = _rows(data)
    assert whole.read == len(data)
    assert len(whole.broken) == len(whole.cells[0]) == len(whole.cells[1]) <= len(data)
    for cells in whole.cells:
        cells.validate(full=True)
    first = _rows(data[: len(data) // 2], last=False)
    rest = _rows(data[first.read :])
    assert [*first.cells[0].to_pylist(), *rest.cells[0].to_pylist()] == whole.cells[0].to_pylist()
    assert [*first.broken.tolist(), *rest.broken.tolist()] == whole.broken.tolist()
    rows = [[_printable(cell) for cell in (row + b"\1").split(b"\1")[:2]] for row in data.split(b"\2")]
    sound = io.StringIO()
    csv.writer(sound, quoting=csv.QUOTE_ALL).writerows(rows)
    read = _rows(sound.getvalue().encode())
    assert not read.broken.any()
    assert [list(row) for row in zip(*(cells.to_pylist() for cells in read.cells), strict=True)] == [
        [cell.encode() for cell in row] for row in rows
    ]


def _printable(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


def _rows(data: bytes, *, last: bool = True) -> Rows:
    return read_rows(data, delimiter=ord(","), columns=2, wanted=(0, 1), most=len(data) + 1, last=last)


def fuzz_files(data: bytes) -> None:
    """Any file is read to its end or refused, compressed or not, whatever its name says."""
    for name in ("a.jsonl", "a.csv", "a.jsonl.gz", "a.csv.zst", "a.parquet", "b.parquet"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(_spoilt_parquet(data) if name == "b.parquet" else b"text\n" * ("csv" in name) + data)
            with suppress(JagaError), opened(path, "text", "id") as reader:
                for block in reader.blocks():
                    rows = rows_of_lines(block.data, "text", "id") if block.kind == LINES else from_bytes(block.data)
                    rows.validate(full=True)
                    assert rows.schema == ROWS
                assert 0.0 <= reader.share() <= 1.0


@cache
def _sound_parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": ["open bo", None, "kata " * 40] * 30, "id": range(90)}), sink, compression="none")
    return sink.getvalue()


def _spoilt_parquet(data: bytes) -> bytes:
    """A valid file with some bytes changed."""
    return _spoilt(_sound_parquet(), data)


def _spoilt(sound: bytes, data: bytes) -> bytes:
    spoilt = bytearray(sound)
    for place in range(0, len(data) - 2, 3):
        spoilt[int.from_bytes(data[place : place + 2]) % len(spoilt)] = data[place + 2]
    return bytes(spoilt)


def fuzz_policy(data: bytes) -> None:
    """A policy file is read, or its faults are reported by line."""
    document, problems = read_document("rules.yaml", data)
    assert document is not None or problems
    assert all(problem.line >= 1 and problem.what and problem.remedy for problem in problems)


def fuzz_patterns(data: bytes) -> None:
    """A pattern is refused, or means the same to hyperscan as to Python, which defines it."""
    pattern = _text(data)
    if any(what and remedy for what, remedy in faults_of(pattern)):
        return
    try:
        database = compiled([pattern])
    except hyperscan.error:
        return  # `jaga policy check` tells that too
    for text in (b"a b0 1.-", b"aab 0", b"open bo, wa 08"):
        places = list[tuple[int, int]]()
        database.scan(
            text,
            match_event_handler=lambda number, start, end, flags, context, places=places: places.append((start, -end)),
        )
        start, end = min(places, default=(0, 0))
        assert place_of_pattern(pattern, text) == ((start, -end) if places else None)


def fuzz_pictures(data: bytes) -> None:
    """A picture's child process returns the pixels for a hash or a reason, whatever the bytes are."""
    load()
    for sound in _sound_pictures():
        result = answer(_spoilt(sound, data))
        if result[0]:
            assert list(PictureProblem)[result[0] - 1]
            continue
        found = pdq(Grey(result[17:], *struct.unpack(">IIII", result[1:17])))
        assert found.hashes.shape == (8, 32)
        assert 0 <= found.quality <= 100


@cache
def _sound_pictures() -> list[bytes]:
    """A gradient in each format."""
    made = list[bytes]()
    for kind in ("JPEG", "PNG", "WEBP"):
        sink = io.BytesIO()
        Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(sink, kind)
        made.append(sink.getvalue())
    return made


def fuzz_all(data: bytes) -> None:
    """One of the others, selected by the first byte."""
    names = sorted(set(TARGETS) - {"all"})
    TARGETS[names[data[0] % len(names)] if data else names[0]](data[1:])


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_"): target for name, target in list(globals().items()) if name.startswith("fuzz_")
}
SEEDS = [
    "open bo yuk 0812-3456-7890 wa.me/6281234567890",
    "0p3n b.o   s l o t ｇａｃｏｒ 🅾️🅱️",
    "nol delapan satu dua tiga t.me/contoh",
    '{"id": 1, "text": "open bo"}\n{"text": "\\ud800"}\n',
    '1,"a ""b"" c"\r\n2,"x\ny"\n3,"rusak\n',
    "rules:\n- {all: [{phrase: open bo}, {count: 2}], not: &a x}\n",
    "a@b.co [at] x (dot) com 👍\u200b\u0301 ʙᴏ",
    "\\bopen {0,3}b[o0]{1,2}\\b(?:a|b)",
]
