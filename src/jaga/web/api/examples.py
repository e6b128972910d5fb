"""Examples for the API's description: one value for each name, so that every operation shows the same world."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation

from jaga.casework.kernel.idempotency import StillRunning
from jaga.core.errors import FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.people import Language
from jaga.web.admission import TooBusy
from jaga.web.api.auth import KeyMissing, ScopeMissing
from jaga.web.api.bodies import SENTENCES, BodyTooLarge, WrongContentType
from jaga.web.api.bounded_json import NotJson
from jaga.web.api.problems import WrongMethod
from jaga.web.api.quotas import TooManyCalls
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
