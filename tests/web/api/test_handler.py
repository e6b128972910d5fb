"""The API's own handler answers as the whole chain of middleware does."""

import re
from io import BytesIO
from typing import Any

import pytest
from django import conf
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver
from tests.web.api.conftest import World

from jaga.web.api import guard as quotas
from jaga.web.api_portions import ADDRESSES, PAGES_ONLY, ApiHandler, by_address
from jaga.web.middleware import LARGEST_BODY

pytestmark = pytest.mark.usefixtures("one_connection")
_REPORT = b'{"platform": "contoh", "account": "@iklan:localhost", "category": "prostitution_advertising"}'


def ask(handler: Any, method: str, path: str, body: bytes = b"", **more: str) -> tuple[str, dict[str, str], bytes]:
    quotas.forget_counts()
    path, _, query = path.partition("?")
    started: list[Any] = []
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "testserver",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.version": (1, 0),
        **more,
    }
    answer = handler(environ, lambda *start: started.extend(start))
    content = b"".join(answer)
    answer.close()
    # of each accepted report
    content = re.sub(rb'("report_id": )\d+|("(?:receipt|due_at|ledger_promise)": ")[^"]+', rb"\1\2", content)
    return started[0], {name: re.sub(r"\d+$", "", value) for name, value in started[1]}, content


_SENT: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "accepted": ("POST", "/api/v1/reports", _REPORT, {}),
    "together": ("POST", "/api/v1/reports/batch", b'{"reports": [%s]}' % _REPORT, {}),
    "with fields missing": ("POST", "/api/v1/reports", b"{}", {"HTTP_ACCEPT_LANGUAGE": "en"}),
    "no JSON": ("POST", "/api/v1/reports", b"\xff{", {"HTTP_COOKIE": "jaga_language=en"}),
    "of another kind": ("POST", "/api/v1/reports", _REPORT, {"CONTENT_TYPE": "text/plain"}),
    "in another encoding": ("POST", "/api/v1/reports", _REPORT, {"CONTENT_TYPE": "application/json; charset=utf-16"}),
    "without a key": ("POST", "/api/v1/reports", _REPORT, {"HTTP_AUTHORIZATION": ""}),
    "with a session and another site's origin": (
        "POST",
        "/api/v1/reports",
        _REPORT,
        {
            "HTTP_COOKIE": "sessionid=abcdef; csrftoken=x",
            "HTTP_ORIGIN": "https://x.invalid",
            "HTTP_REFERER": "https://x.invalid/",
            "wsgi.url_scheme": "https",
        },
    ),
    "for another host": ("POST", "/api/v1/reports", _REPORT, {"HTTP_HOST": "elsewhere.invalid"}),
    "too large": ("POST", "/api/v1/reports", _REPORT, {"CONTENT_LENGTH": str(LARGEST_BODY + 1)}),
    "with NUL": ("GET", "/api/v1/reports?reference=%00", b"", {}),
    "with NUL in a cookie": ("GET", "/api/v1/reports", b"", {"HTTP_COOKIE": "a=\x00"}),
    "list": ("GET", "/api/v1/reports?limit=1&reference=none", b"", {"HTTP_ACCEPT_ENCODING": "gzip"}),
    "head": ("HEAD", "/api/v1/reports?reference=none", b"", {}),
    "options": ("OPTIONS", "/api/v1/reports", b"", {}),
    "another method": ("DELETE", "/api/v1/reports", b"", {}),
    "nothing there": ("GET", "/api/v1/nothing/static/x.css", b"", {}),
    "a slash too many": ("POST", "/api/v1/reports/", _REPORT, {}),
    "its description": ("GET", "/api/v1/openapi.json", b"", {"HTTP_ACCEPT_ENCODING": "gzip"}),
}


_STATUS = {
    "accepted": "201",
    "together": "200",
    "with a session and another site's origin": "201",
    "list": "200",
    "its description": "200",
}


@pytest.mark.parametrize("sent", _SENT)
def test_it_answers_as_the_whole_chain_does(world: World, sent: str) -> None:
    """With the same status, headers and content."""
    method, path, body, more = _SENT[sent]
    given = {"HTTP_AUTHORIZATION": f"Bearer {world.police.secret}", **more}
    whole, ours = (ask(handler(), method, path, body, **given) for handler in (WSGIHandler, ApiHandler))
    whole[1].pop("Set-Cookie", None)  # Pages forget a session that has ended; the API does not look at it.
    assert ours == whole
    assert ours[0].startswith(_STATUS.get(sent, "4"))
    assert {"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} <= ours[1].keys()


def test_it_leaves_out_nothing_that_an_address_needs() -> None:
    """No view there is protected by a CSRF token but two that only read, and what is left out is in the chain of all
    others."""
    assert set(conf.settings.MIDDLEWARE) >= PAGES_ONLY
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == ADDRESSES.split("/")[1] + "/"]
    (version,) = [one for one in api.url_patterns if str(one.pattern) == "v1/"]
    protected = [one for one in version.url_patterns if not getattr(one.callback, "csrf_exempt", False)]
    assert len(version.url_patterns) > len(protected) == 2
    for one in protected:
        posted, read = (ask(ApiHandler(), method, f"{ADDRESSES}{one.pattern}") for method in ("POST", "GET"))
        assert posted == read


def test_only_its_addresses_come_to_it() -> None:
    """Pages keep their session and their tokens, also those beside it."""
    application = by_address(lambda *_: [b"page"], lambda *_: [b"api"])
    for path, by in (
        ("/api/v1/reports", b"api"),
        ("/api/", b"page"),
        ("/api/v1", b"page"),
        ("/report/", b"page"),
        ("//api/v1/reports", b"page"),
        ("/console/api/v1/", b"page"),
    ):
        assert application({"PATH_INFO": path}, lambda *_: None) == [by]
