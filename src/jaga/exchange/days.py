"""Parses dates in tables: digits, Indonesian or English month names, or spreadsheet serial numbers.

The day precedes the month, as is usual in Indonesia.
"""

import re
from datetime import date, timedelta

_MONTHS = (
    "januari january jan",
    "februari february pebruari feb peb",
    "maret march mar",
    "april apr",
    "mei may",
    "juni june jun",
    "juli july jul",
    "agustus august agu agt agust ags aug",
    "september sept sep",
    "oktober october okt oct",
    "november nopember nov nop",
    "desember december des dec",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_BY_HAND = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})[\s.\-/]+([^\W\d]+)\.?[\s.\-/,]+(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_WEEKDAY = re.compile(
    r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\s*[,/]?\s+",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[\sT,]+(?:pukul|jam|pkl\.?|at)?\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?\s*(?:[ap]m)?\s*"
    r"(?:wib|wita|wit|utc|gmt|z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_LONGEST = 80  # Characters; searching a longer cell for a time of day would be slow.
_FIRST_SERIAL = date(1899, 12, 30)
_SERIALS = range(36_526, 73_051)  # The years 2000 to 2099; other five-digit numbers are not dates.


def day_in(written: str) -> date | None:
    """The date, or None if it is invalid or ambiguous.

    A following time of day, a preceding weekday and the century are optional.
    """
    if len(written) > _LONGEST:
        return None
    text = " ".join(written.split()).strip(" ,.")
    text = _TIME.sub("", _WEEKDAY.sub("", text, count=1))
    try:
        return _of(text)
    except ValueError:  # The 31st of June.
        return None


def _of(text: str) -> date | None:
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _BY_HAND.fullmatch(text):
        return date(_year(found[3]), int(found[2]), int(found[1]))
    if (found := _NAMED.fullmatch(text)) and (month := _MONTH_OF.get(found[2].casefold())):
        return date(_year(found[3]), month, int(found[1]))
    if (found := _NAMED_FIRST.fullmatch(text)) and (month := _MONTH_OF.get(found[1].casefold())):
        return date(int(found[3]), month, int(found[2]))
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in _SERIALS:
        return _FIRST_SERIAL + timedelta(days=int(found[1]))
    return None


def _year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)
