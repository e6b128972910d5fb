"""Batches in: each format as people really save it, and as an attacker would."""

import json
import tracemalloc
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.exchange.workbooks import workbook

from jaga.core.terms.reports import BatchFormat
from jaga.exchange import xlsx_in
from jaga.exchange.batch_in import read_batch
from jaga.exchange.csv_out import csv_rows
from jaga.exchange.rows import COLUMNS, FileNotUsable, SheetRow, Table

HEADER = ["akun", "kategori", "teks", "tautan", "tanggal"]
Read = Callable[[bytes], Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def of(content: bytes) -> Table:
        path = tmp_path / "batch"
        path.write_bytes(content)
        return read_batch(path)

    return of


def cells(table: Table) -> list[tuple[int, dict[str, str]]]:
    return [(row.number, dict(row.cells)) for row in table.rows]


def codes(rows: list[SheetRow]) -> list[tuple[int, str]]:
    return [(row.number, fault.code) for row in rows for fault in row.faults]


def refusal(read: Read, content: bytes) -> str:
    """The code with which a whole file is refused, at once or while its rows are read."""
    with pytest.raises(FileNotUsable) as refused:
        list(read(content).rows)
    assert refused.value.remedy
    return refused.value.code


ONE = [(2, {"account": "@mawar", "text": "open BO, \u201cnego\u201d", "category": "fraud"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252")]
)
def test_csv_as_people_save_it(read: Read, delimiter: str, encoding: str, told: str) -> None:
    """With any of the three delimiters and four encodings; the result names the encoding."""
    lines = (
        delimiter.join(["Akun", "Teks", "KATEGORI"])
        + "\r\n"
        + delimiter.join(["@mawar", '"open BO, \u201cnego\u201d"', "fraud"])
        + "\r\n"
    )
    table = read(lines.encode(encoding))
    assert (table.format, table.encoding) == (BatchFormat.CSV, told)
    assert cells(table) == ONE


def test_excels_own_line_about_the_delimiter_is_understood(read: Read) -> None:
    """`sep=;` is not a header."""
    assert cells(read(b"sep=;\r\nakun;teks\r\n@a;b,c\r\n")) == [(2, {"account": "@a", "text": "b,c"})]


def test_columns_of_no_meaning_are_told_and_left_out(read: Read) -> None:
    """So a misspelt column is visible in the preview."""
    table = read("akun,katgori,\u202eevil\nx,y,z\n".encode())
    assert table.ignored == ("katgori", "?evil")
    assert cells(table) == [(2, {"account": "x"})]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_rows"),
        (b" \r\n\r\n", "no_rows"),
        (b"\xef\xbb\xbf", "no_rows"),
        (b"nama,isi\nx,y\n", "no_account_column"),
        (b"akun,account\nx,y\n", "column_twice"),
        (b"%PDF-1.7 x", "not_a_table"),
        (b"\xd0\xcf\x11\xe0old", "not_a_table"),
        (b"<html>", "not_a_table"),
        (b"akun\n\x81\x8d\n", "damaged"),
        (b"PK\x03\x04 no zip at all", "damaged"),
        (b'[{"account": "x"}', "damaged"),
        (b'[{"account"', "damaged"),
        (b"[]", "no_rows"),
        (b'{"nama": "x"}\n{"nama": "y"}\n', "no_account_column"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(read: Read, content: bytes, code: str) -> None:
    """With a code and a remedy; never by a library's exception."""
    assert refusal(read, content) == code


def test_an_unclosed_quotation_mark_spoils_its_row_alone_or_is_told(read: Read) -> None:
    """It swallows what follows until the row is too long; later rows are read."""
    swallowed = b'akun,teks\n@a,baik\n@b,"tidak ditutup\n' + b"@c,x\n" * 40_000
    rows = list(read(swallowed).rows)
    assert rows[0].cells == {"account": "@a", "text": "baik"}
    assert codes(rows)[0] == (3, "too_long")
    assert rows[-1].cells == {"account": "@c", "text": "x"}


def test_more_cells_than_columns_and_nul_are_rows_with_a_fault_or_left_to_the_check(read: Read) -> None:
    """The rows before and after are read."""
    rows = list(read(b"akun,teks\n@a,b\n@c,d,e\n@f,g\x00h\n@i\n\n@j,k,,\n").rows)
    assert codes(rows) == [(3, "too_many_cells")]
    assert [row.number for row in rows] == [2, 3, 4, 5, 7]
    assert rows[2].cells["text"] == "g\x00h"


@settings(max_examples=example_count(20), deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00'"), max_size=30), min_size=1, max_size=4))
def test_our_own_csv_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """The protection against spreadsheet formulas is removed again, so that refused rows can be sent back."""
    path = tmp_path_factory.mktemp("csv") / "batch"
    path.write_bytes(b"".join(csv_rows(["account", "text"], [["@-mawar:localhost", text] for text in texts])))
    assert [row.cells.get("text", "") for row in read_batch(path).rows] == texts
    assert {row.cells["account"] for row in read_batch(path).rows} == {"@-mawar:localhost"}


@settings(max_examples=example_count(40), deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"akun,teks\n", b"{", b"[", b"PK\x03\x04", b"\xff\xfe"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: bytes) -> None:
    """Random bytes give nothing but a refusal with a remedy."""
    path = tmp_path_factory.mktemp("noise") / "batch"
    path.write_bytes(start + noise)
    columns: set[str] = set()
    with suppress(FileNotUsable):
        columns = {column for row in read_batch(path).rows for column in row.cells}
    assert columns <= set(COLUMNS)


def test_a_workbook_is_read_as_it_shows(read: Read) -> None:
    """Texts, numbers without a decimal point, a formula's stored value (it never runs), rows with their own numbers."""
    table = read(workbook([HEADER, ["@mawar", "fraud", 62812, '=HYPERLINK("http://x")', "2026-01-31"], [], ["@b"]]))
    assert table.format is BatchFormat.XLSX
    assert cells(table) == [
        (
            2,
            {
                "account": "@mawar",
                "category": "fraud",
                "text": "62812",
                "links": "kept value",
                "conduct_on": "2026-01-31",
            },
        ),
        (4, {"account": "@b"}),
    ]


def test_hostile_workbooks_are_refused_and_nobody_dies(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Truncated, damaged in the middle, empty, a cell in the last corner of the sheet, a decompression bomb."""
    whole = workbook([HEADER, ["@a"]])
    assert refusal(read, whole[: len(whole) // 2]) == "damaged"
    assert refusal(read, whole[:-30] + b"\x00" * 30) == "damaged"
    packed = whole.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    assert refusal(read, whole[:packed] + b"\xff" * 8 + whole[packed + 8 :]) == "damaged"  # no stream of zlib's
    assert refusal(read, workbook([], more={"mimetype": b"x"}, sheet=" ")) == "no_rows"
    corner = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refusal(read, workbook([], sheet=corner)) in ("too_large", "damaged")
    monkeypatch.setattr(xlsx_in, "MAX_UNPACKED", 1_000_000)
    assert refusal(read, workbook([HEADER], more={"xl/media/bomb": b"\x00" * 2_000_000})) == "too_large"


def test_json_lines_with_their_faults(read: Read) -> None:
    """A broken line is a row with a fault; names may be Indonesian; a list of links is read."""
    lines = [
        b'{"akun": "@a", "links": ["https://x.invalid/1", "https://x.invalid/2"], "nomor": 7}',
        b"",
        b"{",
        b'["x"]',
        b'{"account": {"id": 1}}',
        b'{"account": "@b", "akun": "@c"}',
        b"\xff",
        b"[" * 100_000,
        b'{"account": "@d", "unbekannt": 1, "text": null}',
    ]
    table = read(b"\n".join(lines))
    rows = list(table.rows)
    assert table.format is BatchFormat.JSONL
    assert rows[0].cells == {"account": "@a", "links": "https://x.invalid/1\nhttps://x.invalid/2", "reference": "7"}
    assert codes(rows) == [
        (3, "not_json"),
        (4, "not_json"),
        (5, "wrong_type"),
        (6, "twice"),
        (7, "not_json"),
        (8, "not_json"),
    ]
    assert (rows[-1].number, rows[-1].cells, table.ignored) == (9, {"account": "@d"}, ("unbekannt",))


def xarf(**changes: object) -> dict[str, object]:
    """An invented XARF v4 report."""
    return {
        "xarf_version": "4.2.0",
        "report_id": "c8e1a1a0-0000-4000-8000-000000000001",
        "timestamp": "2026-11-20T18:30:00Z",
        "category": "content",
        "type": "fraud",
        "source_identifier": "@tipu",
        "reporter": {"org": "Contoh", "contact": "x@example.invalid", "domain": "example.invalid"},
        "description": "Menipu pembeli",
        "url": "https://x.invalid/1",
        "tags": ["platform:another", "jaga:platform:obrolan"],
        "evidence": [
            {"content_type": "text/plain", "payload": b64encode(b"Kirim DP dulu").decode()},
            {"content_type": "image/png", "payload": "AAAA", "description": "gambar"},
        ],
        **changes,
    }


@pytest.mark.parametrize(
    "written",
    [
        lambda one: json.dumps(one),
        lambda one: json.dumps([one], indent=2),
        lambda one: json.dumps(one, indent=2),
        lambda one: json.dumps(one) + "\n" + json.dumps(one),
    ],
)
def test_xarf_as_one_object_as_an_array_and_as_lines(read: Read, written: Callable[[object], str]) -> None:
    """The reporter is not imported; the day is Jakarta's."""
    table = read(written(xarf()).encode())
    assert table.format is BatchFormat.XARF
    assert next(table.rows).cells == {
        "account": "@tipu",
        "reference": "c8e1a1a0-0000-4000-8000-000000000001",
        "conduct_on": "2026-11-21",
        "category": "fraud",
        "text": "Menipu pembeli\nKirim DP dulu\ngambar",
        "links": "https://x.invalid/1",
        "platform": "obrolan",
    }


def test_xarf_of_another_version_or_with_odd_values_is_a_row_with_a_fault(read: Read) -> None:
    """Also a time without a zone, lists instead of texts, and invalid evidence."""
    odd = [
        xarf(),
        xarf(xarf_version="3"),
        xarf(source_identifier=["x"]),
        xarf(timestamp="2026-11-20T18:30:00"),
        xarf(evidence={"x": 1}, tags="jaga:platform:x", category="messaging", type="spam"),
    ]
    rows = list(read("\n".join(json.dumps(one) for one in odd).encode()).rows)
    assert codes(rows) == [(2, "not_xarf_4"), (3, "wrong_type"), (4, "not_a_moment")]
    assert (rows[4].cells["category"], "platform" in rows[4].cells) == ("messaging/spam", False)


def test_many_thousand_rows_do_not_stay_in_memory(read: Read) -> None:
    """Rows are read one at a time, whatever their number."""
    table = read(b"akun,teks\n" + b"".join(b"@akun%d,open BO di kota %d\n" % (n, n) for n in range(30_000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in table.rows) == 30_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
