"""The toy server of docs/new-source.md: a board with a numbered list of changes, on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 20
"""Changes in one answer at most."""
AT = "2026-11-30T01:02:03Z"


class Board:
    """What is on the board. Each change has a number; the list answers what came after one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.changes: list[dict[str, Any]] = []
        self.is_down = False
        self.robots = "User-agent: *\nDisallow: /members/\n"

    def change(self, **fields: Any) -> int:
        """A change; its number."""
        self.changes.append({"number": len(self.changes) + 1, "at": AT, **fields})
        return len(self.changes)

    def answer(self, after: int, most: int) -> dict[str, Any]:
        return {"newest": len(self.changes), "changes": self.changes[after : after + min(most, PAGE)]}


@contextmanager
def running_board() -> Iterator[Board]:
    """The server for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            body = (
                board.robots.encode()
                if path == "/robots.txt"
                else json.dumps(board.answer(int(asked["after"][0]), int(asked["most"][0]))).encode()
            )
            self.send_response(500 if board.is_down else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        board = Board(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield board
        finally:
            server.shutdown()
            thread.join()
