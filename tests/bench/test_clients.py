"""The benchmarks' clients: complete answers, and calls at a rate whether answers arrive or not."""

from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

import pytest
from bench.clients import Connection, Sender, at_a_rate
from bench.harness import CallFailed


class Answers(BaseHTTPRequestHandler):
    """Echoes what was sent; refuses a key that ends in `bad`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if self.headers["Authorization"].endswith("bad") else 201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_an_answer_is_read_whole_and_the_next_one_begins_after_it(port: int) -> None:
    """An answer longer than any network packet is read completely, twice on one connection."""
    with closing(Connection(port)) as connection:
        for length in (200_000, 3):
            answer = connection.ask("POST", "/", b"x" * length, "Authorization: Bearer good\r\n")
            assert (answer.status, answer.body) == (201, b"x" * length)


def test_a_refused_report_does_not_count_as_sent(port: int) -> None:
    """A refused report is not counted, whatever else the answer says."""
    with closing(Sender(port, "good", "uji", "a")) as good, closing(Sender(port, "bad", "uji", "a")) as bad:
        good.send()
        with pytest.raises(CallFailed, match="503"):
            bad.send()


def test_calls_come_at_their_rate_and_each_is_counted_where_it_belongs() -> None:
    """Forty calls a second for half a second from four clients, one of which is refused."""

    def call(status: int) -> int:
        sleep(0.001)
        return status

    pace = at_a_rate([lambda: call(201)] * 3 + [lambda: call(503)], 40, 0.5)
    assert 0 < len(pace.refused) <= 6
    assert 8 <= len(pace.accepted) + len(pace.refused) <= 22
    assert min(pace.accepted + pace.refused) >= 0.001
