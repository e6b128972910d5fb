"""What Jaga speaks to beside platforms: a mail server and a receiver of webhooks. Both count what came."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Outside:
    """Mails by message id, and webhooks by theirs: how often each came, and what it said."""

    smtp: str = ""
    hooks_url: str = ""
    mails: dict[str, tuple[int, str]] = field(default_factory=dict)
    hooks: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mail(self, content: bytes) -> None:
        read = message_from_bytes(content, policy=default)
        body = read.get_body()
        with self._lock:
            key = str(read["Message-ID"])
            self.mails[key] = (self.mails.get(key, (0, ""))[0] + 1, body.get_content() if body else "")

    def hook(self, name: str, body: dict[str, Any]) -> None:
        with self._lock:
            self.hooks[name] = (self.hooks.get(name, (0, {}))[0] + 1, body)

    def letters(self, about: str) -> list[str]:
        """The texts of the different mails that name this number."""
        with self._lock:
            return [text for _, text in self.mails.values() if about in text]

    def hooks_by_news(self) -> dict[tuple[str, int], set[str]]:
        """Which messages told each news: event and report."""
        found: dict[tuple[str, int], set[str]] = {}
        with self._lock:
            for name, (_, body) in self.hooks.items():
                found.setdefault((body["type"], body["data"].get("report_id", 0)), set()).add(name)
        return found


@contextmanager
def outside() -> Iterator[Outside]:
    """Both for the block, on ports of their own."""
    made = Outside()

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            for line in self.rfile:
                word = line[:4].upper()
                if word == b"DATA":
                    self.say("354 go on")
                    content = b""
                    for part in self.rfile:
                        if part == b".\r\n":
                            made.mail(content)
                            break
                        content += part
                    else:
                        return  # whoever sent it was killed
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 good-bye")
                    return
                else:
                    self.say("250 here" if word == b"EHLO" else "250 well")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Hooks(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.hook(self.headers.get("webhook-id", ""), json.loads(content))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silence: a test's output is its result."""

    class Mails(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever was at it was killed; that is what it is for."""

    class HookServer(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """As above."""

    with Mails(("127.0.0.1", 0), Mail) as mails, HookServer(("127.0.0.1", 0), Hooks) as hooks:
        made.smtp = f"smtp://127.0.0.1:{mails.server_address[1]}"
        made.hooks_url = f"http://127.0.0.1:{hooks.server_address[1]}/"
        for server in (mails, hooks):
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield made
        finally:
            for server in (mails, hooks):
                server.shutdown()
