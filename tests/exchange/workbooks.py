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
    """A cell with a text, a number, or a formula with the value that was kept of it."""
    where = name(column, row)
    if isinstance(value, int | float):
        return f'<c r="{where}"><v>{value}</v></c>'
    text = str(value)
    if text.startswith("="):
        return f'<c r="{where}" t="str"><f>{escape(text[1:])}</f><v>kept value</v></c>'
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def workbook(rows: Iterable[Sequence[object]], sheet: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """An XLSX of these rows; `sheet` replaces what stands in the sheet, `more` adds parts."""
    lines = "".join(
        f'<row r="{row}">{"".join(cell(column, row, value) for column, value in enumerate(cells, 1))}</row>'
        for row, cells in enumerate(rows, 1))
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
