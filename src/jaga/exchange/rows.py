"""What the readers of batches have in common: a table of rows, the names of its columns, and files that cannot be read.

A row that cannot be used is a row with a fault, never an exception: what stands around it is read all the same.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jaga.core.errors import N_, FieldError, JagaError
from jaga.core.terms import BatchFormat

MAX_FILE = 64 * 1024 * 1024
MAX_CELL = 100_000  # far above any field's own limit; what is longer is not kept in memory
COLUMNS = ("platform", "account", "category", "text", "excerpt", "links", "conduct_on", "reference", "language")
OURS = ("row", "reason", "field")  # what our file of refused rows adds: read past, so that it can be sent again mended
_NAMES: Mapping[str, tuple[str, ...]] = {
    "platform": ("platform", "aplikasi", "app", "layanan", "service", "nama_aplikasi", "nama_platform", "media"),
    "account": ("account", "akun", "account_id", "handle", "nama_akun", "terlapor", "id_akun", "akun_id", "username",
                "user_name", "nama_pengguna", "akun_terlapor", "akun_yang_dilaporkan", "akun_pelaku", "url_akun",
                "link_akun", "tautan_akun"),
    "category": ("category", "kategori", "jenis", "kategori_pelanggaran", "jenis_pelanggaran", "kategori_konten",
                 "jenis_konten", "klasifikasi", "pelanggaran"),
    "text": ("text", "teks", "isi", "keterangan", "description", "uraian", "deskripsi", "kronologi", "uraian_singkat",
             "isi_laporan", "isi_aduan", "catatan"),
    "excerpt": ("excerpt", "kutipan", "isi_akun", "tulisan_akun", "published", "isi_pesan", "isi_konten"),
    "links": ("links", "link", "tautan", "url", "urls", "link_konten", "url_konten", "tautan_konten", "link_bukti",
              "tautan_bukti"),
    "conduct_on": ("conduct_on", "date", "tanggal", "tanggal_kejadian", "tgl", "tanggal_perbuatan", "tgl_kejadian",
                   "tanggal_temuan", "tgl_temuan", "tanggal_pelanggaran", "waktu_kejadian", "hari_tanggal"),
    "reference": ("reference", "ref", "referensi", "nomor", "nomor_rujukan", "no", "id", "nomor_laporan", "no_laporan",
                  "nomor_aduan", "no_aduan", "nomor_tiket", "no_tiket", "id_laporan", "id_aduan", "no_urut",
                  "nomor_urut"),
    "language": ("language", "bahasa", "lang"),
    "row": ("row", "baris"),
    "reason": ("reason", "alasan"),
    "field": ("field", "kolom"),
}
_GIVES_WAY = frozenset({"no", "id", "no_urut", "nomor_urut", "nama_akun", "url_akun", "link_akun", "tautan_akun",
                        "keterangan", "catatan", "media", "jenis", "pelanggaran"})
"""Names that mean a column only where no other column of the file means it."""
HEADER_WITHIN = 30
"""Rows among which the names are looked for: letterheads, titles and blank lines stand before them."""
_NUMBERS = ("reference", "language")  # what alone says nothing of anybody
_NUMBERED = re.compile(r"\(?(\d{1,2})\)?")
_BRACKETS = re.compile(r"\([^)]*\)")
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names}


class FileNotUsable(JagaError):
    """The whole file cannot be read; nothing of it was taken."""

    code = "file_not_usable"
    status = 422
    sentence = N_("This file cannot be read.")
    remedy = N_("Save it again as CSV in UTF-8 or as XLSX, and send that. docs/batches.md shows examples.")


NO_ROWS = ("no_rows", N_("This file has no rows."), N_("Send a file with a line of column names and rows below it."))
NO_ACCOUNT = ("no_account_column", N_("No column of this file is called “account” or “akun”."),
              N_("Name the columns in the first line; “account” is the one that must not be missing."))
TWICE = ("column_twice", N_("Two columns of this file mean the same: %(column)s."), N_("Remove or rename one of them."))
DAMAGED = ("damaged", N_("This file is damaged or cut off."), N_("Save or send it again, and compare its size."))
TOO_LARGE = ("too_large", N_("This file is too large, or becomes so when it is unpacked."),
             N_("Split it into several files of at most 64 MB."))
NOT_A_TABLE = ("not_a_table", N_("This file is neither CSV, XLSX, JSON lines nor XARF."),
               N_("Save it as CSV in UTF-8 or as XLSX, and send that."))


def not_usable(fault: tuple[str, str, str], **params: object) -> FileNotUsable:
    """The refusal of a whole file for one of the reasons above."""
    code, sentence, remedy = fault
    return FileNotUsable(sentence, remedy, code=code, **params)


@dataclass(frozen=True)
class SheetRow:
    """One row as it stands in the file: its number there, its cells by column, and what is wrong with it as a whole."""

    number: int
    cells: Mapping[str, str]
    faults: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a file is, and its rows, which are read while they are walked through."""

    format: BatchFormat
    rows: Iterator[SheetRow] = field(repr=False)
    encoding: str = "utf-8"
    ignored: tuple[str, ...] = ()  # columns that mean nothing here, as the file names them
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()  # what else a person should know of how it was read


@dataclass(frozen=True)
class Header:
    """Which column stands where."""

    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]

    def is_no_report(self, cells: Sequence[str]) -> bool:
        """Whether it is part of the table's make-up: the names once more, the columns numbered, or a row with its
        number and nothing else in it."""
        known = [(column, cell.strip()) for column, cell in zip(self.columns, cells, strict=False) if column]
        said = [(column, cell) for column, cell in known if cell]
        if all(column in _NUMBERS for column, _ in said):
            return True
        if len(said) > 1 and all(column_of(cell) == column for column, cell in said):
            return True
        numbered = [_NUMBERED.fullmatch(cell.strip()) for cell in cells if cell.strip()]
        places = [int(one[1]) for one in numbered if one]
        return len(numbered) > 1 and len(places) == len(numbered) and places == list(
            range(places[0], places[0] + len(places))) and places[0] in (0, 1)

    def row(self, number: int, cells: Sequence[str]) -> SheetRow:
        """The cells below this header; more cells than columns are a fault."""
        named = {column: cell for column, cell in zip(self.columns, cells, strict=False) if column and cell}
        if any(cell.strip() for cell in cells[len(self.columns):]):
            return SheetRow(number, named, (row_fault(
                "too_many_cells", N_("This row has more cells than there are columns; is a quotation mark missing?")),))
        return SheetRow(number, named)


Note = tuple[str, Mapping[str, object]]


def header_note(row: int) -> Note:
    """That the names were found further down."""
    return N_("The names of the columns stand in row %(row)s; what is above them was left out."), {"row": row}


def row_fault(code: str, sentence: str, **params: object) -> FieldError:
    """A fault of the row as a whole."""
    return FieldError("row", code, sentence, params)


def column_of(name: str) -> str | None:
    """The column that a name in the file's first line means, in English or Indonesian; None for one of no meaning."""
    return _COLUMN_OF.get(_plain(name))


def _plain(name: str) -> str:
    """Small letters with one line between words; what stands in brackets is an explanation and not the name."""
    folded = unicodedata.normalize("NFKC", name[:200]).strip().strip("\ufeff*:").casefold()
    return re.sub(r"[\s\-./_]+", "_", _BRACKETS.sub("", folded)).strip("_*:")


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Where the names stand among a file's first rows: in the row that has most of them, one being the account's; the
    first such. Raises FileNotUsable where none has."""
    known = [{column for column in map(column_of, row) if column} for row in rows[:HEADER_WITHIN]]
    best = max(range(len(known)), key=lambda place: (len(known[place]) if "account" in known[place] else 0, -place),
               default=0)
    if not known or "account" not in known[best]:
        raise not_usable(NO_ACCOUNT if rows else NO_ROWS)
    return best


def read_header(names: Sequence[str]) -> Header:
    """The columns of a table. Raises FileNotUsable where the account's is missing or one stands twice."""
    found = tuple(None if column_of(name) and _is_named_better(name, names) else column_of(name) for name in names)
    known = [column for column in found if column]
    if "account" not in known:
        raise not_usable(NO_ACCOUNT)
    twice = next((column for column in known if known.count(column) > 1), None)
    if twice:
        raise not_usable(TWICE, column=twice)
    ignored = tuple(shown(name) for name, column in zip(names, found, strict=True) if not column and name.strip())
    return Header(tuple(None if column in OURS else column for column in found), ignored[:20])


def _is_named_better(name: str, names: Sequence[str]) -> bool:
    """Whether this name gives way to another column's that means the same."""
    if _plain(name) not in _GIVES_WAY:
        return False
    same = [_plain(other) for other in names if column_of(other) == column_of(name)]
    better = [other for other in same if other not in _GIVES_WAY]
    return bool(better) or (len(same) > 1 and same[0] != _plain(name))


def shown(name: str) -> str:
    """A stranger's column name as it may be repeated: short, and text."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in name.strip())
    return plain[:40].encode("utf-8", "replace").decode()
