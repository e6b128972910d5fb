"""Canonical JSON: the single representation of a value for hashing and signing.

RFC 8785 (JCS), restricted: keys sorted by UTF-16 code units, no white space, UTF-8. Numbers are integers within
±(2^53-1); fractions are refused, since languages print them differently. Timestamps are RFC 3339 in UTC with six
decimals, so that a value has the same hash before and after storage.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from jaga.core.errors import N_, JagaError

SHA256 = re.compile(r"[0-9a-f]{64}")
"""How a SHA-256 digest is written everywhere in Jaga: 64 hexadecimal digits in lower case."""
SHA256_WHOLE = f"^{SHA256.pattern}$"
"""The same for PostgreSQL and JSON Schema, which look for a pattern anywhere in a text."""
_LARGEST = 2**53 - 1
_SIMPLE = re.compile(r"[0-9A-Za-z_:.@/ +-]*").fullmatch
_DEEPEST = 100
_key = itemgetter(0)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class NotCanonical(JagaError):
    """The value has no canonical representation; nothing was hashed."""

    code = "not_canonical"
    status = 422
    sentence = N_("The value at %(place)s cannot be written in canonical JSON: %(why)s.")
    remedy = N_("Store it as text or as a whole number, then try again.")


def canonical_json(value: object) -> bytes:
    """`value` as canonical JSON bytes, the same on every machine and in every version.

    Accepts None, bool, int, str, date, aware datetime, mappings with text keys, lists and tuples, and floats that are
    integers. Raises NotCanonical for anything else, including lone surrogates and naive datetimes.
    """
    if type(value) is dict and (written := _simple(value)) is not None:
        return written.encode()
    return _ENCODER.encode(_plain(value, "$", 0)).encode("utf-8")


def _simple(value: dict[Any, Any]) -> str | None:
    """The same for what most ledger entries hold, some numbers and terms: four times as fast. None for all else."""
    parts = []
    for key, item in value.items():
        kind = type(item)
        if type(key) is not str or not _SIMPLE(key):
            return None
        if kind is int and -_LARGEST <= item <= _LARGEST:
            parts.append((key, f'"{key}":{item}'))
        elif kind is str and _SIMPLE(item):
            parts.append((key, f'"{key}":"{item}"'))
        elif kind is bool:
            parts.append((key, f'"{key}":{"true" if item else "false"}'))
        elif kind is list and all(type(one) is int and -_LARGEST <= one <= _LARGEST for one in item):
            parts.append((key, f'"{key}":[{",".join(map(str, item))}]'))
        else:
            return None
    return f"{{{','.join([written for _, written in sorted(parts)])}}}"


def rfc3339(moment: datetime) -> str:
    """Format `moment` as RFC 3339 in UTC with six decimals. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: say which time zone it is in")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_rfc3339(text: str) -> datetime:
    """Parse the output of `rfc3339`. Raises ValueError for any other representation."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is not in UTC")
    moment = datetime.fromisoformat(text)  # reads other spellings as well, which the comparison refuses
    if rfc3339(moment) != text:
        raise ValueError(f"{text!r} is not how this moment is written here: {rfc3339(moment)!r}")
    return moment


def _plain(value: object, place: str, depth: int) -> object:
    if depth > _DEEPEST:
        raise NotCanonical(place=place[:100], why=f"nested deeper than {_DEEPEST}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(str(value), place)
    if isinstance(value, int | float):
        return _whole(value, place)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NotCanonical(place=place, why="a moment without a time zone")
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, Mapping):
        return _sorted(value, place, depth)
    raise NotCanonical(place=place, why=f"a {type(value).__name__}")


def _text(value: str, place: str) -> str:
    if value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical(place=place.encode("ascii", "replace").decode(), why="text with a lone surrogate") from None
    return value


def _whole(value: int | float, place: str) -> int:
    if isinstance(value, float) and not value.is_integer():  # False for NaN and infinities too
        raise NotCanonical(place=place, why="a fraction")
    if abs(value) > _LARGEST:
        raise NotCanonical(place=place, why="a number beyond 2^53-1")
    return int(value)


def _sorted(value: Mapping[object, object], place: str, depth: int) -> dict[str, object]:
    pairs: list[tuple[str, object]] = []
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotCanonical(place=place, why=f"a key that is a {type(key).__name__}, not text")
        if _is_plain(key) and _is_plain(item):  # the usual case, which needs no path for error messages
            pairs.append((key, item))
        else:
            inside = f"{place}.{key}"
            pairs.append((_text(str(key), inside), _plain(item, inside, depth + 1)))
    if all(key.isascii() for key, _ in pairs):
        return dict(sorted(pairs, key=_key))
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))


def _is_plain(value: object) -> bool:
    """Whether the value is canonical as it is: ASCII text or an integer, but no enum member, within the limits."""
    if type(value) is str:
        return value.isascii()
    return type(value) is int and -_LARGEST <= value <= _LARGEST
