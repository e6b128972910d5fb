"""Version 1 of the API: its routes, authentication by key, and errors as RFC 9457 problem details.

The API reference as a page, generated from the OpenAPI document. It loads no scripts from other sites.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja.errors import ValidationError

from jaga.authorities.api import orders, requests
from jaga.batches import api as batches
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError
from jaga.core.terms.people import KeyScope
from jaga.referrals import api as referrals
from jaga.reporting import api as reports
from jaga.web.api import reference
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.openapi import Api, operations
from jaga.web.api.problems import problem
from jaga.webhooks import api as webhooks

# The page for people is our own (`guide`): the usual ones load their scripts from elsewhere, which the site's content
# security policy forbids.
api = Api(
    title="Jaga",
    version="1",
    description="Programs of authorities, trusted flaggers and the operator use this API to send reports and legal "
    "requests and to follow them. Sending a report never closes an account by itself: people decide each "
    "case. Errors are RFC 9457 problem details in Indonesian or English, as Accept-Language asks.",
    docs_url=None,
    urls_namespace="api-1",
    auth=OfficerKeyAuth(),
)
api.add_router("", reports.router, auth=OfficerKeyAuth(KeyScope.REPORTS_READ, KeyScope.REPORTS_WRITE))
api.add_router("", requests.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE))
api.add_router("", orders.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE))
api.add_router("", webhooks.router, auth=OfficerKeyAuth(KeyScope.WEBHOOKS_MANAGE, KeyScope.WEBHOOKS_MANAGE))
api.add_router("", batches.router, auth=OfficerKeyAuth(KeyScope.BATCHES_WRITE, KeyScope.BATCHES_WRITE))
api.add_router("", reference.router)
api.add_router("", referrals.router, auth=OfficerKeyAuth(KeyScope.REQUESTS_READ))


@api.exception_handler(JagaError)
def refused(request: HttpRequest, error: JagaError) -> HttpResponseBase:
    """Answer an error of a verb, of access control or of the policy with its problem details."""
    return problem(request, error)


@api.exception_handler(ValidationError)
def unusable(request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    """Answer 422 for a path or query parameter that cannot be parsed."""
    fields = {str(wrong["loc"][-1]): str(wrong["type"]) for wrong in error.errors}
    return problem(request, InvalidInput(*(_parameter(field, kind) for field, kind in fields.items())))


def _parameter(field: str, kind: str) -> FieldError:
    if kind == "missing":
        return FieldError(field, "missing", N_("This part of the address is needed."))
    return FieldError(field, "wrong_type", N_("This part of the address cannot be read; docs/api.md shows it."))


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
