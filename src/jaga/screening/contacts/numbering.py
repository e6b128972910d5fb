"""Indonesia's numbering plan as an automaton over digits, compiled from the patterns of the `phonenumbers` library.

The library needs about ten microseconds per number; a table lookup is faster for blocks. The patterns use only digits,
classes, groups, alternatives, `?` and `{m,n}`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers

from jaga.screening.base.kept_tables import kept_arrays

_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
_TOKEN = re.compile(r"\\d|\[[0-9-]+\]|\d|\(\?:|\(|\)|\||\?|\{\d+(?:,\d+)?\}")

Pattern = tuple[object, ...]
"""`()` matches nothing, `("",)` the empty string; others are ("set", digits), ("then", a, b), ("or", a, b, …) and
("both", a, b)."""
_NEVER: Pattern = ()
_EMPTY: Pattern = ("",)


class NumberingTables(NamedTuple):
    """`next[state, digit]` starting from state 0.

    `valid[state]`: a number of the plan ends here; `general[state]`: one of a valid length does.
    """

    next: npt.NDArray[np.int16]
    valid: npt.NDArray[np.bool_]
    general: npt.NDArray[np.bool_]


@lru_cache(maxsize=1)
def home_plan() -> NumberingTables:
    """The plan for numbers without country code. Raises ValueError for an unsupported pattern."""
    return kept_arrays("plan", phonenumbers.__version__.encode(), NumberingTables, _made_plan)


def _made_plan() -> NumberingTables:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region("ID")
    if metadata is None or metadata.national_prefix_for_parsing != "0" or metadata.national_prefix_transform_rule:
        raise ValueError("the numbering plan has another national prefix than 0")
    general, *kinds = [
        _read(described.national_number_pattern)
        for name in ("general_desc", *_TYPES)
        if (described := getattr(metadata, name)) and described.national_number_pattern
    ]
    return _automaton(general, _both(general, _or(kinds)))


def _automaton(general: Pattern, valid: Pattern) -> NumberingTables:
    states = [(general, valid)]
    places, rows = {states[0]: 0}, list[list[int]]()
    for state in states:  # Grows during iteration.
        rows.append([])
        for digit in range(10):
            after = (_after(state[0], digit), _after(state[1], digit))
            if after not in places:
                places[after] = len(states)
                states.append(after)
            rows[-1].append(places[after])
    return NumberingTables(
        np.array(rows, np.int16),
        np.array([_ends(one) for _, one in states]),
        np.array([_ends(one) for one, _ in states]),
    )


def _read(pattern: str) -> Pattern:
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"a numbering plan's pattern is of another kind: {pattern}")
    read, rest = _alternatives(tokens)
    if rest:
        raise ValueError(f"a numbering plan's pattern has a bracket too many: {pattern}")
    return read


def _alternatives(tokens: list[str]) -> tuple[Pattern, list[str]]:
    options, run = list[Pattern](), _EMPTY
    while tokens and tokens[0] != ")":
        sign, tokens = tokens[0], tokens[1:]
        if sign == "|":
            options, run = [*options, run], _EMPTY
            continue
        if sign.startswith("("):
            one, tokens = _alternatives(tokens)
            tokens = tokens[1:]
        else:
            one = ("set", frozenset(digit for digit in range(10) if re.fullmatch(sign, str(digit))))
        least, most = 1, 1
        if tokens and tokens[0][0] in "?{":
            least, most = _times(tokens[0])
            tokens = tokens[1:]
        run = _then(run, _repeated(one, least, most))
    return _or([*options, run]), tokens


def _times(sign: str) -> tuple[int, int]:
    if sign == "?":
        return 0, 1
    least, _, most = sign[1:-1].partition(",")
    return int(least), int(most or least)


def _repeated(one: Pattern, least: int, most: int) -> Pattern:
    found = _EMPTY
    for _ in range(most - least):
        found = _or([_EMPTY, _then(one, found)])
    for _ in range(least):
        found = _then(one, found)
    return found


def _then(one: Pattern, other: Pattern) -> Pattern:
    if _NEVER in (one, other):
        return _NEVER
    if one == _EMPTY:
        return other
    if one[0] == "then":  # Right-associative, so equal patterns are equal tuples.
        return _then(one[1], _then(one[2], other))  # type: ignore[arg-type]
    return one if other == _EMPTY else ("then", one, other)


def _or(options: Iterable[Pattern]) -> Pattern:
    found: set[Pattern] = set()
    for one in options:
        found |= set(one[1:]) if one and one[0] == "or" else {one} if one else set()  # type: ignore[arg-type]
    return ("or", *sorted(found, key=repr)) if len(found) > 1 else next(iter(found), _NEVER)


def _both(one: Pattern, other: Pattern) -> Pattern:
    return _NEVER if _NEVER in (one, other) else ("both", one, other)


def _ends(pattern: Pattern) -> bool:
    """Whether the pattern matches the empty string."""
    if not pattern or pattern[0] == "set":
        return False
    if pattern[0] == "or":
        return any(map(_ends, pattern[1:]))  # type: ignore[arg-type]
    return all(map(_ends, pattern[1:]))  # type: ignore[arg-type]


def _after(pattern: Pattern, digit: int) -> Pattern:
    """The derivative of the pattern by this digit."""
    if not pattern or pattern == _EMPTY:
        return _NEVER
    kind, one = pattern[0], pattern[1]
    if kind == "set":
        return _EMPTY if digit in one else _NEVER  # type: ignore[operator]
    if kind == "or":
        return _or(_after(option, digit) for option in pattern[1:])  # type: ignore[arg-type]
    other = pattern[2]
    if kind == "both":
        return _both(_after(one, digit), _after(other, digit))  # type: ignore[arg-type]
    going_on = _then(_after(one, digit), other)  # type: ignore[arg-type]
    return _or([going_on, _after(other, digit)]) if _ends(one) else going_on  # type: ignore[arg-type]
