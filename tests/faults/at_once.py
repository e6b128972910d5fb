"""Reports of many callers at the same time over HTTP, while the web server is killed in their midst."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

import httpx
from tests.faults.rig import Rig, until

PLATFORM, CATEGORY = "toy", "prostitution_advertising"
AT_ONCE = "bersamaan"
"""With this the names of the reported accounts begin."""
_GOOD = json.dumps({"platform": PLATFORM, "account": "%s", "category": CATEGORY, "text": "open BO"}).encode()
_HOSTILE = (
    b"{",
    b"[" * 5000,
    b'{"account": "%s"}',
    b'{"platform": "toy", "account": "%s", "category": "none"}',
    _GOOD.replace(b"%s", b"%s\\u0000"),
)
_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT)


@dataclass
class Sent:
    """What the callers were told."""

    acknowledged: dict[int, str] = field(default_factory=dict)  # number → account
    refused: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)  # the connection was lost: stored or not
    careful: list[tuple[bytes, str, httpx.Response]] = field(default_factory=list)  # body, account and first answer


def send_at_once(rig: Rig, callers: int, each: int) -> Sent:
    """Every fourth caller sends only what cannot be accepted; every fourth is careful, and repeats each call under its
    Idempotency-Key until it is answered, and once more. The web server is killed once half of all are answered.

    Raises AssertionError for an answer that is neither an acknowledgement, a refusal of the call, nor "later", and for
    a repeat with another answer.
    """
    sent, guard, killed = Sent(), threading.Lock(), threading.Event()

    def one(client: httpx.Client, caller: int, place: int) -> None:
        account = f"{AT_ONCE}{caller}.{place}"
        hostile, careful = caller % 4 == 3, caller % 4 == 1
        body = (_HOSTILE[place % len(_HOSTILE)] if hostile else _GOOD).replace(b"%s", account.encode())
        headers = {"Idempotency-Key": account} if careful else {}
        while True:
            try:
                answer = client.post("/api/v1/reports", content=body, headers=headers)
            except httpx.TransportError:
                until("the web server", lambda: _listens(client))
                if careful:
                    continue
                sent.unanswered.add(account)
                return
            if answer.status_code not in _LATER:
                break
            time.sleep(float(answer.headers["Retry-After"]) / 10)
        if careful:
            sent.careful.append((body, account, answer))
        assert answer.is_client_error if hostile else answer.status_code == HTTPStatus.CREATED, answer.text
        with guard:
            if hostile:
                sent.refused.add(account)
            else:
                sent.acknowledged[answer.json()["report_id"]] = account
            half = len(sent.refused) + len(sent.acknowledged) >= callers * each // 2
        if half and not killed.is_set():
            killed.set()
            rig.kill("web")

    def some(caller: int) -> None:
        headers = {"Authorization": f"Bearer {rig.held['api_key']}", "Content-Type": "application/json"}
        with httpx.Client(base_url=rig.base_url, headers=headers, timeout=60) as client:
            for place in range(each):
                one(client, caller, place)

    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(some, range(callers)))
        assert killed.is_set()
        repeats = threads.map(partial(_again, rig), sent.careful)
        for (_, account, answer), again in zip(sent.careful, repeats, strict=True):
            assert (again.content, again.headers["Location"]) == (answer.content, answer.headers["Location"]), account
            assert again.headers["Idempotent-Replayed"] == "true"
    return sent


def _again(rig: Rig, call: tuple[bytes, str, httpx.Response]) -> httpx.Response:
    body, account, _ = call
    headers = {
        "Authorization": f"Bearer {rig.held['api_key']}",
        "Content-Type": "application/json",
        "Idempotency-Key": account,
    }
    while True:
        answer = httpx.post(f"{rig.base_url}/api/v1/reports", content=body, headers=headers, timeout=60)
        if answer.status_code not in _LATER:
            return answer
        time.sleep(float(answer.headers["Retry-After"]) / 10)


def _listens(client: httpx.Client) -> bool:
    try:
        client.get("/health/live")
    except httpx.TransportError:
        return False
    return True
