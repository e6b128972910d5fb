"""Reports of many callers at the same time over HTTP, while the web server is killed in their midst."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
from tests.faults.rig import Rig, until

PLATFORM, CATEGORY = "toy", "prostitution_advertising"
AT_ONCE = "bersamaan"
"""With this the names of the reported accounts begin."""
_GOOD = json.dumps({"platform": PLATFORM, "account": "%s", "category": CATEGORY, "text": "open BO"}).encode()
_HOSTILE = (b"{", b"[" * 5000, b'{"account": "%s"}', b'{"platform": "toy", "account": "%s", "category": "none"}',
            _GOOD.replace(b"%s", b"%s\\u0000"))


@dataclass
class Sent:
    """What the callers were told."""

    acknowledged: dict[int, str] = field(default_factory=dict)  # number → account
    refused: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)  # the connection was lost: stored or not


def send_at_once(rig: Rig, callers: int, each: int) -> Sent:
    """Every fourth caller sends only what cannot be accepted. The web server is killed once half of all are answered.

    Raises AssertionError for an answer that is neither an acknowledgement, a refusal of the call, nor "later".
    """
    sent, guard, killed = Sent(), threading.Lock(), threading.Event()

    def one(client: httpx.Client, caller: int, place: int) -> None:
        account = f"{AT_ONCE}{caller}.{place}"
        hostile = caller % 4 == 3
        body = (_HOSTILE[place % len(_HOSTILE)] if hostile else _GOOD).replace(b"%s", account.encode())
        while True:
            try:
                answer = client.post("/api/v1/reports", content=body)
            except httpx.TransportError:
                sent.unanswered.add(account)
                until("the web server", lambda: _listens(client))
                return
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(float(answer.headers["Retry-After"]) / 10)
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
    return sent


def _listens(client: httpx.Client) -> bool:
    try:
        client.get("/health/live")
    except httpx.TransportError:
        return False
    return True
