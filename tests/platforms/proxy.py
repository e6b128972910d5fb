"""A small HTTP proxy in front of a real server that loses, delays, truncates, forges or garbles chosen answers.

`tests.platforms.fake.Fault` describes each fault. `Weather` strikes at random, the same way for a seed.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import httpx
from tests.platforms.fake import RETRY_AFTER, Fault

LIMIT = 0.5
"""The adapter's time limit for a test with faults that outlast it, in seconds."""
_PATIENT = 20.0
STORM = (
    Fault.TIMEOUT_AFTER_EFFECT,
    Fault.NONSENSE,
    Fault.CUT,
    Fault.DROP,
    Fault.ERROR_BEFORE_EFFECT,
    Fault.RATE_LIMITED,
)
"""What a bad network does by chance."""

_OUTLASTING = (Fault.TIMEOUT_AFTER_EFFECT, Fault.SLOW, Fault.HALF_OPEN)
_DROPPED = frozenset({"connection", "keep-alive", "content-length", "accept-encoding", "transfer-encoding"})


def limit(fault: Fault, at_least: float = LIMIT) -> float:
    """The adapter's time limit if `fault` strikes, in seconds: short only if the fault lasts longer, so that all other
    tests wait for the answers of a busy machine.
    """
    return at_least if fault in _OUTLASTING else _PATIENT


@dataclass
class Hold:
    """Holds back the answer to the first matching request: `reached` after the effect, until `released`."""

    pattern: str
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Weather:
    """Strikes each request with the probability `share`, with one of `faults`; the n-th request alike for the same
    seed.
    """

    seed: int
    share: float
    faults: tuple[Fault, ...]

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)

    def strike(self) -> Fault | None:
        return self._chance.choice(self.faults) if self._chance.random() < self.share else None


@dataclass
class Proxy:
    """`base_url` leads to the real server; each of `faults` strikes once, at the first request that matches its
    pattern.

    A pattern is searched in method and path, the first line, and in the body after it. `late` patterns let a request
    through only after nobody waits for its answer any more: the effect comes late.
    """

    base_url: str
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    weather: Weather | None = None
    outlasts: float = 4 * LIMIT
    closing: threading.Event = field(default_factory=threading.Event)
    arrived_late: threading.Event = field(default_factory=threading.Event)

    def hold(self, pattern: str) -> Hold:
        """Hold back the answer to the next matching request."""
        self.holds.append(Hold(pattern))
        return self.holds[-1]

    def wait(self, method: str, path: str) -> bool:
        """Whether the answer was held back; afterwards nobody waits for it any more."""
        found = next((hold for hold in self.holds if re.search(hold.pattern, f"{method} {path}")), None)
        if found is None:
            return False
        self.holds.remove(found)
        found.reached.set()
        found.released.wait(60)
        return True

    def outlast(self) -> None:
        """Wait until the client has given up, or the proxy ends."""
        self.closing.wait(self.outlasts)

    def is_late(self, method: str, path: str) -> bool:
        found = next((pattern for pattern in self.late if re.search(pattern, f"{method} {path}")), None)
        if found is not None:
            self.late.remove(found)
        return found is not None

    def strike(self, method: str, path: str, body: bytes) -> Fault | None:
        asked = f"{method} {path}\n{body.decode(errors='replace')}"
        for index, (pattern, fault) in enumerate(self.faults):
            if re.search(pattern, asked, re.MULTILINE):
                del self.faults[index]
                return fault
        return None if self.weather is None else self.weather.strike()


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """A proxy in front of `target` for the block."""
    client = httpx.Client(base_url=target, timeout=60, trust_env=False)
    proxy = Proxy("")

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            match proxy.strike(self.command, self.path, body):
                case Fault.ERROR_BEFORE_EFFECT:
                    self.answer(500, b'{"errcode":"M_UNKNOWN"}')
                case Fault.LIE:
                    self.answer(200, b"{}")
                case Fault.RATE_LIMITED:
                    self.answer(429, b'{"errcode":"M_LIMIT_EXCEEDED"}', {"Retry-After": str(int(RETRY_AFTER))})
                case Fault.DROP:
                    self.hang_up()
                case Fault.HALF_OPEN:
                    proxy.outlast()
                    self.hang_up()
                case fault:
                    self.pass_on(body, fault)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def pass_on(self, body: bytes, fault: Fault | None) -> None:
            late = proxy.is_late(self.command, self.path)
            if late:
                proxy.outlast()
            real = client.request(self.command, self.path, content=body, headers=self.kept())
            proxy.passed.append(f"{self.command} {self.path}")
            if late:
                proxy.arrived_late.set()
            if late or fault is Fault.TIMEOUT_AFTER_EFFECT or proxy.wait(self.command, self.path):
                self.hang_up()
                return
            if fault is Fault.SLOW:
                proxy.outlast()
            if fault is Fault.NONSENSE:
                self.answer(200, b"<html>no JSON</html>")
                return
            headers = {name: real.headers[name] for name in ("Content-Type", "Retry-After") if name in real.headers}
            self.answer(real.status_code, real.content, headers, cut=fault is Fault.CUT)

        def kept(self) -> dict[str, str]:
            """The client's headers; its Host only if it differs from this proxy."""
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
            if kept.get("Host") == f"127.0.0.1:{server.server_port}":
                del kept["Host"]
            return kept

        def answer(
            self, status: int, content: bytes, headers: dict[str, str] | None = None, *, cut: bool = False
        ) -> None:
            with suppress(ConnectionError):  # whoever asked has given up; that is what the test is about
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = True

        def hang_up(self) -> None:
            """End the connection without an answer."""
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: a test's output is its result."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
        client.close()
