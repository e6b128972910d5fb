"""Days as people write them in tables: by digits, with the month's name in Indonesian or English, or as the number that
a spreadsheet keeps. The day always stands before the month, as people here write it.
"""

import re
from datetime import date, timedelta

_MONTHS = (
    "januari january jan", "februari february pebruari feb peb", "maret march mar", "april apr", "mei may",
    "juni june jun", "juli july jul",
    "agustus august agu agt agust ags aug", "september sept sep", "oktober october okt oct",
    "november nopember nov nop", "desember december des dec",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_BY_HAND = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_NAMED = re.compile(r"(\d{1,2})[\s.\-/]+([^\W\d]+)\.?[\s.\-/,]+(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_WEEKDAY = re.compile(r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|"
                      r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)\s*[,/]?\s+", re.IGNORECASE)
_TIME = re.compile(r"[\sT,]+(?:pukul|jam|pkl\.?|at)?\s*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?\s*(?:[ap]m)?\s*"
                   r"(?:wib|wita|wit|utc|gmt|z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_LONGEST = 80  # signs; with more, looking for a time of day at the end would take its time
_FIRST_SERIAL = date(1899, 12, 30)
_SERIALS = range(36_526, 73_051)  # of the years 2000 to 2099: other numbers of five digits are no days


def day_in(written: str) -> date | None:
    """The day that somebody wrote; None where it is none, or could be another one.

    A time of day behind it, a weekday before it and the hundreds of a year may be there or not.
    """
    if len(written) > _LONGEST:
        return None
    text = " ".join(written.split()).strip(" ,.")
    text = _TIME.sub("", _WEEKDAY.sub("", text, count=1))
    try:
        return _of(text)
    except ValueError:  # the 31st of June
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
