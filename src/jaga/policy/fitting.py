"""Validates a document against its schema; each problem has its line and is worded for policy officers."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from jaga.policy.documents import Document
from jaga.policy.problems import ReleaseProblem

T = TypeVar("T")


def fit(document: Document, schema: type[T]) -> tuple[T | None, list[ReleaseProblem]]:
    """The document as a value of `schema`, or None with all problems."""
    try:
        return TypeAdapter(schema).validate_python(document.value), []
    except ValidationError as error:
        return None, [_problem(document, fault) for fault in error.errors(include_url=False)]


def _problem(document: Document, fault: Any) -> ReleaseProblem:
    place = tuple(fault["loc"])
    name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
    kind = str(fault["type"])
    if kind == "missing" or (kind == "string_too_short" and name in ("id", "en")):
        if name in ("id", "en"):
            whole = ".".join(str(part) for part in place[:-1] if isinstance(part, str)) or "this text"
            return document.problem(
                place, f"the translation `{name}` of `{whole}` is missing", f"Add `{name}:` with the text."
            )
        return document.problem(place, f"`{name}` is missing", f"Add `{name}:`; docs/policy.md says what it means.")
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return document.problem(
            place, f"`{name}` is not known here", "Correct its spelling (docs/policy.md lists the fields) or remove it."
        )
    if kind == "string_type":
        return document.problem(place, f"`{name}` must be text, not {fault['input']!r}", 'Put it in "quotes".')
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault["input"]
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) else ""
    return document.problem(place, f"`{name}` does not fit{shown}", f"Expected: {message[0].lower()}{message[1:]}.")
