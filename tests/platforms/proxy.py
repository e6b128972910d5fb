"""A small HTTP proxy that loses, forges or garbles the answer to chosen requests, in front of a real server."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from tests.platforms.fake import Fault


@dataclass
class Hold:
    """Keeps back the answer to the first request that matches: `reached` after the effect, until `released`."""

    pattern: str
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Proxy:
    """`base_url` leads to the real server; `faults` strike requests that change something and match their pattern."""

    base_url: str
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def hold(self, pattern: str) -> Hold:
        """Keep back the answer to the next request that matches."""
        self.holds.append(Hold(pattern))
        return self.holds[-1]

    def wait(self, method: str, path: str) -> bool:
        """Whether the answer was held; then nobody waits for it any more."""
        found = next((hold for hold in self.holds if re.search(hold.pattern, f"{method} {path}")), None)
        if found is None:
            return False
        self.holds.remove(found)
        found.reached.set()
        found.released.wait(60)
        return True

    def strike(self, method: str, path: str) -> Fault | None:
        for index, (pattern, fault) in enumerate(self.faults):
            if re.search(pattern, f"{method} {path}"):
                del self.faults[index]
                return fault
        return None


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """A proxy in front of `target` for the block."""
    client = httpx.Client(base_url=target, timeout=20, trust_env=False)
    proxy = Proxy("")

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = proxy.strike(self.command, self.path)
            if fault is Fault.ERROR_BEFORE_EFFECT:
                return self.answer(500, b'{"errcode":"M_UNKNOWN"}')
            if fault is Fault.LIE:
                return self.answer(200, b"{}")
            kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            real = client.request(self.command, self.path, content=body, headers=kept)
            proxy.passed.append(f"{self.command} {self.path}")
            if fault is Fault.TIMEOUT_AFTER_EFFECT or proxy.wait(self.command, self.path):
                self.close_connection = True
                return None  # hung up without a word
            if fault is Fault.NONSENSE:
                return self.answer(200, b"<html>no JSON</html>")
            return self.answer(real.status_code, real.content)

        do_GET = do_POST = do_PUT = handle_any

        def answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silence: a test's output is its result."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        client.close()
