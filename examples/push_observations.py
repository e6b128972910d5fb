"""Sends a platform's public posts to a running watch (docs/webhooks.md): Python and `cryptography`, nothing of Jaga.

    OWN_KEY=whsk_… python examples/push_observations.py https://jaga.example/hooks/obrolan/observations/ < posts.jsonl

It repeats a batch until it is acknowledged. In your software the rows come from wherever your public posts are; keep
the id of a batch with it until Jaga answered 202.
"""

import base64
import gzip
import itertools
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

OWN = Ed25519PrivateKey.from_private_bytes(base64.b64decode(os.environ["OWN_KEY"].removeprefix("whsk_"))[:32])
ROWS = 1000  # in a batch; at most 10,000
AGAIN = (429, 500, 502, 503, 504)
LONGEST = 60.0  # seconds between two attempts


def send(url: str, batch: bytes, id_: str) -> str:
    """Send one batch of JSON lines until it is stored; Jaga's answer. The same id again has no second effect."""
    body, pause = gzip.compress(batch), 1.0
    while True:
        at = str(int(time.time()))  # the time of this attempt: it may differ from Jaga's clock by five minutes
        signature = base64.b64encode(OWN.sign(f"{id_}.{at}.".encode() + body)).decode()
        request = urllib.request.Request(  # noqa: S310
            url,
            body,
            {
                "Content-Type": "application/x-ndjson",
                "Content-Encoding": "gzip",
                "webhook-id": id_,
                "webhook-timestamp": at,
                "webhook-signature": f"v1a,{signature}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            if refused.code not in AGAIN:
                raise SystemExit(f"HTTP {refused.code}: {refused.read().decode()}") from None
            pause = max(pause, float(refused.headers.get("Retry-After") or 0))
        except OSError as away:
            print(f"no answer: {away}", file=sys.stderr)
        time.sleep(min(pause, LONGEST))
        pause *= 2


if __name__ == "__main__":
    lines = iter(sys.stdin.buffer)
    while batch := b"".join(itertools.islice(lines, ROWS)):
        print(send(sys.argv[1], batch, f"push_{uuid.uuid4().hex}"), flush=True)
