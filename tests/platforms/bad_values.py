"""Answers with one bad value in them, from servers on loopback: each value as the bytes of JSON that a server sends."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NUL, LONE, ESCAPE = "a\x00b", "a\ud800b", "a\x1b[31mb"
MARK = '"@"'
"""Where the bad value stands in the answer."""

BAD: dict[str, bytes] = {
    "nul": json.dumps(NUL).encode(),
    "nul-alone": b'"\\u0000"',
    "lone-high-surrogate": json.dumps(LONE).encode(),
    "lone-low-surrogate": b'"\\udfff"',
    "escape": json.dumps(ESCAPE).encode(),
    "newline": b'"a\\nb"',
    "delete": b'"a\\u007fb"',
    "c1-control": b'"a\\u0085b"',
    "empty": b'""',
    "too-long": json.dumps("x" * 5000).encode(),
    "much-too-long": json.dumps("x" * 300_000).encode(),
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "negative": b"-1",
    "beyond-bigint": b"9223372036854775808",
    "hundred-digits": b"1" * 100,
    "four-hundred-digits": b"1" * 400,
    "five-thousand-digits": b"1" * 5000,
    "fraction": b"1.5",
    "huge-exponent": b"1e400",
    "negative-huge-exponent": b"-1e400",
    "nan": b"NaN",
    "infinity": b"Infinity",
    "list": b"[]",
    "list-of-lists": b"[[[[]]]]",
    "object": b"{}",
    "object-with-nul-key": b'{"\\u0000": 1}',
    "fifty-deep": b"[" * 50 + b"]" * 50,
    "five-hundred-deep": b"[" * 500 + b"]" * 500,
    "hundred-thousand-deep": b"[" * 100_000 + b"]" * 100_000,
    "utf-8-surrogate": b'"a\xed\xa0\x80b"',
    "invalid-utf-8": b'"a\xffb"',
    "overlong-utf-8": b'"a\xc0\x80b"',
    "cut-escape": b'"a\\ud8"',
    "single-quotes": b"'a'",
    "nothing": b"",
    "comment": b"/* a */ 1",
    "year-99999-ms": b"3093527980799000",
    "year-minus-ms": b"-99999999999999",
}
"""One value each."""

BODIES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "empty-body": (200, {}, b""),
    "html": (200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"),
    "utf-16": (200, {}, '{"a": 1}'.encode("utf-16")),
    "latin-1": (200, {}, b'{"a": "\xe4"}'),
    "a-bare-list": (200, {}, b"[]"),
    "a-bare-number": (200, {}, b"7"),
    "null-body": (200, {}, b"null"),
    "redirect-elsewhere": (302, {"Location": "http://169.254.169.254/latest/"}, b""),
    "redirect-to-itself": (301, {"Location": "/"}, b""),
    "claims-gzip": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b not so"),
    "claims-brotli": (200, {"Content-Encoding": "br"}, b"{}"),
    "header-garbage": (200, {"X-\xff": "\xff\xfe", "Set-Cookie": "=;;;,\xff; expires=never"}, b"{}"),
    "pause-of-ages": (429, {"Retry-After": "9" * 300}, b"{}"),
    "pause-beyond-count": (429, {}, b'{"retry_after_ms": ' + b"9" * 400 + b"}"),
    "pause-that-is-no-number": (429, {}, b'{"retry_after_ms": NaN}'),
    "pause-until-year-0": (503, {"Retry-After": "Mon, 01 Jan 0000 00:00:00 +9999"}, b""),
    "status-999": (999, {}, b"{}"),
    "teapot": (418, {}, b"{}"),
}
"""A whole answer each."""

Answer = tuple[int, dict[str, str], bytes]


def filled(template: object, bad: bytes) -> bytes:
    """The template as JSON, with the bad value at its mark: as a value, or inside the quotes of a key."""
    text = json.dumps(template).encode()
    assert MARK.encode() in text, "the template has no mark"
    return text.replace(MARK.encode() + b":", _as_key(bad) + b":").replace(MARK.encode(), bad)


def _as_key(bad: bytes) -> bytes:
    return bad if bad.startswith(b'"') else json.dumps(bad.decode("latin-1")).encode()


class Liar:
    """A server whose answers a test sets: `reply` gets method, path without its query, and the body."""

    def __init__(self, reply: Callable[[str, str, bytes], Answer]) -> None:
        self.reply = reply
        self.url = ""
        self.asked = 0


@contextmanager
def lying(reply: Callable[[str, str, bytes], Answer]) -> Iterator[Liar]:
    """The server on loopback, for the block."""
    liar = Liar(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            liar.asked += 1
            status, headers, body = liar.reply(self.command, self.path.partition("?")[0], sent)
            lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in headers.items())]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up on a too long answer is right."""

    with Server(("127.0.0.1", 0), Handler) as server:
        liar.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True).start()
        try:
            yield liar
        finally:
            server.shutdown()


@contextmanager
def raw_server(answer: Callable[[bytes], Iterable[bytes]]) -> Iterator[int]:
    """A server of bytes on loopback: `answer` gets the request and returns the answer; without one it hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                while came := self.request.recv(65536):
                    answered = False
                    for part in answer(came):
                        self.request.sendall(part)
                        answered = True
                    if not answered:
                        return
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
