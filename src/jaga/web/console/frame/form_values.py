"""Numbers and days as addresses and forms bring them: the one place that reads them. What is none is None, no fault."""

from datetime import date

from jaga.records.access.cases.gate import LARGEST_NUMBER

_MOST_DIGITS = len(str(LARGEST_NUMBER))


def whole_number(text: str, most: int = LARGEST_NUMBER) -> int | None:
    """The number in plain digits, without sign or space; None for anything else, and for one beyond `most`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None


def calendar_day(text: str) -> date | None:
    """The day of an ISO date such as 2026-03-20."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
