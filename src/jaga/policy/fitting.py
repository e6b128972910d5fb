"""Validates a document against its schema; each problem has its line and is worded for policy officers."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from jaga.core.errors import N_
from jaga.policy.documents import Document, Place
from jaga.policy.problems import ReleaseProblem, told

T = TypeVar("T")


def fit(document: Document, schema: type[T]) -> tuple[T | None, list[ReleaseProblem]]:
    """The document as a value of `schema`, or None with all problems."""
    try:
        value = TypeAdapter(schema).validate_python(document.value)
    except ValidationError as error:
        return None, [_problem(document, fault) for fault in error.errors(include_url=False)]
    misread = [*_misread(document, document.value, value, ())]
    return (None, misread) if misread else (value, [])


def _misread(document: Document, written: object, value: object, place: Place) -> Iterator[ReleaseProblem]:
    """Where `yes` or `true` was read as the number 1, or a number or word as a yes: what was meant is not known."""
    if isinstance(written, dict):
        for key, part in written.items():
            yield from _misread(document, part, getattr(value, key, getattr(value, f"{key}_", None)), (*place, key))
    elif isinstance(written, list) and isinstance(value, tuple):
        for index, (part, own) in enumerate(zip(written, value, strict=False)):
            yield from _misread(document, part, own, (*place, index))
    elif isinstance(written, bool) != isinstance(value, bool) and value is not None:
        name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
        if isinstance(written, bool):
            yield document.problem(place, told(N_("`%(name)s` is a yes or no, and a number belongs here"), name=name),
                                   N_("YAML reads yes, no, on and off as true or false. Write the number."))
        else:
            yield document.problem(place, told(N_("`%(name)s` is no clear yes or no"), name=name),
                                   N_("Write true or false."))


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
