"""Parses the body of a call, with one error for each field that cannot be read."""

from typing import Any, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from jaga.core.errors import FieldError
from jaga.web.api.bodies import CODES, SENTENCES, parse_object, read_raw

Body = TypeVar("Body", bound=BaseModel)


def read_json(request: HttpRequest, most: int) -> dict[str, Any]:
    """The body, at most `most` bytes, as one JSON object. Raises WrongContentType, BodyTooLarge, NotJson,
    TooManyValues."""
    return parse_object(read_raw(request, most))


def understood(kind: type[Body], body: dict[str, Any]) -> tuple[Body, tuple[FieldError, ...]]:
    """The readable part of the body, and an error for each field that cannot be read. `null` counts as absent."""
    try:
        return kind.model_validate(body), ()
    except ValidationError:
        pass  # field by field, below
    codes = {shown(name): "unknown_field" for name in body if name not in kind.model_fields}
    given = {name: value for name, value in body.items() if name in kind.model_fields and value is not None}
    try:
        read = kind.model_validate(given)
    except ValidationError as refused:
        codes |= {str(error["loc"][0]): CODES.get(error["type"], "wrong_type") for error in refused.errors()}
        read = kind.model_validate({name: value for name, value in given.items() if name not in codes})
    return read, tuple(FieldError(name, code, SENTENCES[code]) for name, code in codes.items())


def shown(given: str) -> str:
    """An unknown field's name, shortened and made valid text so that it can be repeated to the caller."""
    return given[:60].encode("utf-8", "replace").decode()
