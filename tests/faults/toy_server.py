"""A toy chat platform over HTTP without idempotency keys: each order takes effect again, and is counted.

Run as `python -m tests.faults.toy_server PORT`. Asking twice without checking does it twice: a second closure, a second
notice. `GET /effects` says how often each order had an effect on each account.

`/toy/…` is for the tests: which tokens are valid, how long an order takes at most, whether it is out of order.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

FIRST_TOKEN = "first"
STATES = {"hold": "held", "close": "closed", "reopen": "open"}


class Toy:
    """The accounts and what was done to them, in memory; no test kills the server, so nothing is lost."""

    def __init__(self, seed: int = 0, slowest: float = 0.01) -> None:
        self.lock = threading.Lock()
        self.accounts: dict[str, str] = {}
        self.notices: dict[str, list[str]] = {}
        self.effects: dict[str, dict[str, int]] = {}
        self.tokens = {FIRST_TOKEN: 0}  # and how many orders came by each
        self.down = False
        self.at_work, self.busiest = 0, 0
        self._chance, self._slowest = random.Random(seed), slowest

    def answer(self, method: str, path: str, body: dict[str, str], token: str = "") -> tuple[int, object]:
        """Status and JSON. An order takes a moment before and after its effect, as on a real server."""
        match method, *[unquote(part) for part in path.strip("/").split("/")]:
            case how, "toy", *told:
                return 200, self.told(how, told)
            case "GET", "effects":
                return 200, self.effects
            case "PUT", "accounts", account:
                self.accounts.setdefault(account, "open")
                self.effects.setdefault(account, {})
                return 200, {}
            case "GET", "accounts", account if account in self.accounts:
                return 200, {"state": self.accounts[account]}
            case _ if self.down:
                return 503, {}
            case "GET", "sign-in", account if account in self.accounts:
                return 200, {"answer": self.accounts[account]}
            case "GET", "inbox", account if account in self.accounts:
                return 200, {"notices": self.notices.get(account, [])}
            case "POST", *_ if token not in self.tokens:
                return 401, {}
            case "POST", "accounts", account, order if account in self.accounts and order in (*STATES, "notice"):
                with self._busy():
                    self._carry_out(account, order, body, token)
                return 200, {}
        return 404, {}

    def told(self, how: str, what: list[str]) -> object:
        """The requests of a test."""
        match how, *what:
            case "PUT", "tokens", token:
                self.tokens.setdefault(token, 0)
            case "DELETE", "tokens", token:
                del self.tokens[token]
            case "PUT", "slowest", seconds:
                self._slowest, self.busiest = float(seconds), 0
            case "PUT", "down", word:
                self.down = word == "yes"
        return {"tokens": self.tokens, "busiest": self.busiest}

    @contextmanager
    def _busy(self) -> Iterator[None]:
        with self.lock:
            self.at_work += 1
            self.busiest = max(self.busiest, self.at_work)
        try:
            yield
        finally:
            with self.lock:
                self.at_work -= 1

    def _carry_out(self, account: str, order: str, body: dict[str, str], token: str) -> None:
        self._work()
        with self.lock:
            if token in self.tokens:
                self.tokens[token] += 1
            self.effects[account][order] = self.effects[account].get(order, 0) + 1
            if order == "notice":
                self.notices.setdefault(account, []).append(body["text"])
            else:
                self.accounts[account] = STATES[order]
        self._work()

    def _work(self) -> None:
        with self.lock:
            pause = self._chance.uniform(0, self._slowest)
        time.sleep(pause)


def serve(port: int, toy: Toy) -> ThreadingHTTPServer:
    """The server on loopback, not yet running."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, value = toy.answer(self.command, self.path, json.loads(content or b"{}"), token)
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # whoever asked was killed; that is what it is for
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: a test's output is its result."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Toy()).serve_forever(poll_interval=0.1)
