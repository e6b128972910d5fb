"""External receivers: a mail server and a webhook receiver, in a process that is killed like the others.

Run as `python -m tests.faults.outside FILE MAIL_PORT HOOKS_PORT`. Everything that arrived is written to the file, one
line each, before it is acknowledged. `Outside` reads it.
"""

import json
import os
import socketserver
import sys
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Outside:
    """Mails and webhooks by message id: how often each arrived, and its content."""

    came: Path
    mail_port: int
    hooks_port: int
    mails: dict[str, tuple[int, str]] = field(default_factory=dict)
    hooks: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    _read: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def smtp(self) -> str:
        return f"smtp://127.0.0.1:{self.mail_port}"

    @property
    def hooks_url(self) -> str:
        return f"http://127.0.0.1:{self.hooks_port}/"

    def letters(self, about: str) -> list[str]:
        """The texts of the different mails with this number."""
        with self._lock:
            self._look()
            return [text for _, text in self.mails.values() if about in text]

    def hooks_by_news(self) -> dict[tuple[str, int], set[str]]:
        """The messages of each event: event and report."""
        found: dict[tuple[str, int], set[str]] = {}
        with self._lock:
            self._look()
            for name, (_, body) in self.hooks.items():
                found.setdefault((body["type"], body["data"].get("report_id", 0)), set()).add(name)
        return found

    def _look(self) -> None:
        """Read what arrived since. A line without its end was never acknowledged."""
        if not self.came.exists():
            return
        with self.came.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole, end, _ = new.rpartition(b"\n")
        self._read += len(whole) + len(end)
        for line in whole.splitlines():
            kind, name, body = json.loads(line)
            if kind == "mail":
                self.mails[name] = (self.mails.get(name, (0, ""))[0] + 1, body)
            else:
                self.hooks[name] = (self.hooks.get(name, (0, {}))[0] + 1, body)


class _Kept:
    """The file, written in one call for each line, so that a kill -9 leaves no partial line."""

    def __init__(self, place: Path) -> None:
        self._file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def keep(self, kind: str, name: str, said: object) -> None:
        os.write(self._file, json.dumps([kind, name, said]).encode() + b"\n")


def _mail(kept: _Kept, content: bytes) -> None:
    read = message_from_bytes(content, policy=default)
    body = read.get_body()
    kept.keep("mail", str(read["Message-ID"]), body.get_content() if body else "")


def serve(kept: _Kept, mail_port: int, hooks_port: int) -> None:
    """Run both until the process is killed."""

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
                            _mail(kept, content)
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
            kept.keep("hook", self.headers.get("webhook-id", ""), json.loads(content))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: a test's output is its result."""

    class Mails(socketserver.ThreadingTCPServer):
        daemon_threads = allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """The caller was killed on purpose."""

    class HookServer(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """As above."""

    with Mails(("127.0.0.1", mail_port), Mail) as mails, HookServer(("127.0.0.1", hooks_port), Hooks) as hooks:
        threading.Thread(target=mails.serve_forever, daemon=True).start()
        hooks.serve_forever()


if __name__ == "__main__":
    serve(_Kept(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
