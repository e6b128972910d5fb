"""Admission control of a web process: a fixed number of requests runs, a few wait, the others are refused at once;
urgent requests have reserved places.
"""

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from threading import Event, Thread
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse

from jaga.web.admission import Admission, Places, RightOfWay, is_first

PLACES = Places(ordinary=2, first=1, waiting=1, patience=0.2)


def request(path: str = "/report/", body: bytes = b"", method: str = "POST", **more: Any) -> dict[str, Any]:
    return {
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        **more,
    }


class House:
    """The application behind admission control: it answers when it is told to."""

    def __init__(self) -> None:
        self.inside, self.leave = 0, Event()
        self.door = Admission(self.serve, PLACES)
        self.threads: list[Thread] = []

    def serve(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.inside += 1
        if environ["PATH_INFO"] != "/quick/":
            assert self.leave.wait(60)
        start("200 OK", [])
        if environ["PATH_INFO"] == "/fault/":
            raise ValueError("a fault")
        return StreamingHttpResponse([b"piece"]) if environ["PATH_INFO"] == "/pieces/" else HttpResponse(b"whole")

    def ask(self, **what: Any) -> tuple[int, bytes, dict[str, str]]:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        answer = self.door(request(**what), lambda status, headers: started.append((status, headers)))
        body = b"".join(answer)
        if (close := getattr(answer, "close", None)) is not None:
            close()
        return int(started[0][0][:3]), body, dict(started[0][1])

    def fill(self, number: int) -> None:
        """Let this many requests enter and stay."""
        before = self.inside
        for _ in range(number):
            self.threads.append(Thread(target=self.ask))
            self.threads[-1].start()
        while self.inside < before + number:
            pass

    def empty(self) -> None:
        self.leave.set()
        for thread in self.threads:
            thread.join(10)


@pytest.fixture
def house() -> Iterator[House]:
    """No database is involved: closing a response does not return a connection here."""
    request_finished.disconnect(close_old_connections)
    made = House()
    yield made
    made.empty()
    request_finished.connect(close_old_connections)


def test_the_next_is_refused_in_words_with_the_time_to_wait(house: House) -> None:
    """In the reader's language, as a page or as problem details; the request is not read."""
    house.fill(2)
    status, page, headers = house.ask(body=b"category=gambling")
    assert (status, headers["Retry-After"], headers["Content-Language"]) == (503, "5", "id")
    assert b"detik" in page and b"<h1>" in page  # noqa: PT018
    _, english, _ = house.ask(HTTP_COOKIE="jaga_language=en")
    assert b"in 5 seconds" in english
    _, status_line, headers = house.ask(path="/api/v1/reports")
    assert headers["Content-Type"] == "application/problem+json"
    assert (json.loads(status_line)["code"], headers["Content-Language"]) == ("too_busy", "id")
    for accepted, spoken in (("fr, en;q=0.5", "en"), ("en;q=0.1, id", "id"), ("in", "id"), ("fr", "id")):
        assert house.ask(path="/api/v1/reports", HTTP_ACCEPT_LANGUAGE=accepted)[2]["Content-Language"] == spoken
    assert house.inside == 2


def test_who_waits_gets_the_place_that_becomes_free(house: House) -> None:
    """If a place becomes free within the waiting time."""
    house.fill(2)
    Thread(target=lambda: house.leave.wait(0.05) or house.leave.set()).start()
    assert house.ask()[0] == 200


def test_what_is_urgent_keeps_a_place(house: House) -> None:
    """Ordinary requests that fill the server do not keep it out, and its reserved place is not given to others."""
    house.fill(2)
    house.leave.clear()
    assert house.ask(path="/report/", body=b"category=gambling")[0] == 503
    threads = Thread(target=lambda: house.ask(body=b'{"route": "victim"}'))
    house.threads.append(threads)
    threads.start()
    while house.inside < 3:
        pass


@pytest.mark.parametrize("path", ["/fault/", "/pieces/", "/report/"])
def test_every_place_becomes_free_again(house: House, path: str) -> None:
    """After an exception, a streamed answer and a complete one: more requests pass than there are places."""
    house.leave.set()
    for _ in range(5):
        if path == "/fault/":
            with pytest.raises(ValueError, match="a fault"):
                house.ask(path=path)
        else:
            assert house.ask(path=path)[:2] == (200, b"piece" if path == "/pieces/" else b"whole")


def test_health_and_pictures_of_pages_are_not_counted(house: House) -> None:
    """Monitoring gets an answer also when the server is full."""
    house.fill(2)
    house.leave.set()
    assert house.ask(path="/health/live")[0] == 200


@pytest.mark.parametrize(
    ("what", "first"),
    [
        ({"body": b"category=trafficking&text=x"}, True),
        ({"body": b"category=gambling&text=x"}, False),
        ({"body": b'{"category": "child_protection"}'}, True),
        ({"body": b'{"category":"gambling","text":"category trafficking"}'}, False),
        ({"body": b'{"route" : "victim"}'}, True),
        ({"body": b'------x\r\nContent-Disposition: form-data; name="category"\r\n\r\ntrafficking\r\n'}, True),
        ({"path": "/console/", "method": "GET"}, True),
        ({"path": "/api/v1/requests"}, True),
        ({"path": "/figures/", "method": "GET"}, False),
        ({"body": b"category=trafficking" + b"x" * 70_000}, False),
    ],
)
def test_what_is_urgent(what: dict[str, Any], first: bool) -> None:
    """By the route, the category, or a staff session; the body can be read again afterwards."""
    asked = request(**what)
    assert is_first(asked) is first
    assert asked["wsgi.input"].read() == what.get("body", b"")


def test_ordinary_ones_step_back_while_somebody_is_first() -> None:
    """Several prioritised requests may run at once without waiting; the others wait until none is left."""
    way, passed = RightOfWay(longest=60), Event()

    def come() -> None:
        way.step_back()
        passed.set()

    ordinary = Thread(target=come)
    with way:
        with way:
            ordinary.start()
        assert not passed.wait(0.05)
    assert passed.wait(10)


def test_stepping_back_has_an_end(house: House) -> None:
    """A long prioritised request does not keep the others out."""
    house.threads.append(Thread(target=lambda: house.ask(body=b"page=shown")))
    house.threads[-1].start()
    while not house.inside:
        pass
    assert house.ask(path="/quick/", body=b"category=gambling")[0] == 200
    assert not house.leave.is_set()
