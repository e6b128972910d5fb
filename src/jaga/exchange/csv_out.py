"""CSV for people and the DSA report templates: RFC 4180, UTF-8, safe in spreadsheets.

Excel, LibreOffice and Sheets run a cell starting with `=`, `+`, `-`, `@` or a control character as a formula. Since
cells contain strangers' text, such cells get a leading apostrophe (OWASP, "CSV Injection"); likewise after a semicolon,
tab or line end inside a cell, where a spreadsheet with Indonesian settings splits.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from jaga.core.canonical import rfc3339

Cell = str | int | Decimal | date | datetime | bool | None
# More than any spreadsheet trims; without a bound many line ends would take quadratic time.
_FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[\s\"'\x00-\x1f]{0,8}[=+\-@＝＋－＠−\t\r\n\x00])")


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Header and rows as UTF-8 lines ending in CRLF, one at a time for streaming.

    Numbers stay unchanged; None is an empty cell; datetimes are RFC 3339 in UTC; a lone surrogate becomes `?`. Raises
    ValueError for a row whose length differs from the header's (RFC 4180, section 2.4).
    """
    yield _line(header)
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row of {len(row)} cells below a header of {len(header)}")
        yield _line(row)


def _line(cells: Sequence[Cell]) -> bytes:
    return (",".join(map(_cell, cells)) + "\r\n").encode("utf-8", "replace")


def _cell(value: Cell) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    return '"' + inert(value).replace('"', '""') + '"'


def inert(text: str) -> str:
    """`text` with an apostrophe wherever a spreadsheet would start a formula."""
    return _FORMULA.sub(r"\1'", text)
