"""Parses untrusted JSON, counting tokens first: a few bytes can become a hundred times as many in memory."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NoReturn

from jaga.core.errors import N_, JagaError

MOST_TOKENS, DEEPEST = 40_000, 20
"""Tokens: strings, brackets, commas and colons. A hundred complete reports have nine thousand."""
_MOST_ESCAPED_QUOTES, _MOST_BACKSLASHES = 50_000, 2_000
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


class NotJson(JagaError):
    """The body is not a single JSON object."""

    code = "not_json"
    status = HTTPStatus.BAD_REQUEST.value
    sentence = N_("The body is not one JSON object in UTF-8.")
    remedy = N_("Send one object in UTF-8, each name once, as docs/api.md shows.")


class TooManyValues(JagaError):
    """More values or deeper nesting than any body here needs."""

    code = "too_many_values"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value
    sentence = N_("The body has too many values, or they are nested too deeply.")
    remedy = N_("Send one object as docs/api.md shows; put many reports into several calls.")


def bounded_json(raw: bytes) -> Any:
    """The parsed document. Raises TooManyValues, ValueError."""
    if not _is_small(raw):
        _count(raw)
    return json.loads(raw.decode("utf-8"), object_pairs_hook=_names_once, parse_constant=_no_constant)


def _is_small(raw: bytes) -> bool:
    """Whether the limits of `_count` hold even if strings are counted as if they were none, as in most bodies."""
    opened = raw.count(b"[") + raw.count(b"{")
    signs = raw.count(b'"') + raw.count(b",") + raw.count(b":") + raw.count(b"]") + raw.count(b"}")
    return opened <= DEEPEST and opened + signs < MOST_TOKENS and raw.count(b"\\") < _MOST_BACKSLASHES


def _count(raw: bytes) -> None:
    """Count tokens up to the limit. Strings are not copied, so a base64 file costs next to nothing."""
    tokens = depth = 0
    for part in _between_strings(raw):
        brackets = sum(map(part.count, (b"[", b"]", b"{", b"}")))
        tokens += 1 + brackets + part.count(b",") + part.count(b":")
        if tokens > MOST_TOKENS:
            raise TooManyValues
        for bracket in part.translate(None, _NO_BRACKETS) if brackets else b"":
            depth += 1 if bracket in b"[{" else -1
            if depth > DEEPEST:
                raise TooManyValues


def _between_strings(raw: bytes) -> Iterator[bytes]:
    """The text before, between and after strings. Raises TooManyValues for an endless sequence of quotes."""
    begins, escaped = 0, 0
    while (opening := raw.find(b'"', begins)) >= 0:
        yield raw[begins:opening]
        closing = raw.find(b'"', opening + 1)
        while closing >= 0 and _is_escaped(raw, opening + 1, closing):
            closing, escaped = raw.find(b'"', closing + 1), escaped + 1
            if escaped > _MOST_ESCAPED_QUOTES:
                raise TooManyValues
        if closing < 0:
            return  # Not JSON, as parsing will report.
        begins = closing + 1
    yield raw[begins:]


def _is_escaped(raw: bytes, begins: int, quote: int) -> bool:
    """Whether the quote is escaped by an odd number of backslashes."""
    before = raw[max(begins, quote - _MOST_BACKSLASHES) : quote]
    backslashes = len(before) - len(before.rstrip(b"\\"))
    if backslashes == _MOST_BACKSLASHES:
        raise TooManyValues
    return backslashes % 2 == 1


def _names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject duplicate names: two parsers that read one document differently are an attack vector."""
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice")
    return names


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
