"""Validates a document against its schema; each problem has its line and is worded for policy officers."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from jaga.core.errors import N_
from jaga.core.terms.people import Language
from jaga.policy.documents import Document, Place
from jaga.policy.problems import ReleaseProblem, fill

T = TypeVar("T")


def fit(
    document: Document, schema: type[T], languages: tuple[str, ...] = tuple(Language)
) -> tuple[T | None, list[ReleaseProblem]]:
    """The document as a value of `schema`, or None with all problems. Each text must be there in all `languages`."""
    try:
        value = TypeAdapter(schema).validate_python(document.value, context={"languages": languages})
    except ValidationError as error:
        return None, [_problem(document, fault) for fault in error.errors(include_url=False)]
    misread = [*_misread(document, document.value, value, ())]
    return (None, misread) if misread else (value, [])


def _misread(document: Document, written: object, value: object, place: Place) -> Iterator[ReleaseProblem]:
    """Where `yes` or `true` was read as the number 1, or a number or word as a yes: the meaning is unclear."""
    if isinstance(written, dict):
        for key, part in written.items():
            yield from _misread(document, part, getattr(value, key, getattr(value, f"{key}_", None)), (*place, key))
    elif isinstance(written, list) and isinstance(value, tuple):
        for index, (part, own) in enumerate(zip(written, value, strict=False)):
            yield from _misread(document, part, own, (*place, index))
    elif isinstance(written, bool) != isinstance(value, bool) and value is not None:
        name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
        if isinstance(written, bool):
            yield document.problem(
                place,
                fill(N_("`%(name)s` is a yes or no, but a number is expected"), name=name),
                N_("YAML reads yes, no, on and off as true or false. Write the number."),
            )
        else:
            yield document.problem(
                place, fill(N_("`%(name)s` is not a clear yes or no"), name=name), N_("Write true or false.")
            )


def _problem(document: Document, fault: Any) -> ReleaseProblem:
    place = tuple(fault["loc"])
    if fault["type"] == "language_missing":
        place = (*place, fault["ctx"]["language"])
    name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
    kind = str(fault["type"])
    if kind in ("missing", "language_missing") or (kind == "string_too_short" and name in ("id", "en")):
        if name in ("id", "en"):
            whole = ".".join(str(part) for part in place[:-1] if isinstance(part, str)) or "this text"
            return document.problem(
                place,
                fill(N_("the translation `%(name)s` of `%(whole)s` is missing"), name=name, whole=whole),
                fill(N_("Add `%(name)s:` with the text."), name=name),
            )
        return document.problem(
            place,
            fill(N_("`%(name)s` is missing"), name=name),
            fill(N_("Add `%(name)s:`; docs/policy.md explains it."), name=name),
        )
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return document.problem(
            place,
            fill(N_("`%(name)s` is not known here"), name=name),
            N_("Correct its spelling (docs/policy.md lists the fields) or remove it."),
        )
    if kind == "string_type":
        return document.problem(
            place,
            fill(N_("`%(name)s` must be text, not %(value)s"), name=name, value=repr(fault["input"])),
            N_('Put it in "quotes".'),
        )
    given = fault["input"]
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) else ""
    return document.problem(
        place, fill(N_("`%(name)s` is not valid%(shown)s"), name=name, shown=shown), _expected(kind, fault)
    )


_EXPECTED = {
    "greater_than": N_("Expected: more than %(gt)s."),
    "greater_than_equal": N_("Expected: %(ge)s or more."),
    "less_than": N_("Expected: less than %(lt)s."),
    "less_than_equal": N_("Expected: %(le)s or less."),
    "literal_error": N_("Expected: %(expected)s."),
    "enum": N_("Expected: %(expected)s."),
    "int_parsing": N_("Expected: a whole number."),
    "int_type": N_("Expected: a whole number."),
    "int_from_float": N_("Expected: a whole number."),
    "float_parsing": N_("Expected: a number."),
    "float_type": N_("Expected: a number."),
    "bool_parsing": N_("Write true or false."),
    "bool_type": N_("Write true or false."),
    "string_too_short": N_("Expected: text that is not empty."),
    "date_from_datetime_parsing": N_("Expected: a date such as 2026-01-31."),
    "date_type": N_("Expected: a date such as 2026-01-31."),
    "date_parsing": N_("Expected: a date such as 2026-01-31."),
    "time_delta_parsing": N_("Expected: a duration such as PT5M (minutes), PT1H (hours) or P7D (days)."),
    "time_delta_type": N_("Expected: a duration such as PT5M (minutes), PT1H (hours) or P7D (days)."),
    "tuple_type": N_("Expected: a list."),
    "too_short": N_("Expected: a list with at least one entry."),
    "dataclass_type": N_("Expected: named fields (`name: value`)."),
    "string_pattern_mismatch": N_(
        "Expected: a name of lower-case letters, digits and _, or the form in docs/policy.md."
    ),
}


def _expected(kind: str, fault: Any) -> str:
    """The expected value, in our words if there are some, else in pydantic's."""
    if msgid := _EXPECTED.get(kind):
        return fill(msgid, **fault.get("ctx", {}))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return fill(N_("Expected: %(what)s."), what=message[0].lower() + message[1:])
