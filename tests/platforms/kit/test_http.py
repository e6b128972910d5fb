"""The HTTP client with limits, against a small real server: credentials, requested pauses, limits of time and size."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.platforms.kit.guard import guarded
from jaga.platforms.kit.http import LONGEST, MOST_VALUES, Http, RateLimited, retry_after

Respond = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """`respond` writes the answer to every request; `seen` has the received headers."""

    base_url: str
    respond: Respond
    seen: dict[str, str]

    def answers(self, status: int, content: bytes = b"{}", **headers: str) -> None:
        def respond(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.respond = respond


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.seen = dict(self.headers.items())
            with suppress(ConnectionError):
                made.respond(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: a test's output is its result."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    made.base_url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    listening.shutdown()
    thread.join()
    listening.server_close()


def test_credentials_go_as_the_platform_wants_them(server: Server) -> None:
    """A bearer token, another one for one call, none at all, or a name with a password; and headers for every call."""
    server.answers(200)
    http = Http(server.base_url, "geheim", headers={"Host": "localhost"})
    http.call("GET", "/x")
    assert (server.seen["Authorization"], server.seen["Host"]) == ("Bearer geheim", "localhost")
    http.call("GET", "/x", token="lain", headers={"Atproto-Proxy": "did:web:x"})
    assert (server.seen["Authorization"], server.seen["Atproto-Proxy"]) == ("Bearer lain", "did:web:x")
    http.call("GET", "/x", token="")
    assert "Authorization" not in server.seen
    Http(server.base_url, auth=("admin", "sandi")).call("GET", "/x")
    assert server.seen["Authorization"] == "Basic YWRtaW46c2FuZGk="


def test_json_that_is_no_object_is_refused_unless_it_was_asked_for(server: Server) -> None:
    """Some interfaces answer with a bare number; otherwise it is no answer."""
    http = Http(server.base_url)
    for content, value in ((b"0", 0), (b"[1]", [1]), (b'"x"', "x"), (b'{"a":1}', {"a": 1}), (b"", None)):
        server.answers(200, content)
        answer = http.call("POST", "/x", any_json=True)
        assert (answer.value, answer.body) == (value, value if isinstance(value, dict) else {})
    for content in (b"0", b"[1]", b"<html>", b"\xff", b"[" * 100_000):
        server.answers(200, content)
        with pytest.raises(PlatformUnreachable):
            http.call("POST", "/x")


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, PlatformUnreachable)])
def test_a_pause_that_is_asked_for_comes_with_the_error(
    server: Server,
    status: int,
    kind: type[PlatformUnreachable],
) -> None:
    """Seconds, a date by the server's own clock, or Matrix's milliseconds; without any there is no such parameter."""
    http = Http(server.base_url)

    def asked(content: bytes = b"{}", **headers: str) -> object:
        server.answers(status, content, **headers)
        with pytest.raises(kind) as raised:
            http.call("GET", "/akun-rina")
        assert "rina" not in f"{raised.value}{raised.value.params}"
        return raised.value.params.get("retry_after")

    assert asked(Retry_After="12") == 12.0
    assert asked(b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1500}') == 1.5
    assert asked(b'{"retry_after_ms":1500}', Retry_After="3") == 3.0
    assert asked() is None
    assert asked(b"<html>busy</html>") is None


def test_every_way_of_saying_a_pause_is_bounded_and_nonsense_says_nothing() -> None:
    """Neither a wrong header nor a wrong clock can stop the work for more than an hour, or give a negative pause."""
    moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    date = format_datetime(moment, usegmt=True)
    later = format_datetime(moment + timedelta(seconds=90), usegmt=True)
    earlier = format_datetime(moment - timedelta(days=1), usegmt=True)
    assert retry_after({"Retry-After": later, "Date": date}, b"") == 90.0
    assert retry_after({"Retry-After": earlier, "Date": date}, b"") == 0.0
    assert retry_after({"Retry-After": "0"}, b"") == 0.0
    assert retry_after({"Retry-After": "999999999"}, b"") == LONGEST
    assert retry_after({}, b'{"retry_after_ms": 1e300}') == LONGEST
    assert retry_after({}, b'{"retry_after_ms": -5}') == 0.0
    for text in ("", "soon", "-1", "nan", "inf", "1e9", "1_000", "٣", "Sun, 99 Mar 2026 12:00:00 GMT"):
        assert retry_after({"Retry-After": text}, b"") is None, text
    for content in (b"", b"x", b"[]", b'{"retry_after_ms":"5"}', b'{"retry_after_ms":true}', b'{"retry_after_ms":NaN}'):
        assert retry_after({}, content) is None, content


def test_an_answer_that_drips_is_ended_by_the_time_limit(server: Server) -> None:
    """The limit applies to the whole answer, not to each of its bytes."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b" ")
            time.sleep(0.05)

    server.respond = drip
    started = time.monotonic()
    with pytest.raises(PlatformUnreachable):
        Http(server.base_url, seconds=0.3).call("GET", "/x")
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("values", [b"{},", b"[],", b'{"a":0},', b"0,"])
def test_an_answer_of_very_many_values_is_never_parsed(server: Server, values: bytes) -> None:
    """A few megabytes would need hundreds in memory, and block every other thread meanwhile."""
    server.answers(200, b"[" + values * (MOST_VALUES + 1) + b"0]")
    with pytest.raises(PlatformFault, match="cannot be used") as refused:
        Http(server.base_url).call("GET", "/x", any_json=True)
    assert str(MOST_VALUES) in str(refused.value.params["why"])


def test_all_answers_to_one_call_of_an_adapter_have_one_limit(server: Server) -> None:
    """Pages within their own limits are limited in total; the next call starts again, a nested call does not."""
    server.answers(200, b"[" + b"{}," * 700_000 + b"0]")  # an answer that would be taken
    http, asked = Http(server.base_url), list[int]()

    class Adapter:
        def observe(self) -> int:
            return http.call("GET", "/x", any_json=True).status

        def check(self) -> None:
            for page in range(50):
                asked.append(page)
                self.observe()

    adapter = guarded(Adapter())
    for _ in range(2):
        with pytest.raises(PlatformFault) as refused:
            adapter.check()
        assert "too large together" in str(refused.value.params["why"])
    assert len(asked) < 20
    assert adapter.observe() == 200


def test_a_server_leaves_no_cookies(server: Server) -> None:
    """New ones in each answer would fill the memory, and make every later request longer."""
    http = Http(server.base_url)
    for number in range(3):
        server.answers(200, Set_Cookie=f"a{number}=b; Path=/")
        http.call("GET", "/x")
    assert "Cookie" not in server.seen


def test_a_download_leaves_nothing_but_its_hash(server: Server) -> None:
    """Type, size and SHA-256; beyond the limit, announced or not, there is no hash; a truncated file is no answer."""
    content = b"gambar" * 50_000
    server.answers(200, content, Content_Type="image/png")
    http = Http(server.base_url)
    found = http.fingerprint("/x", largest=len(content))
    assert (found.status, found.media_type, found.size) == (200, "image/png", len(content))
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert not http.fingerprint("/x", largest=len(content) - 1).complete

    def unannounced(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(content)

    server.respond = unannounced
    assert http.fingerprint("/x", largest=len(content)).complete
    assert not http.fingerprint("/x", largest=len(content) - 1).complete

    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"x" * 500)
        request.close_connection = True

    server.respond = cut
    with pytest.raises(PlatformUnreachable):
        http.fingerprint("/x", largest=1000)
    server.answers(404)
    assert (http.fingerprint("/x", largest=9).status, http.fingerprint("/x", largest=9).complete) == (404, False)
    server.answers(429, Retry_After="4")
    with pytest.raises(RateLimited) as raised:
        http.fingerprint("/x", largest=9)
    assert raised.value.params["retry_after"] == 4.0
