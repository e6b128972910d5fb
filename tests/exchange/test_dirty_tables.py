"""Tables as offices make them: titles above, hidden sheets, merged cells, dates in every format."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.exchange.workbooks import several, workbook

from jaga.exchange.batch_in import read_batch
from jaga.exchange.days import day_in
from jaga.exchange.rows import FileNotUsable, Table

Read = Callable[[bytes], Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def as_file(content: bytes) -> Table:
        path = tmp_path / "batch"
        path.write_bytes(content)
        return read_batch(path)

    return as_file


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-04",
        "04/11/2026",
        "4.11.2026",
        "4-11-26",
        "2026/11/04",
        "4 November 2026",
        "04 Nopember 2026",
        "4 Nov 2026",
        "4-Nov-26",
        "Rabu, 4 November 2026",
        "4 november 2026 pukul 13.45 WIB",
        "2026-11-04T13:45:00+07:00",
        "04/11/2026 13:45:10",
        "November 4, 2026",
        "46330",
        "46330.57",
        " 4  November  2026. ",
        "Wednesday, 4 November 2026",
    ],
)
def test_a_day_is_understood_however_it_is_written(written: str) -> None:
    """All of these are the same day."""
    assert day_in(written) == date(2026, 11, 4)


@pytest.mark.parametrize(
    "written",
    [
        "31 Juni 2026",
        "2026",
        "kemarin",
        "11/25/2026",
        "4 Foo 2026",
        "99999",
        "12",
        "1 Januari",
        "",
        "2026-13-01",
        "9" * 80,
        "T" * 100_000,
        "1 " * 50_000,
        "," * 100_000,
    ],
)
def test_what_is_no_day_is_none(written: str) -> None:
    """Nor is a text that could be another day in another country's format."""
    assert day_in(written) is None


def test_months_that_differ_in_one_letter_are_themselves() -> None:
    """Maret and Mei, Juni and Juli."""
    names = [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ]
    assert [day_in(f"1 {name} 2026") for name in names] == [date(2026, month, 1) for month in range(1, 13)]


def test_the_visible_sheet_is_read_and_a_hidden_one_never(read: Read) -> None:
    """People who looked at the workbook did not see the hidden sheet; the result names the sheet that was read."""
    content = several(
        [
            ("Rahasia", "hidden", [["akun"], ["@lama"]]),
            ("Sangat", "veryHidden", [["akun"], ["@lama2"]]),
            ("Sampul", "visible", [["Laporan Triwulan"]]),
            ("Data", "visible", [["akun", "isi"], ["@baru", "x"]]),
        ]
    )
    table = read(content)
    assert [(row.number, dict(row.cells)) for row in table.rows] == [(2, {"account": "@baru", "text": "x"})]
    ((sentence, params),) = table.notes
    assert sentence % params == "The sheet “Data” was read, and not these: Sampul."
    with pytest.raises(FileNotUsable) as refused:
        read(several([("Rahasia", "hidden", [["akun"], ["@lama"]]), ("Sampul", "visible", [["Laporan"]])]))
    assert refused.value.code == "no_account_column"


def test_names_are_found_below_titles(read: Read) -> None:
    """In the row with most of them. A numbered line below, repeated names and rows with only a number are skipped."""
    rows = [
        ["KEMENTERIAN CONTOH"],
        [],
        ["Daftar akun", None, "Akun"],
        ["No.", "Akun (ID)", "Kategori Pelanggaran", "Ket"],
        ["(1)", "(2)", "(3)", "(4)"],
        [1, "@satu", "JUDI ONLINE", "x"],
        ["No.", "Akun (ID)", "Kategori Pelanggaran"],
        [2, "@dua", "Penipuan"],
        [3],
        ["PROVINSI CONTOH"],
        [4, "@tiga", "fraud"],
    ]
    table = read(workbook(rows))
    found = [(row.number, row.cells["account"], row.cells["reference"]) for row in table.rows]
    assert found == [(6, "@satu", "1"), (8, "@dua", "2"), (11, "@tiga", "4")]
    assert table.ignored == ("Ket",)
    ((sentence, params),) = table.notes
    assert sentence % params == "The names of the columns stand in row 4; what is above them was left out."
    lines = "Kementerian Contoh\n\nNo;Akun;Tanggal\n1;@satu;4 November 2026\n"
    table = read(lines.encode())
    assert [(row.number, row.cells["account"]) for row in table.rows] == [(4, "@satu")]


def test_a_name_gives_way_to_a_better_one(read: Read) -> None:
    """A running number gives way to the complaint's number; the ignored column is reported. Two equal names are
    refused.
    """
    table = read(b"No,Nomor Aduan,Akun,Nama Akun,Uraian,Keterangan\n1,A-17,@a,Mawar,isi,-\n")
    assert [dict(row.cells) for row in table.rows] == [{"reference": "A-17", "account": "@a", "text": "isi"}]
    assert table.ignored == ("No", "Nama Akun", "Keterangan")
    with pytest.raises(FileNotUsable) as refused:
        read(b"akun,isi,uraian\n@a,b,c\n")
    assert refused.value.code == "column_twice"


def test_a_cell_that_spans_rows_counts_in_each(read: Read) -> None:
    """One category for three accounts, as it is displayed. A row's own value has priority."""
    rows = [["akun", "kategori"], ["@a", "fraud"], ["@b", None], ["@c", None], ["@d", None]]
    table = read(several([("Data", "visible", rows)], {"Data": ["B2:B4"]}))
    assert [row.cells.get("category") for row in table.rows] == ["fraud", "fraud", "fraud", None]
