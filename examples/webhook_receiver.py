"""A chat platform's receiver for Jaga's notices (docs/webhooks.md): Python and `cryptography`, nothing of Jaga.

    OWN_KEY=whsk_… JAGA_KEYS=whpk_… ACCOUNTS="mawar=active melati=closed" python examples/webhook_receiver.py

It goes behind a web server that speaks TLS. What your platform does is `carry_out`; `answers` and `seen` belong in its
database. `invented_platform.py` adds what a platform may offer besides.
"""

import base64
import json
import os
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

OWN = Ed25519PrivateKey.from_private_bytes(base64.b64decode(os.environ["OWN_KEY"].removeprefix("whsk_"))[:32])
JAGA = [Ed25519PublicKey.from_public_bytes(base64.b64decode(key[5:])) for key in os.environ["JAGA_KEYS"].split()]
WANTED = {"close": "closed", "restrict": "restricted", "restore": "active"}
accounts = dict(word.split("=") for word in os.environ["ACCOUNTS"].split())
answers: dict[str, dict[str, str]] = {}  # by message id: a repeat gets the same answer and changes nothing
seen: set[tuple[str, str]] = set()  # id and timestamp of each message, to be kept for ten minutes at least


def genuine(id_: str, at: str, signatures: str, body: bytes) -> bool:
    """Whether Jaga signed this, within five minutes of now."""
    if "." in id_ or not at.isdecimal() or abs(float(at) - time.time()) > 300:
        return False
    for text in signatures.split():  # several, while Jaga's key is replaced
        for key in JAGA if text.startswith("v1a,") else ():
            with suppress(InvalidSignature, ValueError):
                key.verify(base64.b64decode(text[4:], validate=True), f"{id_}.{at}.".encode() + body)
                return True
    return False


def signed(message: dict[str, str], id_: str) -> tuple[bytes, dict[str, str]]:
    body, at = json.dumps(message).encode(), str(int(time.time()))
    signature = base64.b64encode(OWN.sign(f"{id_}.{at}.".encode() + body)).decode()
    return body, {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": f"v1a,{signature}"}


def carry_out(notice: dict[str, str]) -> tuple[str, str]:
    """The outcome, and words for it. A person may do this instead, within the deadline."""
    name, wanted = notice["account_id"], WANTED.get(notice["action"])
    if name not in accounts or wanted is None:
        return ("refused", "Not by software.") if name in accounts else ("invalid_locator", "No such account.")
    if accounts[name] == wanted:
        return "already", ""
    print(f"to {name}: {notice['statement']}", flush=True)  # before the door closes: afterwards it cannot be read
    accounts[name] = wanted
    return "done", ""


class Receiver(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        id_, at, signatures = (self.headers.get(f"webhook-{name}", ".") for name in ("id", "timestamp", "signature"))
        body = self.rfile.read(max(0, min(int(self.headers.get("Content-Length", 0)), 1_000_000)))
        if not genuine(id_, at, signatures, body) or (id_, at) in seen:  # seen: a recording; a repeat has a new time
            self.send_error(401)
            return
        seen.add((id_, at))
        content, headers = signed(self.answer(id_, json.loads(body)), f"reply_{id_}")
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def answer(self, id_: str, said: dict[str, str]) -> dict[str, str]:
        if said["type"] == "jaga.ping.v1":
            return {"type": "jaga.pong.v1", "challenge": said["challenge"]}
        if id_ not in answers:
            kind, text = carry_out(said)
            answers[id_] = {"type": "jaga.answer.v1", "number": said["number"], "kind": kind, "text": text}
        return answers[id_]


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8090"))), Receiver).serve_forever()
