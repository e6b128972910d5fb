"""The child of `exchange.xlsx_in`: reads one workbook under limits and prints its rows as JSON, one a line.

Its last line is a word: `whole`, `damaged` or `locked`. Without one it died, and the file was too large for it.
"""

import json
import resource
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

MAX_MEMORY = 1536 * 1024 * 1024
MAX_SECONDS = 120


def main() -> None:
    """Read the workbook that the first argument names."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import python_calamine as calamine

    say: Callable[[object], object] = lambda said: sys.stdout.write(json.dumps(said) + "\n")  # noqa: E731
    try:
        with calamine.CalamineWorkbook.from_path(sys.argv[1]) as book:
            sheet = book.get_sheet_by_index(0)
            start = sheet.start[0] if sheet.start else 0
            for number, cells in enumerate(sheet.iter_rows(), start + 1):
                written = [as_text(cell) for cell in cells]
                if any(written):
                    say((number, written))
        say("whole")
    except calamine.PasswordError:
        say("locked")
    except (calamine.CalamineError, OSError, IndexError):
        say("damaged")


def as_text(cell: object) -> str:
    """A cell as people would have written it: whole numbers without a point, days as 2026-01-31."""
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
