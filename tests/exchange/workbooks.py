"""Workbooks written by hand, part by part, so that hostile ones can be made too."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
_RELS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Target="{target}"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/></Relationships>"""
_BOOK = """<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Laporan" sheetId="1" r:id="r1"/></sheets></workbook>"""
_SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def name(column: int, row: int) -> str:
    """A1, B1, …"""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def cell(column: int, row: int, value: object) -> str:
    """A cell with a text, a number, or a formula with its stored value."""
    where = name(column, row)
    if isinstance(value, int | float):
        return f'<c r="{where}"><v>{value}</v></c>'
    text = str(value)
    if text.startswith("="):
        return f'<c r="{where}" t="str"><f>{escape(text[1:])}</f><v>kept value</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def workbook(rows: Iterable[Sequence[object]], sheet: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """An XLSX of these rows; `sheet` replaces the sheet's content, `more` adds parts."""
    lines = "".join(f'<row r="{row}">{_cells(row, cells)}</row>' for row, cells in enumerate(rows, 1))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _TYPES)
        book.writestr("_rels/.rels", _RELS.format(target="xl/workbook.xml", kind="officeDocument"))
        book.writestr("xl/workbook.xml", _BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", _RELS.format(target="worksheets/sheet1.xml", kind="worksheet"))
        book.writestr("xl/worksheets/sheet1.xml", f"{_SHEET}{sheet or lines}</sheetData></worksheet>")
        for part, content in (more or {}).items():
            book.writestr(part, content)
    return packed.getvalue()


def _cells(row: int, cells: Sequence[object]) -> str:
    return "".join(cell(column, row, value) for column, value in enumerate(cells, 1) if value is not None)


def several(
    sheets: Sequence[tuple[str, str, Sequence[Sequence[object]]]], merged: dict[str, Sequence[str]] | None = None
) -> bytes:
    """An XLSX of sheets, each with its name, its state (visible, hidden, veryHidden) and its rows; None is an empty
    cell. `merged` has merged ranges of cells by sheet.
    """
    packed = io.BytesIO()
    listed = "".join(
        f'<sheet name="{escape(called)}" sheetId="{place}" state="{state}" r:id="r{place}"/>'
        for place, (called, state, _) in enumerate(sheets, 1)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="application/vnd.openxmlformats-'
        f'officedocument.spreadsheetml.worksheet+xml"/>'
        for place in range(2, len(sheets) + 1)
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    rels = "".join(
        f'<Relationship Id="r{place}" Target="worksheets/sheet{place}.xml" Type="{kind}"/>'
        for place in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _TYPES.replace("</Types>", f"{types}</Types>"))
        book.writestr("_rels/.rels", _RELS.format(target="xl/workbook.xml", kind="officeDocument"))
        book.writestr("xl/workbook.xml", _BOOK[: _BOOK.index("<sheets>")] + f"<sheets>{listed}</sheets></workbook>")
        book.writestr(
            "xl/_rels/workbook.xml.rels", _RELS[: _RELS.index("<Relationship Id")] + f"{rels}</Relationships>"
        )
        for place, (called, _, rows) in enumerate(sheets, 1):
            lines = "".join(f'<row r="{row}">{_cells(row, cells)}</row>' for row, cells in enumerate(rows, 1))
            ranges = (merged or {}).get(called, ())
            spans = "".join(f'<mergeCell ref="{one}"/>' for one in ranges)
            spanned = f'<mergeCells count="{len(ranges)}">{spans}</mergeCells>' if spans else ""
            book.writestr(f"xl/worksheets/sheet{place}.xml", f"{_SHEET}{lines}</sheetData>{spanned}</worksheet>")
    return packed.getvalue()
