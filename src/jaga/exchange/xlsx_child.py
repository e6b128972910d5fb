"""Child process of `exchange.xlsx_in`: reads one workbook under limits and prints its rows as JSON lines.

Hidden sheets are skipped, since nobody looking at the workbook saw them. Of the visible ones it takes the first with a
column for accounts, else the last. The first output line names it and the others. A cell spanning several rows counts
in each. The last line is `whole`, `damaged` or `locked`; without it the child died, and the file was too large.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from jaga.exchange.rows import HEADER_WITHIN, column_of

MAX_MEMORY = 1536 * 1024 * 1024
MAX_SECONDS = 120
MOST_SPANNED = 500_000


def main() -> None:
    """Read the workbook named by the first argument."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import python_calamine as calamine

    say: Callable[[object], object] = lambda message: sys.stdout.write(json.dumps(message) + "\n")  # noqa: E731
    try:
        with calamine.CalamineWorkbook.from_path(sys.argv[1]) as book:
            shown, table = calamine.SheetVisibleEnum.Visible, calamine.SheetTypeEnum.WorkSheet
            names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == shown and sheet.typ == table]
            for name in names:
                sheet = book.get_sheet_by_name(name)
                if _has_accounts(sheet) or name == names[-1]:
                    say({"sheet": name, "others": [other for other in names if other != name]})
                    for row in written_rows(sheet):
                        say(row)
                    break
        say("whole")
    except calamine.PasswordError:
        say("locked")
    except (calamine.CalamineError, OSError, IndexError):
        say("damaged")


def _has_accounts(sheet: Any) -> bool:
    first = islice(written_rows(sheet), HEADER_WITHIN)
    return any(column_of(cell) == "account" for _, cells in first for cell in cells)


def written_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Each non-empty row by its number in the sheet."""
    first, left = sheet.start if sheet.start else (0, 0)
    spans = _spans(sheet)
    above: dict[int, str] = {}
    for number, cells in enumerate(sheet.iter_rows(), first + 1):
        written = [as_text(cell) for cell in cells]
        for place, top, bottom in spans.get(number, ()):
            column = place - left
            if 0 <= column < len(written):
                if number == top:
                    above[place] = written[column]
                elif number <= bottom:
                    written[column] = written[column] or above.get(place, "")
        if any(written):
            yield number, written


def _spans(sheet: Any) -> dict[int, list[tuple[int, int, int]]]:
    """By row: columns of cells spanning several rows, with first and last row, counted from one."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    cells = 0
    for (top, column), (bottom, last) in sheet.merged_cell_ranges or ():
        cells += bottom - top + 1
        if bottom == top or last != column or cells > MOST_SPANNED:
            continue
        for row in range(top + 1, bottom + 2):
            found.setdefault(row, []).append((column, top + 1, bottom + 1))
    return found


def as_text(cell: object) -> str:
    """A cell as people would write it: integers without a point, dates as 2026-01-31."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    return "" if cell is None else str(cell).strip()


if __name__ == "__main__":
    main()
