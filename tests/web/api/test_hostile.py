"""Whatever is sent, the answer is a refusal with its reason, and never a server error."""

import json
import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import SAMPLED, example_count
from tests.web.api.conftest import World, complete

from jaga.app.api.v1 import api
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.web.api.bodies import MAX_BODY, RequestIn
from jaga.web.api.openapi import operations

_slow = settings(
    max_examples=example_count(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _is_problem(answer: object, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.content[:300]  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/problem+json"  # type: ignore[index]
    body = answer.json()  # type: ignore[attr-defined]
    assert body["status"] == answer.status_code  # type: ignore[attr-defined]
    assert body["type"] == f"urn:jaga:error:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert body["remedy"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"text"',
        b"\xff\xfe",
        b'{"text": "\xc3"}',
        b'{"text": NaN}',
        b'{"urgent": Infinity}',
        b'{"text": "a", "text": "b"}',
        b"[" * 20,
        b'{"text": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
        b"{} {}",
    ],
    ids=range(15),
)
def test_what_is_not_one_json_object_is_refused(world: World, body: bytes) -> None:
    """Truncated, endlessly nested, repeated names, other encodings, numbers of thousands of digits."""
    _is_problem(world.police.post("/requests", body), 400)
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"accounts":[' + b"1," * 40_000 + b"1]}",
        b'{"text":"' + b'\\"' * 60_000 + b'"}',
        b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"text":"' + b"\\" * 4000 + b'"}',
    ],
    ids=range(6),
)
def test_more_values_than_any_body_has_are_refused_unparsed(world: World, body: bytes) -> None:
    """Also from a caller with a key: as objects the values would take a hundred times the memory."""
    _is_problem(world.police.post("/requests", body), 413)
    assert not Report.objects.exists()


_ODD = [
    "\x00",
    "a\x00b",
    "\ud800",
    "�\udfff",
    10**400,
    -1,
    1.5,
    1e308,
    True,
    [],
    {},
    [[]],
    [None],
    ["\x00"],
    "0",
    "20260101",
    "0000-00-00",
    "9999-12-31",
    "x" * 300_000,
    {"a": {"b": [1]}},
    "٢٠٢٦-٠١-٠١",
    "<script>",
    "' OR 1=1 --",
    "%s%(x)s{}",
]


@pytest.mark.parametrize("field", sorted(RequestIn.model_fields))
def test_odd_values_are_refused_or_harmless(world: World, field: str) -> None:
    """Every field with every odd value: refused by the field's name, or accepted as plain text. A sample gives each
    field every fourth value, and neighbouring fields others.
    """
    first, step = (sorted(RequestIn.model_fields).index(field) % 4, 4) if SAMPLED else (0, 1)
    for number, value in enumerate(_ODD[first::step]):
        answer = world.police.post("/requests", complete(**{"letter_number": f"B/{number}", field: value}))
        if answer.status_code != 201:
            _is_problem(answer, 422)
            assert {field, "legal_basis"} & {error["field"] for error in answer.json()["errors"]}, value


def test_unknown_names_are_refused_even_when_they_are_not_text(world: World) -> None:
    """A misspelt field is refused, and its name is repeated in the answer safely."""
    for name in ("colour", "\ud800", "\x00", "x" * 10_000, "", "officer", "organisation"):
        answer = world.police.post("/requests", complete(**{name: 1}))
        _is_problem(answer, 422)
        assert answer.json()["errors"][0]["code"] == "unknown_field"
        assert len(answer.json()["errors"][0]["field"]) <= 60


def test_a_body_beyond_the_limit_is_refused(world: World) -> None:
    """Ten megabytes of nonsense are read and refused; more than a request can have is not parsed."""
    _is_problem(world.police.post("/requests", b'{"text": "' + b"x" * 10_000_000 + b'"}'), 422)
    _is_problem(world.police.post("/requests", b" " * (MAX_BODY + 1)), 413)


def test_other_kinds_of_content_are_refused(world: World) -> None:
    """Forms and XML are refused with the reason."""
    for kind in ("text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense", ""):
        answer = Client().post(
            "/api/v1/requests",
            data=b"a=b",
            content_type=kind,
            headers={"Authorization": f"Bearer {world.police.secret}"},
        )
        _is_problem(answer, 415)


@pytest.mark.parametrize(
    "path",
    [
        "/requests?cursor=x",
        "/requests?cursor=0",
        f"/requests?cursor={2**63}",
        f"/requests?cursor={'9' * 5000}",
        "/requests?limit=0",
        "/requests?limit=101",
        "/requests?limit=",
        "/requests?cursor=%00",
        "/referrals?cursor=-1",
        "/legal-bases",
        "/legal-bases?category=",
        "/legal-bases?category=%00",
        "/legal-bases?category=unknown",
        "/legal-bases?category=fraud&on=yesterday",
        "/legal-bases?category=fraud&on=0",
        "/legal-bases?category=fraud&on=2026-02-30",
        "/legal-bases?category=%ff",
    ],
)
def test_addresses_with_wrong_parts_are_refused(world: World, path: str) -> None:
    """The invalid part of the address is named."""
    _is_problem(world.police.get(path), 400, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/requests/0",
        "/requests/abc",
        f"/requests/{2**63}",
        f"/requests/{'9' * 400}",
        "/nothing",
        "/",
        "/requests/",
        "/requests/1/2",
        "/%00",
    ],
)
def test_unknown_addresses_are_problems_too(world: World, path: str) -> None:
    """A program gets a problem document there, never an HTML page."""
    _is_problem(world.police.get(path), 400, 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_is_written_to_an_unknown_address_finds_nothing_there(method: str) -> None:
    """A POST without cookies to an unknown address gets 404, not the CSRF message about an expired form."""
    caller = Client(enforce_csrf_checks=True)
    for path in ("/api/v1/orders/", "/api/v1/nothing", "/api/nothing"):
        _is_problem(getattr(caller, method)(path), 404)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "head"])
def test_other_methods_are_refused(world: World, method: str) -> None:
    """The answer names the methods that the address accepts."""
    answer = getattr(Client(), method)("/api/v1/requests", headers={"Authorization": f"Bearer {world.police.secret}"})
    assert answer.status_code == 405
    assert set(answer["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.text(alphabet=st.characters(categories=["Cs", "Cc"]), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@_slow
@given(body=st.dictionaries(st.sampled_from(sorted(RequestIn.model_fields)) | st.text(max_size=10), _json, max_size=8))
def test_no_made_up_body_is_a_fault(world: World, body: dict[str, object]) -> None:
    """Property: an invented body is refused with a 422 that names fields."""
    answer = world.police.post("/requests", body)
    _is_problem(answer, 422)
    assert answer.json()["errors"]


@_slow
@given(changes=st.dictionaries(st.sampled_from(sorted(RequestIn.model_fields)), _json, min_size=1, max_size=3))
def test_no_spoilt_body_is_a_fault(world: World, changes: dict[str, object]) -> None:
    """Property: a complete body with some fields changed is refused, held, repeated or accepted, and never causes a
    server error.
    """
    assert world.police.post("/requests", complete(**changes)).status_code in (201, 202, 409, 422)


@_slow
@given(raw=st.binary(max_size=200))
def test_no_bytes_are_a_fault(world: World, raw: bytes) -> None:
    """Property: arbitrary bytes never cause a server error."""
    assert world.police.post("/requests", raw).status_code in (400, 422)


def test_the_answer_speaks_the_callers_language(world: World) -> None:
    """Accept-Language if it names a supported language, else the officer's own."""
    for header, language in [
        ("en", "en"),
        ("en-GB,id;q=0.5", "en"),
        ("id-ID", "id"),
        ("in", "id"),
        ("fr, en;q=0.3", "en"),
        ("fr", "id"),
        ("*", "id"),
        ("", "id"),
        ("\x00;;q=x", "id"),
    ]:
        answer = world.police.post("/requests", {}, **{"Accept-Language": header})
        assert answer["Content-Language"] == language, header
    english = world.police.post("/requests", {}, **{"Accept-Language": "en"}).json()
    assert english["title"] == "Some fields are missing or not usable."
    assert json.dumps(english)


@pytest.mark.parametrize(
    "accounts",
    [
        [1, {"locator": True}],
        [{"locator": True}, 1],
        [None, {"": 1}],
        [[], {"text": 5}, "x"],
        [{"accounts": [1]}],
        {"0": 1},
    ],
)
def test_accounts_that_are_no_objects_are_named_by_their_place(world: World, accounts: object) -> None:
    """Whatever else is wrong, each such account is refused by its index, without a server error."""
    answer = world.police.post("/orders", {"letter_number": "B/1", "accounts": accounts})
    _is_problem(answer, 422)
    fields = {error["field"] for error in answer.json()["errors"]}
    for place, one in enumerate(accounts if isinstance(accounts, list) else [], 1):
        assert any(field.startswith(f"accounts.{place}") for field in fields), (one, fields)


def test_a_day_is_written_in_one_way_only(world: World) -> None:
    """An ISO week date is refused, though some parsers of ISO 8601 accept it."""
    answer = world.police.post("/requests", complete(letter_date="2026-W05-6"))
    _is_problem(answer, 422)
    assert ("letter_date", "not_a_day") in {(one["field"], one["code"]) for one in answer.json()["errors"]}


_BODIES = (
    b"",
    b"null",
    b"[]",
    b"5",
    b'"\\u0000"',
    b"{}",
    b"[[]]",
    b'{"a": null}',
    b"\xff\x00{",
    b"[" * 50_000,
    b'{"reports": [1, null, {}], "accounts": 1, "url": 9e999, "text": "\\u0000", "screenshots": {}}',
    b'{"reports": ' + b"9" * 4000 + b"}",
    b'{"text": "' + b"x" * 10_000_000 + b'"}',
    b"x" * 10_000_000,
)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        (method, address)
        for address, method, _ in operations(api.get_openapi_schema(path_prefix=""))
        if method.lower() != "get"
    ],
)
def test_no_body_and_no_number_at_any_address_is_a_fault(world: World, method: str, address: str) -> None:
    """Ten megabytes, NUL, wrong types, other content types and huge numbers, with a key that has every right."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_minute=100_000, per_day=100_000), actor=CLI)
    for number in ("1", str(2**63), "9" * 30):
        path = f"/api/v1{re.sub(r'{[^}]*}', number, address)}"
        for body in _BODIES:
            for kind in ("application/json", "multipart/form-data; boundary=a", "text/csv"):
                answer = Client().generic(
                    method.upper(), path, body, content_type=kind, headers={"Authorization": f"Bearer {key.secret}"}
                )
                assert answer.status_code < 500, (path, body[:40], kind)
        if path.endswith(address):
            break
