"""Telephone numbers in advertisers' disguises, in E.164 form.

Handles any separators, one digit per line, digits of every script and style, digits spelled out in Indonesian and
English ("kosong delapan satu"), and letters used as digits ("o8I2"). The numbering plans of `phonenumbers` decide what
is a number, so a price list is none; neither are dates, times, and numbers announced as something else (bank account,
invoice). `kernel` does the same over blocks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers

from jaga.policy.release import jurisdiction
from jaga.screening.contacts.numbering import home_plan
from jaga.screening.text.letters import LEET
from jaga.screening.text.visible import Visible

_PHONES = jurisdiction().phones
HOME = _PHONES.country_code if _PHONES else ""
"""The jurisdiction's country code, assumed for numbers without one; empty if there is none to assume."""
COMPILED_HOME = "62"
"""The code whose plan `kernel` knows as an automaton. It leaves texts with numbers of another plan to this module."""
_TRUNK = _PHONES.trunk_prefix if _PHONES else ""
WORDS = {
    "nol": "0",
    "kosong": "0",
    "satu": "1",
    "dua": "2",
    "tiga": "3",
    "empat": "4",
    "lima": "5",
    "enam": "6",
    "tujuh": "7",
    "delapan": "8",
    "lapan": "8",
    "dlapan": "8",
    "sembilan": "9",
    "sepuluh": "10",
    "sebelas": "11",
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
"""No word consists only of letters in `STANDS_FOR`, and none is a prefix of another: a piece has one reading."""
STANDS_FOR = {"o": "0", "i": "1", "l": "1", "|": "1", "z": "2", "s": "5", "b": "8"}
_UNIT = "|".join((*WORDS, r"\d", r"[oil|zsb]"))
_NUMERIC = re.compile(rf"(?<![a-z0-9|])(?:{_UNIT})+(?![a-z0-9|])", re.ASCII)
_UNITS = re.compile(_UNIT, re.ASCII)
_SURE = re.compile(r"\d|^o+$|" + "|".join(WORDS), re.ASCII)
_BEFORE = re.compile(r"([a-z0-9]+)[^a-z0-9]{0,3}\Z")
_PLUS = re.compile(r"\+[(\s]{0,2}\Z")
CUES = frozenset(
    (
        "wa",
        "whatsapp",
        "whatsap",
        "whatapp",
        "whatap",
        "hp",
        "tel",
        "telp",
        "telepon",
        "no",
        "nomor",
        "call",
        "hub",
        "hubungi",
    )
)
"""Words that make the following digits a number even without a leading 0."""
OTHER_NUMBERS = frozenset(
    (
        "rp",
        "idr",
        "usd",
        "resi",
        "invoice",
        "inv",
        "nik",
        "nip",
        "nisn",
        "npwp",
        "rek",
        "norek",
        "rekening",
        "va",
        "kk",
        "isbn",
        "trx",
    )
)
"""Words that mark the following number as something else: money, an account, a document."""
_ABROAD = r"00[1-9]\d{7,13}"
_COULD_BE = re.compile(
    rf"0?8[1-9]\d{{7,10}}|0[2-9]\d{{7,10}}|62\d{{8,13}}|{_ABROAD}"
    if HOME == COMPILED_HOME
    else rf"{_TRUNK}[1-9]\d{{6,12}}|{HOME}\d{{8,13}}|{_ABROAD}"
    if HOME
    else _ABROAD,
    re.ASCII,
)
_FIRST = frozenset("086" if HOME == COMPILED_HOME else f"0{_TRUNK[:1]}{HOME[:1]}")  # With what such a number begins.
WIDEST_GAP = 3
LONGEST_IN_A_COLUMN = 4  # Digits of a piece that may continue on the next line.
WHOLE = 11
"""From this many digits on a number is complete: "0812-3456-789, 24 jam" excludes the 24, but "08 12 34 56 78 90"
continues."""
FEWEST_DIGITS, MOST_DIGITS = 8, 15  # The maximum follows ITU-T E.164.
_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
MOST_FOREIGN = 128
"""At how many places of a text a number of another country may begin; at those after them none is read. "+1 +2 +3 …",
made to cost time, has such a place every three bytes."""


@dataclass(frozen=True)
class Number:
    """A valid number: E.164 (`+62…`), masked form, and span in the text."""

    value: str
    masked: str
    start: int
    end: int


@dataclass(frozen=True)
class _Piece:
    digits: str
    start: int
    end: int


def numbers_in(read: Visible) -> Iterator[Number]:
    """Every number, the longest at each place, in text order."""
    abroad = 0
    for run in _runs(read.text):
        first = 0 if sum(len(piece.digits) for piece in run) >= FEWEST_DIGITS else len(run)
        beyond = set[int]()  # The pieces at which no more foreign number may begin.
        for place in range(first, len(run)):
            if _begins_abroad(read.text, run, place):
                abroad += 1
                beyond |= {place} if abroad > MOST_FOREIGN else set()
        while first < len(run):
            moment = _moment(read.text, run, first)
            found = None if moment or first in beyond else _longest(read.text, run, first)
            if found:
                yield found[0]
            first = found[1] if found else first + max(moment, 1)


def _begins_abroad(text: str, run: list[_Piece], first: int) -> bool:
    """Whether a number that begins at this piece has the code of another country than that of the compiled plan."""
    digits = "".join(piece.digits for piece in run[first : first + 4])
    if not _has_plus(text, run[first].start):
        if not digits.startswith("00"):
            return False
        digits = digits[2:]
    return not digits.startswith("0") and not _is_compiled(digits)


def _has_plus(text: str, start: int) -> bool:
    return bool(_PLUS.search(text, max(0, start - 3), start))


@lru_cache(maxsize=4096)
def as_number(digits: str, *, international: bool) -> tuple[str, str] | None:
    """E.164 and masked form of these digits, or None. `international`: they start with a country code."""
    if international:
        tried = [digits]
    elif digits.startswith("00"):
        tried = [digits[2:]]
    elif not HOME:
        tried = []
    elif digits.startswith(HOME):
        tried = [digits, HOME + digits]
    else:
        tried = [HOME + digits.removeprefix(_TRUNK)]
    for candidate in tried:
        if _is_compiled(candidate):
            if national := _of_home(candidate.removeprefix(HOME)):
                return f"+{HOME}{national}", _masked(HOME, national)
            continue
        code = next((code for length in (1, 2, 3) if (code := candidate[:length]) in _CODES), "")
        if not code:
            continue
        plan, national = _plan_abroad(code), candidate[len(code) :]
        taken = plan.takes(national)
        prefix = plan.prefix.match(national) if plan.prefix else None
        if not prefix and taken:
            return f"+{candidate}", _masked(code, national)
        if not prefix or not (taken or plan.transforms or plan.takes(national[prefix.end() :])):
            continue
        try:
            parsed = phonenumbers.parse(f"+{candidate}")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), _masked(
                str(parsed.country_code), phonenumbers.national_significant_number(parsed)
            )
    return None


@dataclass(frozen=True)
class _Region:
    """A region of a country code: with what its numbers begin, if that is said, and what they are."""

    leading: re.Pattern[str] | None
    general: re.Pattern[str]
    kinds: re.Pattern[str]

    def takes(self, national: str) -> bool:
        return bool(self.general.fullmatch(national) and self.kinds.fullmatch(national))


@dataclass(frozen=True)
class _Plan:
    """The plan of a country code, in patterns of the library: it reads numbers without a prefix (`prefix`: what the
    library may take away) as the library does, in a tenth of the time.
    """

    regions: tuple[_Region, ...]
    prefix: re.Pattern[str] | None
    transforms: bool
    """Whether the library may put other digits in its place."""

    def takes(self, national: str) -> bool:
        """Whether these digits after the country code are a number."""
        if len(self.regions) == 1:
            return self.regions[0].takes(national)
        for region in self.regions:
            if region.leading is None:
                if region.takes(national):
                    return True
            elif region.leading.match(national):
                return region.takes(national)
        return False


def lengths_abroad(begins: str) -> frozenset[int]:
    """How many digits a number may have that begins with these three, country code included."""
    code = next((begins[:length] for length in (1, 2, 3) if begins[:length] in _CODES), "")
    plans = _plans(code) if code else []
    lengths = {
        len(code) + length for plan in plans if plan.general_desc for length in plan.general_desc.possible_length
    }
    if plans and plans[0].national_prefix_for_parsing:  # Which the library takes away, or puts other digits for.
        lengths |= set(range(1 if plans[0].national_prefix_transform_rule else min(lengths), MOST_DIGITS + 1))
    return frozenset(lengths)


def _plans(code: str) -> list[phonenumbers.PhoneMetadata]:
    found = (
        phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    )
    return [plan for plan in found if plan]


@cache
def _plan_abroad(code: str) -> _Plan:
    plans = _plans(code)
    regions = tuple(
        _Region(
            re.compile(plan.leading_digits) if plan.leading_digits else None,
            _pattern(plan.general_desc),
            _pattern(
                plan.premium_rate,
                plan.toll_free,
                plan.shared_cost,
                plan.voip,
                plan.personal_number,
                plan.pager,
                plan.uan,
                plan.voicemail,
                plan.fixed_line,
                plan.mobile,
            ),
        )
        for plan in plans
    )
    prefix = plans[0].national_prefix_for_parsing  # The first region is the one by which the library reads.
    return _Plan(regions, re.compile(prefix) if prefix else None, bool(plans[0].national_prefix_transform_rule))


def _pattern(*kinds: phonenumbers.PhoneNumberDesc | None) -> re.Pattern[str]:
    """What one of these descriptions matches; nothing if there is none."""
    return re.compile(
        "|".join(f"(?:{kind.national_number_pattern})" for kind in kinds if kind and kind.national_number_pattern)
        or "(?!)"
    )


def _is_compiled(digits: str) -> bool:
    """Whether the home country's plan is the compiled one, and these digits begin with its code."""
    return HOME == COMPILED_HOME and digits.startswith(HOME)


def _of_home(digits: str) -> str:
    """The national number of these digits, which come after the home country's code, or "" if its plan has none such.

    Without the library, which says the same and needs ten times as long.
    """
    _, valid, general = _home_plan()
    if digits.startswith("0") and not (general[_state(digits)] and not general[_state(digits[1:])]):
        digits = digits[1:]
    return digits if valid[_state(digits)] else ""


def _state(digits: str) -> int:
    """The state of the home country's plan after these digits."""
    state, following = 0, _home_plan()[0]
    for digit in digits:
        state = following[state][int(digit)]
    return state


@lru_cache(maxsize=1)
def _home_plan() -> tuple[list[list[int]], list[bool], list[bool]]:
    """The tables as lists, which are read faster one by one."""
    plan = home_plan()
    return plan.next.tolist(), plan.valid.tolist(), plan.general.tolist()


def _masked(country: str, national: str) -> str:
    shown = 3 if len(national) >= 9 else 1
    return f"+{country} {national[:shown]}-***-{national[-shown:]}"


def _needs_cue(digits: str) -> bool:
    """Whether these digits are a number only after a word such as "wa": an Indonesian one without its leading 0."""
    return HOME == COMPILED_HOME and digits[0] == "8"


def _pieces(text: str) -> Iterator[_Piece]:
    for match in _NUMERIC.finditer(text):
        piece = match.group()
        if piece.isdecimal():
            yield _Piece(piece, match.start(), match.end())
        elif _SURE.search(piece):
            digits = "".join(WORDS.get(unit) or STANDS_FOR.get(unit, unit) for unit in _UNITS.findall(piece))
            yield _Piece(digits, match.start(), match.end())


def _runs(text: str) -> Iterator[list[_Piece]]:
    """Pieces separated only by a few signs."""
    run: list[_Piece] = []
    for piece in _pieces(text):
        if run and not _goes_on(text, run[-1], piece):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _goes_on(text: str, left: _Piece, right: _Piece) -> bool:
    gap = text[left.end : right.start]
    if len(gap) > WIDEST_GAP or any(map(_is_of_words, gap)):
        return False
    return "\n" not in gap or max(len(left.digits), len(right.digits)) <= LONGEST_IN_A_COLUMN


def _goes_on_alike(text: str, run: list[_Piece], first: int, last: int) -> bool:
    """Whether this piece has the same separator as the previous one."""
    if last - first < 2:
        return False
    here, before = (text[run[place - 1].end : run[place].start].replace("\n", " ") for place in (last, last - 1))
    return here == before


def _is_of_words(char: str) -> bool:
    """Letters and digits of any script; beyond ASCII everything visible except signs that stand for letters."""
    return char.isalnum() if char.isascii() else char not in LEET


def _moment(text: str, run: list[_Piece], first: int) -> int:
    """How many pieces from here form a date or time: "08-12-2026 10.30" is not a number of ten or more digits."""
    return _date(text, run, first) or _hours(text, run, first)


def _sign(text: str, run: list[_Piece], left: int) -> str:
    """The single sign between a piece and the next, or ""."""
    if left + 1 >= len(run) or run[left + 1].start - run[left].end != 1:
        return ""
    return text[run[left].end]


def _date(text: str, run: list[_Piece], first: int) -> int:
    sign = _sign(text, run, first)
    if sign not in ("-", "/", ".") or _sign(text, run, first + 1) != sign or _sign(text, run, first + 2) == sign:
        return 0
    day, month, year = (run[first + place].digits for place in range(3))
    if len(day) == 4:
        day, year = year, day
    fits = (
        len(year) == 4
        and year[:2] in ("19", "20")
        and len(day) <= 2
        and len(month) <= 2
        and 1 <= int(day) <= 31
        and 1 <= int(month) <= 12
    )
    return 3 if fits else 0


def _hours(text: str, run: list[_Piece], first: int) -> int:
    """ "08:15" and "08:15:30"; with dots, which numbers also use, only a range of two times."""
    length, colons = _hour(text, run, first)
    if colons or not length:
        return length
    other, _ = _hour(text, run, first + length)
    return length + other if other else 0


def _hour(text: str, run: list[_Piece], first: int) -> tuple[int, bool]:
    """The number of pieces of a time starting here (0 for none), and whether colons separate them."""
    sign, length = _sign(text, run, first), 1
    if sign not in (":", "."):
        return 0, False
    while length <= 3 and _sign(text, run, first + length - 1) == sign:
        length += 1
    parts = [run[first + place].digits for place in range(length)]
    fits = length <= 3 and all(len(part) == 2 for part in parts) and parts[0] <= "24" and max(parts[1:]) <= "59"
    return (length, sign == ":") if fits else (0, False)


def _longest(text: str, run: list[_Piece], first: int) -> tuple[Number, int] | None:
    """The longest number starting at this piece, and the piece after it."""
    start = run[first].start
    plus, before = _has_plus(text, start), _BEFORE.search(text, max(0, start - 16), start)
    word = before[1] if before else ""
    if not plus and (word in OTHER_NUMBERS or run[first].digits[0] not in _FIRST):
        return None
    digits, best = "", None
    for last in range(first, len(run)):
        if best and len(digits) >= WHOLE and not _goes_on_alike(text, run, first, last):
            break
        digits += run[last].digits
        if len(digits) > MOST_DIGITS:
            break
        if len(digits) < FEWEST_DIGITS or (
            not plus and (not _COULD_BE.fullmatch(digits) or (_needs_cue(digits) and word not in CUES))
        ):
            continue
        number = as_number(digits, international=plus)
        if number:
            best = Number(*number, run[first].start, run[last].end), last + 1
    return best
