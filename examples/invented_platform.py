"""An invented chat platform around `webhook_receiver.py`, with what Jaga can use besides (docs/webhooks.md).

    OWN_KEY=… JAGA_KEYS=… ACCOUNTS=… LATER=https://jaga.example.id/hooks/NAME/ python examples/invented_platform.py

GET /u/NAME is an account's public profile, and POST /state tells its state. With LATER it signs a receipt at once and
sends its answer to that address a moment after. Practice and tests run it; it needs no more than the receiver.
"""

import base64
import os
import secrets
import time
import urllib.request
from http.server import HTTPServer
from threading import Thread

from webhook_receiver import OWN, Receiver, accounts, answers, signed

LATER = os.environ.get("LATER", "")


class Platform(Receiver):
    """The receiver, with a profile for each account."""

    def do_GET(self) -> None:
        shown = accounts.get(self.path.removeprefix("/u/"), "closed") != "closed"
        self.send_response(200 if shown else 404)
        self.end_headers()

    def answer(self, id_: str, said: dict[str, str]) -> dict[str, str]:
        if said["type"] == "jaga.state.v1":
            name = said["account_id"]
            return {"type": "jaga.account.v1", "account_id": name, "state": accounts.get(name, "missing")}
        is_new = id_ not in answers
        answer = super().answer(id_, said)
        if not LATER or said["type"] == "jaga.ping.v1":
            return answer
        if is_new:
            Thread(target=call_back, args=(answer, f"answer_{secrets.token_hex(12)}")).start()
        return {"type": "jaga.receipt.v1", "number": said["number"]}


def call_back(answer: dict[str, str], id_: str) -> None:
    """Send the answer until Jaga accepts it. The id stays the same, so it is accepted once."""
    for pause in (1, 5, 30, 120, 600):
        time.sleep(pause)
        try:
            request = urllib.request.Request(LATER, *signed(answer, id_))  # noqa: S310, LATER is our own setting
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
            return
        except OSError as problem:
            print(f"not taken yet: {problem}", flush=True)
            if getattr(problem, "code", 503) in (404, 409, 413, 422):  # it never will be: a person must look
                return


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Platform)
    print("Public key, for Jaga: whpk_" + base64.b64encode(OWN.public_key().public_bytes_raw()).decode())
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
