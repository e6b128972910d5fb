"""The practice visitor: forms without JavaScript, and visits at another time within the test process."""

from datetime import timedelta

import httpx
import pytest

from jaga.core.clock import frozen, now
from jaga_practice.visitor import PageRefused, Visitor, within

_FORM = (
    '<form action="/go/" method="post"><input type="hidden" name="token" value="t"><input name="a" value="b"></form>'
)


def test_a_form_is_sent_with_what_it_holds() -> None:
    """Hidden fields are sent too, and a list of checkboxes can have several ticked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, html=_FORM)

    with within(httpx.MockTransport(answer)):
        visitor = Visitor("http://127.0.0.1:1")
    visitor.send(visitor.open("/"), "/go/", {"boxes": ["1", "2"]})
    assert asked[-1].content.decode() == "token=t&a=b&boxes=1&boxes=2"


def test_an_error_page_is_a_refusal_with_its_text() -> None:
    """The refusal contains the text of the error page."""
    with within(httpx.MockTransport(lambda _: httpx.Response(409, html="<p>Somebody was faster.</p>"))):
        visitor = Visitor("http://127.0.0.1:1")
    with pytest.raises(PageRefused, match="409: Somebody was faster"):
        visitor.open("/")


def test_a_visit_within_the_process_sees_the_clock_that_was_set_back() -> None:
    """Pages run in the same context, so what they record is dated by the clock that the story set."""
    past = now() - timedelta(days=3)

    def application(environment: object, start: object) -> list[bytes]:
        assert callable(start)
        start("200 OK", [("Content-Type", "text/html")])
        return [now().isoformat().encode()]

    with frozen(past), within(httpx.WSGITransport(app=application)):
        assert Visitor("http://127.0.0.1:1").open("/").text == past.isoformat()
    assert now() - past > timedelta(days=2)
