"""Builds the OpenAPI 3.1 document, with examples, all errors, and the scope that each operation needs.

Examples for the API's description: one value for each name, so that every operation shows the same world.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any, get_type_hints

from django.conf import settings
from django.utils import translation
from ninja import NinjaAPI
from ninja.operation import Operation
from pydantic.fields import FieldInfo

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.people import Language
from jaga.store.kernel.once import StillRunning
from jaga.web.admission import TooBusy
from jaga.web.api.auth import KeyMissing, OfficerKeyAuth, ScopeMissing
from jaga.web.api.bodies import SENTENCES, BodyTooLarge, NotJson, WrongContentType
from jaga.web.api.guard import TooManyCalls
from jaga.web.api.problems import WrongMethod
from jaga.web.errors import ServerFault, problem_details

Schema = Mapping[str, Any]
# One grey pixel and one word of a letter, invented.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGM4AQAAygDJmcpdfgAAAABJRU5ErkJggg=="
_LETTER = "JVBERi0xLjQKJSVFT0YK"
_WORDS = {"id": "Menunggu penilaian manusia.", "en": "Waiting for the judgement of people."}
NAMED: dict[str, Any] = {
    "account": "@kenanga88:localhost",
    "platform": "obrolan",
    "category": "prostitution_advertising",
    "text": "Mengiklankan layanan berbayar di ruang umum.",
    "links": ["https://matrix.to/#/@kenanga88:localhost"],
    "reference": "P-2026-17",
    "report_id": 1042,
    "case_reference": "K000017",
    "form": "report",
    "channel": "flagger",
    "receipt": "4820159937162048",
    "ledger_promise": "jaga/promise\n1042\n…\n\n— jaga …",
    "conduct_on": "2026-01-31",
    "due_at": "2026-02-01T09:30:00Z",
    "received_at": "2026-01-31T09:30:00Z",
    "term": "in_review",
    "words": _WORDS,
    "decision": "close",
    "decided_at": "2026-01-31T15:02:00Z",
    "verified_at": "2026-01-31T15:02:41Z",
    "legal_basis": "kuhp_407",
    "legal_analysis": "The account offers paid services in a public room.",
    "locator": "https://matrix.to/#/@kenanga88:localhost",
    "letter_number": "B/17/2026",
    "letter_date": "2026-01-31",
    "screenshots": [_PIXEL],
    "screenshot": _PIXEL,
    "letter": _LETTER,
    "next": "1041",
    "cursor": "1042",
    "url": "https://example.org/jaga-webhook",
    "events": ["report.decided", "report.verified"],
    "public_key": "whpk_G+Fw4Lz1bC7v0Yd8q1mH3u0xq2m3n4o5p6q7r8s9t0U=",
    "secret": "whsec_bGV0IG5vYm9keSByZWFkIHRoaXMgZXhhbXBsZQ==",
    "webhook_id": "msg_2f1c0d9e8b7a6f5e4d3c2b1a09f8e7d6",
    "event": "report.decided",
    "failure": "http_503",
    "key": "prostitution_advertising",
    "name": "obrolan",
    "display_name": "Obrolan",
    "server_name": "localhost",
    "operator": "Operator Contoh",
    "practice": True,
    "citation": "KUHP art. 407",
    "title": {"id": "Kesusilaan", "en": "Decency"},
    "severity": "high",
    "label": {"id": "Iklan prostitusi", "en": "Advertising of prostitution"},
    "description": {"id": "Iklan layanan di ruang umum.", "en": "Services advertised in public rooms."},
    "policy": "sha256:5b0c…",
    "language": "id",
    "urgent": False,
    "overdue": False,
    "verified": True,
    "at": "2026-01-31T10:00:00Z",
    "created_at": "2026-01-31T09:00:00Z",
    "route": "ordinary",
    "device_hashes": [],
    "next_attempt_at": "2026-01-31T10:05:00Z",
    "ended_at": "2026-01-31T10:00:00Z",
    "sent_at": "2026-01-31T15:02:00Z",
    "referred_at": "2026-01-31T15:02:00Z",
    "valid_from": "2026-01-02",
    "valid_until": "2027-01-01",
    "on": "2026-01-31",
    "disabled_why": "",
    "why": "The letter named the wrong account.",
    "endpoint_id": 3,
    "delivery_id": 77,
    "proof": "c2sp.org/tlog-proof@v1\nindex 17\n…\n\njaga.example/ledger/1\n256\n…\n\n— jaga.example/ledger/1 …\n",
    "order_id": 12,
    "message_id": 5,
    "batch_id": 8,
    "urgent_reason": "",
    "court_order": "",
    "letter_sha256": "",
}
ERRORS: Mapping[int, JagaError] = {
    400: NotJson(),
    401: KeyMissing(),
    403: ScopeMissing(scope="reports:write"),
    404: NotFound(),
    405: WrongMethod(),
    409: StillRunning(retry_after=1),
    413: BodyTooLarge(most=262_144),
    415: WrongContentType(),
    422: InvalidInput(FieldError("conduct_on", "not_a_day", SENTENCES["not_a_day"])),
    429: TooManyCalls(most=600, retry_after=42),
    500: ServerFault(),
    503: TooBusy(),
}


def example_of(schema: Schema, schemas: Mapping[str, Schema], name: str = "") -> Any:
    """A value that fits the schema; by the name of the field where it has one. `schemas`: the document's schemas."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if "anyOf" in schema or "allOf" in schema:
        parts = schema.get("anyOf", schema.get("allOf"))
        return example_of(next(one for one in parts if one.get("type") != "null"), schemas, name)
    kind = schema.get("type")
    if name in NAMED and _fits(NAMED[name], schema):
        return NAMED[name]
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if kind == "object":
        return {key: example_of(part, schemas, key) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name)]
    return _plain(kind, schema)


def _plain(kind: object, schema: Schema) -> Any:
    if kind == "integer":
        return max(1, schema.get("minimum", 1))
    if kind == "number":
        return 1.5
    if kind == "boolean":
        return False
    if schema.get("contentEncoding") == "base64":
        return _PIXEL
    return {"date-time": "2026-01-31T09:30:00Z", "date": "2026-01-31"}.get(str(schema.get("format")), "…")


def _fits(value: Any, schema: Schema) -> bool:
    types = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
    wanted = types.get(str(schema.get("type")))
    if wanted is None or not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        return False
    return "enum" not in schema or value in schema["enum"]


def problems(status: int) -> dict[str, Any]:
    """A problem with this status, in both languages."""
    error, examples = ERRORS[status], {}
    for language, named in ((Language.INDONESIAN, "indonesian"), (Language.ENGLISH, "english")):
        with translation.override(language.value):
            examples[named] = {"summary": error.code, "value": problem_details(error)}
    return examples


_KEY = "key"
_ALWAYS = (400, 401, 403, 405, 429, 503)
_WRITING = ("post", "put", "patch", "delete")
_PREFIX = "/api/v1/"
_LEADS_TO = {("orders", "report_id"): "requests", ("webhooks", "delivery_id"): "webhook-deliveries"}  # else: own room
_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Limit": {"description": "How many calls the key may make in a minute.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the next minute begins.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {
        "description": "Both quotas of the key: calls in a minute, reports and requests in a day.",
        "schema": {"type": "string"},
        "example": '"minute";q=600;w=60, "day";q=20000;w=86400',
    },
}
_COUNTED = ("401", "503")  # an invalid key has no quota; at capacity (503) the key is not even checked
_PASSES = ("409", "429", "503")
_RETRY = {
    "409": "Seconds to wait before sending the same call again; only sent if waiting helps (`idempotency_running`).",
    "429": "Seconds to wait before sending the call again.",
    "503": "Seconds to wait before sending the call again.",
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "description": N_(
        "A text that you choose, different for each new call. If you repeat a call with its key within "
        "48 hours, you get the first answer. A different call with the same key is refused (422), and so "
        "is a repeat while the first call is still running (409)."
    ),
}
_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "example": "en",
    "description": N_("The language of errors: id or en."),
}


_PATHS = {
    "report_id": N_("The number of the report or request, from its acknowledgement."),
    "order_id": N_("The number of the order, from its acknowledgement."),
    "batch_id": N_("The number of the file, from the answer to its upload."),
    "endpoint_id": N_("The number of the webhook address, from its registration."),
    "delivery_id": N_("The number of the message, from the list of messages to an address."),
}
"""What the numbers in addresses mean."""
_WEBHOOK_HEADERS = {
    "webhook-id": "The id of the message, e.g. msg_2f1c0d9e8b7a6f5e4d3c2b1a09f8e7d6. A repeat has the same id.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970-01-01 UTC.",
    "webhook-signature": "The signatures of id, timestamp and body (Standard Webhooks), separated by spaces.",
}


class Api(NinjaAPI):
    """Django Ninja's API with a completed OpenAPI document."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Tag of the routes and function of the view, such as `reports_index`."""
        tag, *_ = operation.tags or ["api"]
        return f"{tag}_{operation.view_func.__name__}"

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        """The document of OpenAPI 3.1."""
        made = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document: dict[str, Any] = deepcopy(dict(made))  # parts of it are the routes' own
        components = document.setdefault("components", {})
        routes = dict(_routes(self))
        for _, method, operation in operations(document):
            _hoist(operation, components["schemas"])
            _secure(operation, _scopes(routes[operation["operationId"]]))
            _describe(operation, _PATHS | _queries(routes[operation["operationId"]]))
            _name_headers(operation, writes=method in _WRITING)
            _add_errors(operation, writes=method in _WRITING)
            _show(operation, components["schemas"])
        _without_idle_defaults(components["schemas"])
        _link(document)
        components["securitySchemes"] = {
            _KEY: {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "jaga_…",
                "description": "An API key that the operator's administrator issued. Each operation names the "
                "scope that it needs.",
            }
        }
        # The address is taken from the settings, never from the Host header of a request.
        document["servers"] = [{"url": settings.BASE_URL, "description": "This installation."}]
        document["webhooks"] = {event.value: _webhook(event) for event in HookEvent}
        return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation with its path and its method in lower case."""
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            yield address, method, operation


def writing_methods(api: NinjaAPI) -> dict[str, frozenset[str]]:
    """The writing methods of each route. Routes are in Django's form: `orders/<int:order_id>`."""
    return {
        _route(path): frozenset(
            method for operation in view.operations for method in operation.methods if method.lower() in _WRITING
        )
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
    }


def query_names(api: NinjaAPI) -> dict[str, dict[str, frozenset[str]]]:
    """The query parameters of each route, by method. Routes as in `writing_methods`."""
    names = {
        operation["operationId"]: frozenset(one["name"] for one in operation["parameters"] if one["in"] == "query")
        for _, _, operation in operations(api.get_openapi_schema(path_prefix=""))
    }
    return {
        _route(path): {
            method: names[api.get_openapi_operation_id(operation)]
            for operation in view.operations
            for method in operation.methods
        }
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
    }


def _route(path: str) -> str:
    return path.lstrip("/").replace("{", "<").replace("}", ">")


def _routes(api: NinjaAPI) -> Iterator[tuple[str, Operation]]:
    """Every operation with its id."""
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            yield from ((api.get_openapi_operation_id(operation), operation) for operation in view.operations)


def _scopes(operation: Operation) -> list[str]:
    """The scopes that a key needs for it."""
    needed = {
        way.scope_for(operation.methods[0]) for way in operation.auth_callbacks if isinstance(way, OfficerKeyAuth)
    }
    return sorted(scope.value for scope in needed if scope)


def _queries(operation: Operation) -> dict[str, str]:
    """The descriptions of its query parameters, by name, which Django Ninja leaves out for those with a default."""
    hints = get_type_hints(operation.view_func, include_extras=True)
    return {
        name: part.description
        for name, hint in hints.items()
        for part in getattr(hint, "__metadata__", ())
        if isinstance(part, FieldInfo) and part.description
    }


def _hoist(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the inline schemas of bodies to `components/schemas`, where generators expect them."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media.get("schema", {})
        for name, part in schema.pop("$defs", {}).items():
            schemas.setdefault(name, _redirected(part))
        if "title" in schema and "$ref" not in schema:
            schemas.setdefault(schema["title"], _redirected(schema))
            media["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}


def _redirected(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref" and isinstance(value, str)
            else _redirected(value)
            for key, value in part.items()
        }
    return [_redirected(one) for one in part] if isinstance(part, list) else part


def _without_idle_defaults(part: Any) -> None:
    """Remove the defaults of required fields. The parser needs them only to report all missing fields at once."""
    if isinstance(part, dict):
        for name in part.get("required", ()) if isinstance(part.get("properties"), dict) else ():
            part["properties"].get(name, {}).pop("default", None)
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _without_idle_defaults(one)


def _secure(operation: dict[str, Any], scopes: list[str]) -> None:
    operation["security"] = [{_KEY: scopes}]
    right = f"Needs the scope `{scopes[0]}`." if scopes else "Any valid key is accepted."
    operation["description"] = f"{operation.get('description', '')}\n\n{right}".strip()


def _describe(operation: dict[str, Any], meanings: Mapping[str, str]) -> None:
    """Say what each parameter in the address and in the query is."""
    for parameter in operation.get("parameters", ()):
        parameter["description"] = meanings[parameter["name"]]


def _name_headers(operation: dict[str, Any], *, writes: bool) -> None:
    named = {one["name"] for one in operation.setdefault("parameters", [])}
    for parameter in (_LANGUAGE, _IDEMPOTENCY) if writes else (_LANGUAGE,):
        if parameter["name"] not in named:
            operation["parameters"].append(dict(parameter))
    for parameter in operation["parameters"]:
        if "example" not in parameter and parameter["name"] in NAMED and parameter["schema"].get("type") == "integer":
            parameter["example"] = NAMED[parameter["name"]]


def _add_errors(operation: dict[str, Any], *, writes: bool) -> None:
    """Document the errors of an operation, with examples in both languages, including those that any call can get."""
    responses: dict[str, dict[str, Any]] = {
        str(status): response for status, response in operation["responses"].items()
    }
    more = (*_ALWAYS, 409, 422) if writes else _ALWAYS
    if any(one["in"] == "path" for one in operation["parameters"]):
        more = (*more, 404)
    for number in more:
        responses.setdefault(str(number), {"description": HTTPStatus(number).phrase})
    for status, response in responses.items():
        if int(status) >= 400:
            shown = problems(int(status)) if int(status) in ERRORS else {}
            response["content"] = {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}
            }
        if status in _PASSES:
            response.setdefault("headers", {})["Retry-After"] = {
                "description": _RETRY[status],
                "schema": {"type": "integer"},
            }
        if status not in _COUNTED:
            response.setdefault("headers", {}).update(deepcopy(_HEADERS))
    operation["responses"] = dict(sorted(responses.items()))


def _show(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add an example of the body and of each successful answer."""
    bodies = [operation.get("requestBody", {})]
    bodies += [response for status, response in operation["responses"].items() if int(status) < 300]
    for body in bodies:
        media = body.get("content", {}).get("application/json")
        if media is not None and not {"example", "examples"} & media.keys():
            media["example"] = example_of(media["schema"], schemas)


def _link(document: dict[str, Any]) -> None:
    """Add OpenAPI links from the numbers in an answer to the calls that take them in their path."""
    schemas = document["components"]["schemas"]
    for address, _, operation in list(operations(document)):
        room = address.removeprefix(_PREFIX).split("/")[0]
        for status, response in operation["responses"].items():
            media = response.get("content", {}).get("application/json")
            if int(status) >= 300 or media is None:
                continue
            for number, pointer in _numbers(media["schema"], schemas):
                start = f"{_PREFIX}{_LEADS_TO.get((room, number), room)}/{{{number}}}"
                for target, _, called in operations(document):
                    if called is not operation and (target == start or target.startswith(f"{start}/")):
                        response.setdefault("links", {})[called["operationId"]] = {
                            "operationId": called["operationId"],
                            "parameters": {number: f"$response.body#{pointer}"},
                        }


def _numbers(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The numbers in an answer with their JSON pointers: in the answer itself, or in its first row."""
    whole = _resolved(schema, schemas).get("properties", {})
    for name, part in whole.items():
        if name.endswith("_id"):
            yield name, f"/{name}"
        if part.get("type") == "array":
            row = _resolved(part["items"], schemas).get("properties", {})
            yield from ((inner, f"/{name}/0/{inner}") for inner in row if inner.endswith("_id"))


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _webhook(event: HookEvent) -> dict[str, Any]:
    """The webhook of this event, which is sent to the registered addresses (docs/webhooks-out.md)."""
    about = (
        {}
        if event is HookEvent.ENDPOINT_TEST
        else {
            "report_id": 1042,
            "reference": "P-2026-17",
            "case_reference": "K000017",
            "state": "resolved",
            "due_at": "2026-02-01T09:30:00+00:00",
            "decision": "close",
        }
    )
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": event.value, "description": "The event."},
            "timestamp": {"type": "string", "format": "date-time", "description": "When the event happened."},
            "data": {
                "type": "object",
                "description": "Numbers, state and decision of the report or request; empty for "
                "a test. Neither content nor names.",
            },
        },
    }
    headers = [
        {"name": name, "in": "header", "required": True, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in _WEBHOOK_HEADERS.items()
    ]
    return {
        "post": {
            "summary": f"Webhook: {event.value}",
            "parameters": headers,
            "tags": ["webhooks"],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": schema,
                        "example": {"type": event.value, "timestamp": "2026-01-31T15:02:41+00:00", "data": about},
                    }
                },
            },
            "responses": {
                "2XX": {
                    "description": "The message was received. After any other answer it is sent again, for "
                    "more than three days."
                },
                "410": {"description": "You want no more messages: the address is disabled."},
            },
        }
    }
