"""The OpenAPI document: complete, with valid examples, and true of every route."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern
from django.utils.translation import gettext, override
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.web.api.conftest import World

from jaga.app.api.v1 import _rooms, api
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.people import KeyScope
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.openapi import operations

DOCUMENT: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/v1/")
OPERATIONS = [(f"{method} {address}", method, operation) for address, method, operation in operations(DOCUMENT)]
EACH = pytest.mark.parametrize(
    ("method", "operation"), [one[1:] for one in OPERATIONS], ids=[one[0] for one in OPERATIONS]
)


def _fits(value: Any, schema: dict[str, Any]) -> None:
    """Raises if the value does not match the schema, whose references lead into the document."""
    jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


def test_it_is_served_as_openapi_3_1(client: Client) -> None:
    """It needs no key: developers read it before they have one."""
    served = client.get("/api/v1/openapi.json")
    assert served.status_code == 200
    assert served.json()["openapi"].startswith("3.1")
    assert served.json()["paths"] == json.loads(json.dumps(DOCUMENT["paths"]))
    assert set(DOCUMENT["webhooks"]) == set(HookEvent)
    assert client.get("/api/v1/openapi.json").content == served.content
    assert "ReportIn" in served.json()["components"]["schemas"]


@EACH
def test_every_operation_shows_what_it_takes_and_answers(method: str, operation: dict[str, Any]) -> None:
    """Each body, each successful JSON answer and each error has an example in both languages, and all match their
    schemas.
    """
    media = [operation["requestBody"]["content"]] if "requestBody" in operation else []
    media += [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in media:
        for kind, shown in content.items():
            if kind == "application/json":
                _fits(shown["example"], shown["schema"])
            if kind == "application/problem+json":
                assert set(shown["examples"]) == {"indonesian", "english"}
                for one in shown["examples"].values():
                    _fits(one["value"], shown["schema"])
    assert {"400", "401", "403", "405", "429"} <= operation["responses"].keys()
    assert all(
        "application/json" not in answer.get("content", {})
        for status, answer in operation["responses"].items()
        if status >= "400"
    )


@EACH
def test_every_operation_says_what_its_key_is_for(method: str, operation: dict[str, Any]) -> None:
    """Each operation names the bearer key, the right that it needs and, if it writes, the Idempotency-Key."""
    ((way, scopes),) = operation["security"][0].items()
    assert way in DOCUMENT["components"]["securitySchemes"]
    assert set(scopes) <= set(KeyScope)
    assert bool(scopes) or operation["operationId"].startswith("reference_")
    named = {one["name"] for one in operation["parameters"]}
    assert ("Idempotency-Key" in named) == (method != "get")
    assert operation["summary"]


def _undescribed(part: Any, place: str) -> Iterator[str]:
    """Every property and parameter below `part` that has no description of its own."""
    if isinstance(part, list):
        for index, one in enumerate(part):
            yield from _undescribed(one, f"{place}/{one['name'] if isinstance(one, dict) and 'name' in one else index}")
    if not isinstance(part, dict):
        return
    if "in" in part and "name" in part and not _says_something(part):
        yield place
    for name, schema in part["properties"].items() if isinstance(part.get("properties"), dict) else ():
        if not _says_something(schema):
            yield f"{place}/{name}"
    for name, one in part.items():
        if name not in ("example", "examples"):
            yield from _undescribed(one, f"{place}/{name}")


def _says_something(part: dict[str, Any]) -> bool:
    return len(part.get("description", "").split()) > 1 and part["description"].endswith((".", ")"))


def test_every_property_and_parameter_says_what_it_is() -> None:
    """Whoever writes a client reads the document alone: each name has a sentence, also in webhooks and headers."""
    assert list(_undescribed(DOCUMENT, "")) == []
    assert list(_undescribed({"properties": {"a": {"type": "string"}}}, "")) == ["/a"]


def test_no_name_stands_twice() -> None:
    """Client generators make functions of operation ids."""
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_no_route_is_open_and_none_is_hidden() -> None:
    """Every address except the document itself asks for a key, and every address is in the document."""
    patterns = [one for one in api.urls[0] if isinstance(one, URLPattern)]
    described = {address.removeprefix("/api/v1/").split("{")[0] for address in DOCUMENT["paths"]}
    undescribed = [str(one.pattern) for one in patterns if str(one.pattern).split("<")[0] not in described]
    assert sorted(undescribed) == ["", "openapi.json"]
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                assert [way for way in operation.auth_callbacks if isinstance(way, OfficerKeyAuth)]


def test_the_validator_of_the_openapi_people_finds_nothing() -> None:
    """The validator that client generators use finds nothing."""
    document = json.loads(json.dumps(DOCUMENT))
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert [one["url"] for one in document["servers"]] == [settings.BASE_URL]


@EACH
def test_every_operation_tells_its_quota_and_what_passes(method: str, operation: dict[str, Any]) -> None:
    """Each operation describes 503 when the server is busy and the headers of the key's quota."""
    assert "503" in operation["responses"]
    for status, answer in operation["responses"].items():
        if status not in ("401", "503"):
            assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"} <= set(
                answer["headers"]
            ), status
        assert ("Retry-After" in answer.get("headers", {})) == (status in ("409", "429", "503")), status


def test_every_text_that_is_sent_has_a_longest_length() -> None:
    """Each text field of a body has a maximum length; dates and terms have fixed forms."""
    schemas, endless = DOCUMENT["components"]["schemas"], []
    bodies = ("ReportIn", "RequestIn", "OrderIn", "AnswerIn", "WithdrawalIn", "EndpointIn")
    for name in bodies:
        for field, part in schemas[name]["properties"].items():
            texts = [part, part.get("items", {})]
            endless += [
                f"{name}.{field}"
                for one in texts
                if one.get("type") == "string"
                and "format" not in one
                and "enum" not in one
                and "contentEncoding" not in one
                and "maxLength" not in one
            ]
            if part.get("type") == "array" and field != "events":
                assert "maxItems" in part, f"{name}.{field}"
    assert endless == []


def test_a_parameter_that_nobody_knows_is_refused(world: World) -> None:
    """A mistyped filter is refused; otherwise the caller would take everything for the selection."""
    for path in (
        "/reports?referense=P-1",
        "/requests?limit=5&updated=2026-01-01T00:00:00Z",
        "/platforms?name=x",
        "/reports/1?lang=en",
        "/batches/1/rows?after=3",
    ):
        answer = world.police.get(path)
        assert answer.status_code == 422, path
        (error,) = answer.json()["errors"]
        assert error["code"] == "unknown_parameter"
    refused = world.police.post("/batches?nama=laporan.csv", b"platform,account\n")
    assert refused.json()["errors"][0]["field"] == "nama"
    assert world.police.get("/reports?limit=5&reference=P-1").status_code == 200


def test_the_page_speaks_the_readers_language() -> None:
    """Summary, explanation and parameters of every operation; HTTP's own phrases and examples stay as they are sent."""
    said = {
        text
        for _, _, calls in _rooms()
        for call in calls
        for text in (call.summary, call.text, *(one.text for one in call.parameters))
        if text
    }
    with override("id"):
        assert [text for text in sorted(said) if gettext(text) == text] == []
