"""A chat platform's receiver for Jaga's notices: plain Python and `cryptography`, nothing of Jaga (docs/webhooks.md).

    python examples/webhook_receiver.py --key receiver.key --jaga whpk_… mawar melati

POST / takes notices, POST /state tells an account's state, GET /u/NAME is its public profile. With `--later ADDRESS` it
signs a receipt at once, and sends its answer to that address a moment later.
"""
import argparse
import base64
import json
import pathlib
import secrets
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

parser = argparse.ArgumentParser()
parser.add_argument("names", nargs="*", help="accounts of this toy platform: NAME or NAME=closed")
parser.add_argument("--key", type=pathlib.Path, required=True, help="file with our own whsk_ key; made if missing")
parser.add_argument("--jaga", action="append", required=True, help="Jaga's whpk_ key; twice, while it is replaced")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--later", help="e.g. https://jaga.example.id/hooks/NAME/")
given = parser.parse_args()
accounts = {name: state or "active" for name, _, state in (word.partition("=") for word in given.names)}
answers = {}  # by message id: a repeat gets the same answer and changes nothing
seen = set()  # id and timestamp of each message, to be kept for ten minutes at least


def signed(message, id_):
    body, at = json.dumps(message).encode(), str(int(time.time()))
    signature = base64.b64encode(own.sign(f"{id_}.{at}.".encode() + body)).decode()
    return body, {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": f"v1a,{signature}"}


def genuine(headers, body):
    id_, at = headers.get("webhook-id", "."), headers.get("webhook-timestamp", "")
    if "." in id_ or not (at.isascii() and at.isdigit()) or abs(int(at) - time.time()) > 300:
        return False  # not what it seems, too old, or too new
    for text in headers.get("webhook-signature", "").split():  # several, while a key is replaced
        for key in jaga if text.startswith("v1a,") else []:
            try:
                key.verify(base64.b64decode(text[4:], validate=True), f"{id_}.{at}.".encode() + body)
                return True
            except (InvalidSignature, ValueError):
                continue
    return False


def carry_out(notice):  # a person may do this instead, within the promised time
    name, wanted = notice["account_id"], {"close": "closed", "restrict": "restricted", "restore": "active"}
    answer = {"type": "jaga.answer.v1", "number": notice["number"], "kind": "done", "text": ""}
    if name not in accounts:
        return answer | {"kind": "invalid_locator", "text": "There is no such account here."}
    if notice["action"] not in wanted:
        return answer | {"kind": "refused", "text": "We do not do this by software."}
    if accounts[name] == wanted[notice["action"]]:
        return answer | {"kind": "already"}
    print(f"to {name}: {notice['statement']}", flush=True)  # before the door closes: afterwards it cannot be read
    accounts[name] = wanted[notice["action"]]
    return answer


def call_back(answer, id_, pauses=(1, 5, 30, 120, 600)):  # the id stays the same, so Jaga takes the answer once
    for pause in pauses:
        time.sleep(pause)
        try:
            urllib.request.urlopen(urllib.request.Request(given.later, *signed(answer, id_)), timeout=10).close()
            break
        except OSError as problem:
            print(f"not taken yet: {problem}", flush=True)
            if getattr(problem, "code", 503) in (404, 409, 413, 422):  # it never will be: a person must look
                break


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1_000_000))
        once = (self.headers.get("webhook-id"), self.headers.get("webhook-timestamp"))
        if not genuine(self.headers, body) or once in seen:  # a real repeat is signed anew and has a new timestamp
            return self.reply(401 if once not in seen else 409)
        seen.add(once)
        said = json.loads(body)
        if said["type"] == "jaga.ping.v1":
            answer = {"type": "jaga.pong.v1", "challenge": said["challenge"]}
        elif said["type"] == "jaga.state.v1":
            name = said["account_id"]
            answer = {"type": "jaga.account.v1", "account_id": name, "state": accounts.get(name, "missing")}
        else:
            first, answer = once[0] not in answers, answers.get(once[0]) or carry_out(said)
            answers[once[0]] = answer
            if given.later:
                if first:
                    threading.Thread(target=call_back, args=(answer, f"answer_{secrets.token_hex(12)}")).start()
                answer = {"type": "jaga.receipt.v1", "number": said["number"]}
        return self.reply(200, *signed(answer, f"reply_{secrets.token_hex(12)}"))

    def do_GET(self):
        self.reply(404 if accounts.get(self.path.removeprefix("/u/"), "closed") == "closed" else 200)

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **dict(headers)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


if not given.key.exists():
    given.key.touch(mode=0o600)
    given.key.write_text("whsk_" + base64.b64encode(secrets.token_bytes(32)).decode())
own = Ed25519PrivateKey.from_private_bytes(base64.b64decode(given.key.read_text().removeprefix("whsk_"))[:32])
jaga = [Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_"))) for key in given.jaga]
server = HTTPServer(("127.0.0.1", given.port), Receiver)
print("Public key, for Jaga: whpk_" + base64.b64encode(own.public_key().public_bytes_raw()).decode())
print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
