"""A toy chat server over HTTP, with the habits of real ones: docs/new-adapter.md writes an adapter for it.

    python tests/platforms/toy_chat.py PORT

People: POST /sign-up, /sign-in {name, password} → {token}; by a token GET /me, POST /wall and /notes {text}; for
everybody GET /people/NAME: 200 with the wall, or 404. The administrator's token: GET /admin/people/NAME; PUT there
{closed}, which answers 200 also at a repeat, and makes the account where there is none; DELETE.
"""

import json
import secrets
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADMIN = "invented-admin"


@dataclass
class Someone:
    password: str = ""
    closed: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    wall: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


people: dict[str, Someone] = {"kepala": Someone("rahasia")}


class Chat(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        place, _, name = self.path.removeprefix("/").rpartition("/")
        found = people.get(name)
        if self.path == "/me":
            return self.reply(200 if self.me() else 401, {})
        if place == "admin/people":
            return self.reply(
                *(
                    (200, {"name": name, "closed": found.closed, "runs_it": name == "kepala", "wall": found.wall})
                    if found and self.is_admin()
                    else (self.refusal(), {})
                )
            )
        return self.reply(*((200, {"name": name, "wall": found.wall}) if found and not found.closed else (404, {})))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path in ("/wall", "/notes"):
            if me := self.me():
                (me.wall if self.path == "/wall" else me.notes).append(body["text"])
            return self.reply(200 if me else 401, {})
        if self.path == "/sign-up":
            people[body["name"]] = Someone(body["password"])
        known = people.get(body["name"])
        good = known and known.password == body["password"] and not known.closed
        return self.reply(*((200, {"token": known.token}) if known and good else (403, {})))

    def do_PUT(self) -> None:
        if not self.is_admin():
            return self.reply(401, {})
        known = people.setdefault(self.path.removeprefix("/admin/people/"), Someone())
        known.closed = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["closed"]
        known.token = secrets.token_hex(8)
        return self.reply(200, {})

    def do_DELETE(self) -> None:
        if self.is_admin():
            people.pop(self.path.removeprefix("/admin/people/"), None)
        self.reply(200 if self.is_admin() else 401, {})

    def me(self) -> Someone | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return next((one for one in people.values() if one.token == token), None)

    def is_admin(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {ADMIN}"

    def refusal(self) -> int:
        return 404 if self.is_admin() else 401

    def reply(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
