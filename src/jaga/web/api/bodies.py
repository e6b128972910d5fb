"""Parses the body of a request or order, with one error for each field that cannot be read.

The body is read here instead of by Django Ninja for two reasons: its size is limited before it is in memory, and one
answer can name both the unreadable and the missing fields.

Parses untrusted JSON, counting tokens first: a few bytes can become a hundred times as many in memory.

Parses the body of a call, with one error for each field that cannot be read.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, NoReturn, TypeVar

from django.http import HttpRequest, UnreadablePostError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import PydanticCustomError

from jaga.authorities.verbs.orders import NewRequest
from jaga.authorities.verbs.validation import MAX_ANALYSIS, MAX_SCREENSHOTS
from jaga.cases.verbs.evidence import MAX_UPLOAD_BYTES, Upload
from jaga.core.errors import N_, FieldError, JagaError
from jaga.store.kernel.validation import MAX_TEXT

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


# Screenshots and a letter of full size in base64, and a megabyte for the words.
MAX_BODY = (MAX_SCREENSHOTS + 1) * (MAX_UPLOAD_BYTES * 4 // 3 + 4) + 1024 * 1024


class WrongContentType(JagaError):
    """The Content-Type is not JSON."""

    code = "wrong_content_type"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value
    sentence = N_("This address takes JSON only.")
    remedy = N_("Send “Content-Type: application/json”, and files in it as base64.")


class BodyTooLarge(JagaError):
    """The body is larger than the limit."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value
    sentence = N_("The body has more than %(most)s bytes.")
    remedy = N_("Send fewer or smaller files: at most three screenshots and one letter of 5 MB each.")


SENTENCES = {
    "wrong_type": N_("This value has the wrong type; docs/api.md shows the right one."),
    "not_text": N_("This contains characters that are not text."),
    "not_a_day": N_("Write the day as 2026-01-31."),
    "not_base64": N_("This is not base64."),
    "unknown_field": N_("There is no field of this name."),
    "missing": N_("This field is needed."),
}
CODES = {
    "string_unicode": "not_text",
    "not_text": "not_text",
    "not_a_day": "not_a_day",
    "not_base64": "not_base64",
    "extra_forbidden": "unknown_field",
}


_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # fromisoformat alone also takes 2026-W05-6


def storable(text: str) -> str:
    """Text that PostgreSQL can store."""
    if _NO_TEXT.search(text):
        raise PydanticCustomError("not_text", "characters that are not text")
    return text


def iso_day(value: object) -> object:
    """Parse a day written as 2026-01-31; other forms of ISO 8601 are refused."""
    if value is None or type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("not_a_day", "a day as 2026-01-31")


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "base64 as text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("not_base64", "base64") from None


Text = Annotated[str, AfterValidator(storable)]
Day = Annotated[date, BeforeValidator(iso_day)]
File = Annotated[
    bytes,
    BeforeValidator(_decoded, json_schema_input_type=str),
    Field(json_schema_extra={"type": "string", "contentEncoding": "base64"}),
]


def at_most(characters: int) -> dict[str, JsonValue]:
    """The documented maximum length of a text. The verb refuses longer ones, together with all other errors."""
    return {"maxLength": characters}


def up_to(rows: int, least: int = 0) -> dict[str, JsonValue]:
    """The documented number of items in a list."""
    return {"minItems": least, "maxItems": rows} if least else {"maxItems": rows}


HASH: dict[str, JsonValue] = {"maxLength": 64, "pattern": "^([0-9A-Fa-f]{64})?$"}


class RequestIn(BaseModel):
    """An authority's request about one account (MR5 art. 16(4))."""

    # The parser takes required fields as optional, so that `check_request` can name all missing ones in one answer.
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "required": [
                "platform",
                "account",
                "category",
                "letter_number",
                "letter_date",
                "legal_basis",
                "legal_analysis",
                "locator",
                "screenshots",
                "letter",
            ]
        },
    )

    platform: Text = Field("", description="A name of GET /platforms.", json_schema_extra=at_most(60))
    account: Text = Field(
        "", description="The account's id, handle or link on that platform.", json_schema_extra=at_most(MAX_TEXT)
    )
    category: Text = Field("", description="A key of GET /categories.", json_schema_extra=at_most(60))
    letter_number: Text = Field(
        "",
        description="The official letter's number; usable once per account and category.",
        json_schema_extra=at_most(120),
    )
    letter_date: Day | None = Field(None, description="The letter's day, not in the future.")
    legal_basis: Text = Field(
        "", description="A key of GET /legal-bases, in force on the day of the conduct.", json_schema_extra=at_most(60)
    )
    legal_analysis: Text = Field(
        "", description="Why the conduct falls under the legal basis.", json_schema_extra=at_most(MAX_ANALYSIS)
    )
    locator: Text = Field(
        "", description="Exactly where the content is: link, room, message id.", json_schema_extra=at_most(500)
    )
    screenshots: list[File] = Field(
        [],
        description="One to three pictures (PNG, JPEG, WebP) or PDF, in base64.",
        json_schema_extra=up_to(MAX_SCREENSHOTS, 1),
    )
    letter: File | None = Field(None, description="The official letter itself as PDF or picture, in base64.")
    text: Text = Field("", description="What was seen, described or quoted.", json_schema_extra=at_most(MAX_TEXT))
    conduct_on: Day | None = Field(None, description="The day of the conduct. Default: today.")
    urgent: bool = Field(False, description="Ask for a decision within 4 hours instead of 24, if the law allows it.")
    urgent_reason: Text = Field(
        "", description="Why it is urgent; needed if `urgent` is true.", json_schema_extra=at_most(MAX_TEXT)
    )
    wants_export: bool = Field(False, description="Police only: ask for a sealed export of the case.")
    court_order: Text = Field(
        "",
        description="Number of the district court's order; needed to receive content.",
        json_schema_extra=at_most(120),
    )
    letter_sha256: Text = Field(
        "", description="SHA-256 (hex) of the letter as your authority signed it.", json_schema_extra=HASH
    )


def read_raw(request: HttpRequest, most: int = MAX_BODY) -> bytes:
    """The body's exact bytes: what was signed. Raises WrongContentType, BodyTooLarge, NotJson."""
    if request.content_type != "application/json":
        raise WrongContentType
    try:
        raw: bytes = request.read(most + 1)
    except UnreadablePostError:
        raise NotJson from None
    if len(raw) > most:
        raise BodyTooLarge(most=most)
    return raw


def parse_object(raw: bytes) -> dict[str, Any]:
    """The bytes as one JSON object. Raises NotJson, TooManyValues."""
    try:
        body = bounded_json(raw)
    except (ValueError, RecursionError):  # not UTF-8, or not JSON
        raise NotJson from None
    if not isinstance(body, dict):
        raise NotJson
    return body


def as_new_request(body: dict[str, Any]) -> tuple[NewRequest, tuple[FieldError, ...]]:
    """The readable parts of the request, and an error for each unreadable field. `null` counts as missing."""
    read, errors = read_as(RequestIn, body)
    fields = read.model_dump(exclude={"screenshots", "letter"})
    new = NewRequest(**fields, screenshots=uploads(read.screenshots), letter=upload(read.letter))
    return new, errors


def uploads(contents: list[bytes]) -> tuple[Upload, ...]:
    """The received files as uploads."""
    return tuple(Upload(content) for content in contents)


def upload(content: bytes | None) -> Upload | None:
    """The received file as an upload; None if there is none."""
    return Upload(content) if content is not None else None


Model = TypeVar("Model", bound=BaseModel)
_Path = tuple[str | int, ...]


def read_as(model: type[Model], body: dict[str, Any]) -> tuple[Model, tuple[FieldError, ...]]:
    """The parts of the body that `model` can parse, and an error for each field that it cannot.

    Fields of an account are named by its position, counted from one: `accounts.2.locator`.
    """
    fields, codes = _without_nulls(model, body), dict[_Path, str]()
    for path in list(_nameless(fields)):
        codes[path] = "unknown_field"
        _drop(fields, path)
    while True:
        try:
            read = model.model_validate(fields)
        except ValidationError as refused:
            for error in refused.errors():
                path = _field_of(error["loc"])
                codes[path] = CODES.get(error["type"], "wrong_type")
                _drop(fields, path)
            continue
        return read, tuple(FieldError(_named(path), code, SENTENCES[code]) for path, code in codes.items())


def _nameless(fields: dict[str, Any]) -> Iterator[_Path]:
    """Fields whose names contain lone surrogates and so cannot be repeated in an error."""
    yield from ((name,) for name in fields if not _is_text(name))
    accounts = fields.get("accounts")
    for place, one in enumerate(accounts if isinstance(accounts, list) else []):
        if isinstance(one, dict):
            yield from (("accounts", place, name) for name in one if not _is_text(name))


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _field_of(location: _Path) -> _Path:
    """The field that the caller has to correct: `screenshots`, not the bytes of the third screenshot."""
    inside = location[0] == "accounts" and len(location) > 1 and isinstance(location[1], int)
    return location[:3] if inside else location[:1]


def _drop(fields: dict[str, Any], path: _Path) -> None:
    """Remove the field. An account that is not an object becomes an empty one, so that the others keep their
    positions.
    """
    match path:
        case (str(name),):
            fields.pop(name, None)
        case (str(name), int(place)):
            fields[name][place] = {}
        case (str(name), place, field):
            fields[name][place].pop(field, None)


def _named(path: _Path) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else _name(part) for part in path)


def _without_nulls(model: type[BaseModel], body: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in body.items() if value is not None or name not in model.model_fields}
    accounts = fields.get("accounts")
    if isinstance(accounts, list):
        fields["accounts"] = [
            {name: value for name, value in one.items() if value is not None} if isinstance(one, dict) else one
            for one in accounts
        ]
    return fields


def _name(given: str) -> str:
    """An unknown field's name, shortened and made valid text so that it can be repeated to the caller."""
    return given[:60].encode("utf-8", "replace").decode()


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
