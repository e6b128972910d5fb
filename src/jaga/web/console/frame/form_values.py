"""The single parser of numbers and dates in URLs and forms. Invalid input becomes None, without an error."""

from datetime import date

from jaga.core.foreign import LARGEST_NUMBER

_MOST_DIGITS = len(str(LARGEST_NUMBER))


def whole_number(text: str, most: int = LARGEST_NUMBER) -> int | None:
    """The number in plain digits without sign or space; None for anything else or above `most`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None


def calendar_day(text: str) -> date | None:
    """The date from ISO format such as 2026-03-20, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
