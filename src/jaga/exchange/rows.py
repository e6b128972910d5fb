"""Shared by the batch readers: a table of rows, column names, and unusable files.

An unusable row is a row with a fault, never an exception, so the rows around it are read.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jaga.core.errors import N_, FieldError, JagaError
from jaga.core.terms.reports import BatchFormat

MAX_FILE = 64 * 1024 * 1024
MAX_CELL = 100_000  # Far above any field's own limit; longer cells are not kept in memory.
COLUMNS = ("platform", "account", "category", "text", "excerpt", "links", "conduct_on", "reference", "language")
# Columns added by Jaga's file of rejected rows; skipped when a corrected one is uploaded.
OURS = ("row", "reason", "field")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "platform": ("platform", "aplikasi", "app", "layanan", "service", "nama_aplikasi", "nama_platform", "media"),
    "account": (
        "account",
        "akun",
        "account_id",
        "handle",
        "nama_akun",
        "terlapor",
        "id_akun",
        "akun_id",
        "username",
        "user_name",
        "nama_pengguna",
        "akun_terlapor",
        "akun_yang_dilaporkan",
        "akun_pelaku",
        "url_akun",
        "link_akun",
        "tautan_akun",
    ),
    "category": (
        "category",
        "kategori",
        "jenis",
        "kategori_pelanggaran",
        "jenis_pelanggaran",
        "kategori_konten",
        "jenis_konten",
        "klasifikasi",
        "pelanggaran",
    ),
    "text": (
        "text",
        "teks",
        "isi",
        "keterangan",
        "description",
        "uraian",
        "deskripsi",
        "kronologi",
        "uraian_singkat",
        "isi_laporan",
        "isi_aduan",
        "catatan",
    ),
    "excerpt": ("excerpt", "kutipan", "isi_akun", "tulisan_akun", "published", "isi_pesan", "isi_konten"),
    "links": (
        "links",
        "link",
        "tautan",
        "url",
        "urls",
        "link_konten",
        "url_konten",
        "tautan_konten",
        "link_bukti",
        "tautan_bukti",
    ),
    "conduct_on": (
        "conduct_on",
        "date",
        "tanggal",
        "tanggal_kejadian",
        "tgl",
        "tanggal_perbuatan",
        "tgl_kejadian",
        "tanggal_temuan",
        "tgl_temuan",
        "tanggal_pelanggaran",
        "waktu_kejadian",
        "hari_tanggal",
    ),
    "reference": (
        "reference",
        "ref",
        "referensi",
        "nomor",
        "nomor_rujukan",
        "no",
        "id",
        "nomor_laporan",
        "no_laporan",
        "nomor_aduan",
        "no_aduan",
        "nomor_tiket",
        "no_tiket",
        "id_laporan",
        "id_aduan",
        "no_urut",
        "nomor_urut",
    ),
    "language": ("language", "bahasa", "lang"),
    "row": ("row", "baris"),
    "reason": ("reason", "alasan"),
    "field": ("field", "kolom"),
}
_GIVES_WAY = frozenset(
    {
        "no",
        "id",
        "no_urut",
        "nomor_urut",
        "nama_akun",
        "url_akun",
        "link_akun",
        "tautan_akun",
        "keterangan",
        "catatan",
        "media",
        "jenis",
        "pelanggaran",
    }
)
"""Names that denote a column only if no other column in the file does."""
HEADER_WITHIN = 30
"""Rows searched for the column names, which letterheads, titles and blank lines may precede."""
_NUMBERS = ("reference", "language")  # Says nothing about an account by itself.
_NUMBERED = re.compile(r"\(?(\d{1,2})\)?")
_BRACKETS = re.compile(r"\([^)]*\)")
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names}


class FileNotUsable(JagaError):
    """The whole file cannot be read; none of it was used."""

    code = "file_not_usable"
    status = 422
    sentence = N_("This file cannot be read.")
    remedy = N_("Save it again as CSV in UTF-8 or as XLSX, and send that. docs/batches.md shows examples.")


NO_ROWS = ("no_rows", N_("This file has no rows."), N_("Send a file with a line of column names and rows below it."))
NO_ACCOUNT = (
    "no_account_column",
    N_("No column of this file is called “account” or “akun”."),
    N_("Name the columns in the first line; “account” is the one that must not be missing."),
)
TWICE = ("column_twice", N_("Two columns of this file mean the same: %(column)s."), N_("Remove or rename one of them."))
DAMAGED = ("damaged", N_("This file is damaged or cut off."), N_("Save or send it again, and compare its size."))
TOO_LARGE = (
    "too_large",
    N_("This file is too large, or becomes so when it is unpacked."),
    N_("Split it into several files of at most 64 MB."),
)
NOT_A_TABLE = (
    "not_a_table",
    N_("This file is neither CSV, XLSX, JSON lines nor XARF."),
    N_("Save it as CSV in UTF-8 or as XLSX, and send that."),
)


def not_usable(fault: tuple[str, str, str], **params: object) -> FileNotUsable:
    """The error for a whole file, with one of the reasons above."""
    code, sentence, remedy = fault
    return FileNotUsable(sentence, remedy, code=code, **params)


@dataclass(frozen=True)
class SheetRow:
    """One row of the file: number, cells by column, and faults of the row as a whole."""

    number: int
    cells: Mapping[str, str]
    faults: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Table:
    """A file's format and its rows, which are read during iteration."""

    format: BatchFormat
    rows: Iterator[SheetRow] = field(repr=False)
    encoding: str = "utf-8"
    ignored: tuple[str, ...] = ()  # Unused columns, by their names in the file.
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()  # Other remarks on how it was read.


@dataclass(frozen=True)
class Header:
    """The position of each column."""

    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]

    def is_no_report(self, cells: Sequence[str]) -> bool:
        """Whether the row is layout: repeated names, numbered columns, or only a row number."""
        cells_by_column = [(column, cell.strip()) for column, cell in zip(self.columns, cells, strict=False) if column]
        filled = [(column, cell) for column, cell in cells_by_column if cell]
        if all(column in _NUMBERS for column, _ in filled):
            return True
        if len(filled) > 1 and all(column_of(cell) == column for column, cell in filled):
            return True
        numbered = [_NUMBERED.fullmatch(cell.strip()) for cell in cells if cell.strip()]
        places = [int(one[1]) for one in numbered if one]
        return (
            len(numbered) > 1
            and len(places) == len(numbered)
            and places == list(range(places[0], places[0] + len(places)))
            and places[0] in (0, 1)
        )

    def row(self, number: int, cells: Sequence[str]) -> SheetRow:
        """The cells below this header; surplus cells are a fault."""
        named = {column: cell for column, cell in zip(self.columns, cells, strict=False) if column and cell}
        if any(cell.strip() for cell in cells[len(self.columns) :]):
            return SheetRow(
                number,
                named,
                (
                    row_fault(
                        "too_many_cells",
                        N_("This row has more cells than there are columns; is a quotation mark missing?"),
                    ),
                ),
            )
        return SheetRow(number, named)


Note = tuple[str, Mapping[str, object]]


def header_note(row: int) -> Note:
    """The remark that the names were found further down."""
    return N_("The names of the columns stand in row %(row)s; what is above them was left out."), {"row": row}


def row_fault(code: str, sentence: str, **params: object) -> FieldError:
    """A fault of the row as a whole."""
    return FieldError("row", code, sentence, params)


def column_of(name: str) -> str | None:
    """The column a header name denotes, in English or Indonesian; None if unknown."""
    return _COLUMN_OF.get(_plain(name))


def _plain(name: str) -> str:
    """Lower case with an underscore between words; text in brackets is dropped as an explanation."""
    folded = unicodedata.normalize("NFKC", name[:200]).strip().strip("\ufeff*:").casefold()
    return re.sub(r"[\s\-./_]+", "_", _BRACKETS.sub("", folded)).strip("_*:")


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """The index of the header row: the first with most known names, among them the account's.

    Raises FileNotUsable if there is none.
    """
    columns = [{column for column in map(column_of, row) if column} for row in rows[:HEADER_WITHIN]]
    best = max(
        range(len(columns)),
        key=lambda place: (len(columns[place]) if "account" in columns[place] else 0, -place),
        default=0,
    )
    if not columns or "account" not in columns[best]:
        raise not_usable(NO_ACCOUNT if rows else NO_ROWS)
    return best


def read_header(names: Sequence[str]) -> Header:
    """The columns of a table. Raises FileNotUsable if the account's is missing or one occurs twice."""
    found = tuple(None if column_of(name) and _is_named_better(name, names) else column_of(name) for name in names)
    columns = [column for column in found if column]
    if "account" not in columns:
        raise not_usable(NO_ACCOUNT)
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice:
        raise not_usable(TWICE, column=twice)
    ignored = tuple(shown(name) for name, column in zip(names, found, strict=True) if not column and name.strip())
    return Header(tuple(None if column in OURS else column for column in found), ignored[:20])


def _is_named_better(name: str, names: Sequence[str]) -> bool:
    """Whether another column's name denotes the same and takes precedence."""
    if _plain(name) not in _GIVES_WAY:
        return False
    same = [_plain(other) for other in names if column_of(other) == column_of(name)]
    better = [other for other in same if other not in _GIVES_WAY]
    return bool(better) or (len(same) > 1 and same[0] != _plain(name))


def shown(name: str) -> str:
    """A stranger's column name in a form that can be shown: short, and text only."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in name.strip())
    return plain[:40].encode("utf-8", "replace").decode()
