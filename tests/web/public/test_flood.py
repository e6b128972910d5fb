"""A flood of reports: the server is full, and a genuine reporter still gets through, on an old phone and without
JavaScript.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse

from jaga.cases.models.reports import Report
from jaga.core.terms.reports import FilingPriority
from jaga.web.admission import Admission, Environ, Places, Start

PLACES = Places(ordinary=2, first=1, waiting=1, patience=0.2)


class Flooded:
    """Django behind the admission control, and flood requests that stay inside until they are told to leave."""

    def __init__(self) -> None:
        self._django, self.leave, self._inside = WSGIHandler(), Event(), 0
        self.door = Admission(self._serve, PLACES)
        self._threads = [Thread(target=self._one) for _ in range(PLACES.ordinary)]

    def _serve(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/flood/":
            return self._django(environ, start)
        self._inside += 1
        assert self.leave.wait(60)
        start("200 OK", [])
        return HttpResponse(b"")

    def _one(self) -> None:
        self.door({"PATH_INFO": "/flood/", "REQUEST_METHOD": "GET"}, lambda *_: None)

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()
        while self._inside < PLACES.ordinary:
            pass

    def end(self) -> None:
        self.leave.set()
        for thread in self._threads:
            if thread.ident:
                thread.join(10)

    def ask(self, body: bytes = b"", cookie: str = "") -> tuple[int, dict[str, str], str]:
        """Status, headers and page that somebody at the form gets: with a body a sender, without one a visitor."""
        started: list[Any] = []
        answer = self.door(
            {
                "PATH_INFO": "/report/",
                "REQUEST_METHOD": "POST" if body else "GET",
                "SERVER_NAME": "testserver",
                "SERVER_PORT": "80",
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": BytesIO(body),
                "wsgi.url_scheme": "http",
                "REMOTE_ADDR": "192.0.2.9",
                "HTTP_COOKIE": cookie,
            },
            lambda status, headers: started.extend([status, headers]),
        )
        page = b"".join(answer).decode()
        return int(started[0][:3]), dict(started[1]), page


@pytest.fixture
def flooded() -> Iterator[Flooded]:
    """The requests must not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    made = Flooded()
    yield made
    made.end()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_who_means_it_gets_through_and_proves_no_work(flooded: Flooded, form: Callable[..., dict[str, Any]]) -> None:
    """The refusal says how long to wait; the same request, repeated by a reload, is accepted like any other.

    The device has nothing to do: no script, no puzzle, and an old device is not put at a disadvantage.
    """
    _, headers, page = flooded.ask()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    sent = urlencode(form(page="details", step="send", csrfmiddlewaretoken=token[1])).encode()
    cookie = headers["Set-Cookie"].partition(";")[0]
    flooded.begin()
    status, headers, page = flooded.ask(sent, cookie)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert "muat ulang halaman ini" in page
    assert "<script" not in page
    urgent = urlencode(form(page="child", step="send", category="child_protection", csrfmiddlewaretoken=token[1]))
    assert flooded.ask(urgent.encode(), cookie)[0] == 302
    flooded.end()
    assert flooded.ask(sent, cookie)[0] == 302
    assert list(Report.objects.order_by("pk").values_list("priority", flat=True)) == [
        FilingPriority.URGENT,
        FilingPriority.ORDINARY,
    ]
