"""The API reference as a page, generated from the OpenAPI document. It loads no scripts from other sites."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.core.errors import N_
from jaga.web.api.openapi import operations
from jaga.web.api.v1 import api

_ROOMS: Mapping[str, str] = {
    "reports": N_("Reports"),
    "requests": N_("Requests on one account"),
    "orders": N_("Orders on several accounts"),
    "batches": N_("Files with many reports"),
    "webhooks": N_("Webhooks"),
    "reference": N_("Reference data"),
    "referrals": N_("Referrals to the police"),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter in the path, the query or a header."""

    name: str
    place: str
    needed: bool
    text: str


@dataclass(frozen=True)
class ExampleResponse:
    """A status, with an example of its body."""

    status: str
    phrase: str
    example: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    name: str
    method: str
    address: str
    summary: str
    text: str
    scope: str
    parameters: tuple[Parameter, ...]
    body: str
    answers: tuple[ExampleResponse, ...]
    refusals: tuple[ExampleResponse, ...]


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show the page. It needs no key, like the OpenAPI document itself."""
    return render(request, "public/api.html", {"rooms": _rooms()})


@cache
def _rooms() -> tuple[tuple[str, str, tuple[Operation, ...]], ...]:
    """Tag, title and operations of each section, in the order of the document."""
    document, found = api.get_openapi_schema(path_prefix="/api/v1/"), dict[str, list[Operation]]()
    for address, method, operation in operations(document):
        found.setdefault(operation["tags"][0], []).append(_operation(address, method, operation))
    return tuple((room, _ROOMS.get(room, room), tuple(calls)) for room, calls in found.items())


def _operation(address: str, method: str, operation: Mapping[str, Any]) -> Operation:
    (scopes,) = operation["security"][0].values()
    answers = [
        ExampleResponse(status, answer["description"], _example(answer.get("content", {})))
        for status, answer in operation["responses"].items()
    ]
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        address=address,
        summary=operation["summary"],
        text=operation["description"].rpartition("\n\n")[0],
        scope=scopes[0] if scopes else "",
        parameters=tuple(
            Parameter(one["name"], one["in"], one.get("required", False), _about(one))
            for one in operation["parameters"]
        ),
        body=_example(operation.get("requestBody", {}).get("content", {})),
        answers=tuple(one for one in answers if one.status < "400"),
        refusals=tuple(one for one in answers if one.status >= "400"),
    )


def _about(parameter: Mapping[str, Any]) -> str:
    return str(parameter.get("description") or parameter["schema"].get("description", ""))


def _example(content: Mapping[str, Any]) -> str:
    """The example of the first content type that has one; the English one if there is one for each language."""
    for media in content.values():
        shown = media.get("example", media.get("examples", {}).get("english", {}).get("value"))
        if shown is not None:
            return shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
    return ""
