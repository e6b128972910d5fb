"""Context columns of a file, by the names rules use.

See docs/policy.md.

An invalid value is unknown, like an empty cell, and marks no row: the text is screened anyway.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

CONTEXT: Mapping[str, pa.DataType] = {
    "platform": pa.string(),
    "surface": pa.string(),
    "age_days": pa.float64(),
    "copies": pa.int64(),
    "decided": pa.int64(),
    "lists": pa.list_(pa.string()),
}
"""The columns and their types. Null: unknown."""
_LONGEST = 200  # Characters of a name; the engine reserves space for the longest one in every row.
_LARGEST = 2**53
_PLAIN = (pa.types.is_large_binary, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_NAME = re.compile(r'[^\s,;|\[\]"]+')


def context_names(names: Iterable[str], *others: str) -> list[str]:
    """The file's context columns in the order of `CONTEXT`, each once, except the `others`, i.e. texts and ids."""
    there = list(names)
    return [name for name in CONTEXT if there.count(name) == 1 and name not in others]


def context_column(name: str, values: Iterable[object]) -> pa.Array:
    """A context column from strings, UTF-8 bytes, numbers or lists; anything else is unknown."""
    return pa.array(map(_READ[name], values), CONTEXT[name])


def values_of(column: pa.Array) -> Sequence[object]:
    """The values of a column of any type, strings as bytes. Never raises for their content."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return values_of(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
            return [None] * len(column)
        column = column.cast(pa.large_list(pa.large_binary()))
    elif not any(fits(kind) for fits in _PLAIN):
        return [None] * len(column)
    values: list[object] = column.to_pylist()
    return values


def _written(value: object) -> str | None:
    """A string without characters that cannot be stored."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _name(value: object) -> str | None:
    name = (_written(value) or "").strip()
    return name if 0 < len(name) <= _LONGEST else None


def _number(value: object) -> float | None:
    if isinstance(value, str | bytes):
        value = (_written(value) or "").strip()[:_LONGEST]
    try:
        number = float(value) if not isinstance(value, bool) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= _LARGEST else None  # NaN is neither.


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _names(value: object) -> list[str] | None:
    """Names from a list, or from a text separated by spaces, commas or the like."""
    found = value if isinstance(value, list) else _NAME.findall(_written(value) or "")
    return sorted({name for one in found if (name := _name(one))}) or None


_READ: Mapping[str, Callable[[object], Any]] = {
    "platform": _name,
    "surface": _name,
    "age_days": _number,
    "copies": _count,
    "decided": _count,
    "lists": _names,
}
