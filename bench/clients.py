"""Clients that cost little: on a machine that they share with the server they must not be what is measured."""

import json
import multiprocessing
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Thread
from typing import Any

from bench.harness import CallFailed, Run

TEXT = "Akun ini menawarkan jasa di ruang umum: open BO, nego, DP dulu."


@dataclass(frozen=True)
class Answer:
    """A whole answer; the head is left as it came."""

    status: int
    head: bytes
    body: bytes


class Connection:
    """One connection that stays open, as a client library's does."""

    def __init__(self, port: int) -> None:
        self._port, self._socket = port, socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Answer:
        """Send one request and wait for its answer."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(f"{head}{headers}\r\n".encode() + body)
        came = b""
        while (end := came.find(b"\r\n\r\n")) < 0:
            came += self._some()
        top = came[:end].lower()
        rest = bytearray(came[end + 4:])
        if b"transfer-encoding: chunked" in top:
            while not rest.endswith(b"0\r\n\r\n"):
                rest += self._some()
        else:
            length = int(top.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            while len(rest) < length:
                rest += self._some()
        return Answer(int(came[9:12]), came[:end], bytes(rest))

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _some(self) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


class Sender:
    """Reports by the API, each on another account. `together` reports in one call, or one by one."""

    def __init__(self, port: int, key: str, platform: str, name: str, *, together: int = 1,
                 urgent: bool = False) -> None:
        self._connection = Connection(port)
        self.close = self._connection.close
        self._headers = f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self._platform, self._name, self._together, self._sent = platform, name, together, 0
        self._more = {"route": "victim"} if urgent else {}

    def send(self) -> None:
        """One call. Raises CallFailed for any answer but the acknowledgement of all."""
        if (status := self.try_once()) not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise CallFailed(f"a report was answered with {status}")

    def try_once(self) -> int:
        """One call; the status of its answer."""
        reports = [self._report() for _ in range(self._together)]
        if self._together == 1:
            alone = json.dumps(reports[0]).encode()
            return self._connection.ask("POST", "/api/v1/reports", alone, self._headers).status
        answer = self._connection.ask("POST", "/api/v1/reports/batch", json.dumps({"reports": reports}).encode(),
                                      self._headers)
        if answer.status == HTTPStatus.OK and json.loads(answer.body)["refused"]:
            raise CallFailed("a report of a batch was refused")
        return answer.status

    def _report(self) -> dict[str, object]:
        self._sent += 1
        return {"platform": self._platform, "account": f"@{self._name}.{self._sent}:localhost",
                "category": "prostitution_advertising", "text": TEXT, **self._more}


@dataclass
class Pace:
    """What came of calls at a fixed rate: the seconds of the accepted and of the refused."""

    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    def as_run(self) -> Run:
        """The accepted ones."""
        return Run(tuple(self.accepted), 0, self.elapsed)


def at_a_rate(senders: Sequence[Callable[[], int]], per_second: float, seconds: float) -> Pace:
    """Call so many times a second from as many connections as there are senders; where all are busy, as often as they
    can: each goes on at once, and does not catch up with what it never sent.
    """
    pace, began = Pace(), time.perf_counter()

    def loop(number: int) -> None:
        due = began + number / per_second
        while due < began + seconds:
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
            sent = time.perf_counter()
            status = senders[number]()
            late = time.perf_counter() - sent
            (pace.accepted if status < HTTPStatus.BAD_REQUEST else pace.refused).append(late)
            due = max(due + len(senders) / per_second, time.perf_counter())

    threads = [Thread(target=loop, args=(number,), daemon=True) for number in range(len(senders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pace.elapsed = time.perf_counter() - began
    return pace


class Beside:
    """Urgent reports at a fixed rate from a process of their own, so that no crowd of clients in this one delays them.

    Its connections are open when it is made; `go` lets it send.
    """

    def __init__(self, port: int, key: str, platform: str, name: str, clients: int = 4) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_beside, args=(theirs, port, key, platform, name, clients), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()

    def go(self, per_second: float, seconds: float) -> None:
        """Begin; `came` waits for the end."""
        self._ours.send((per_second, seconds))

    def came(self) -> Pace:
        """What came of it."""
        found: Pace = self._ours.recv()
        return found

    def close(self) -> None:
        """Leave."""
        self._ours.send(None)
        self._process.join()


def _beside(theirs: Any, port: int, key: str, platform: str, name: str, clients: int) -> None:
    calls = [Sender(port, key, platform, f"{name}-{number}", urgent=True).try_once for number in range(clients)]
    for call in calls * 5:  # both web processes are awake before anything is measured
        call()
    theirs.send("ready")
    while (asked := theirs.recv()) is not None:
        theirs.send(at_a_rate(calls, *asked))
