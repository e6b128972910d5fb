"""HTTP clients with little overhead, since they share the machine with the measured server."""

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
    """A complete answer; the head is not parsed."""

    status: int
    head: bytes
    body: bytes


class Connection:
    """A connection that stays open, like that of a client library."""

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
        rest = bytearray(came[end + 4 :])
        if b"transfer-encoding: chunked" in top:
            while not rest.endswith(b"0\r\n\r\n"):
                rest += self._some()
        else:
            length = int(top.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            while len(rest) < length:
                rest += self._some()
        return Answer(int(came[9:12]), came[:end], bytes(rest))

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _some(self) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


class Sender:
    """Sends reports by the API, each about another account: `together` in one call, or one by one."""

    def __init__(
        self, port: int, key: str, platform: str, name: str, *, together: int = 1, urgent: bool = False
    ) -> None:
        self._port, self._connection = port, Connection(port)
        self._headers = f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        self._platform, self._name, self._together, self._sent = platform, name, together, 0
        self._more = {"route": "victim"} if urgent else {}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def connect_again(self) -> None:
        """Use a new connection, as after a pause in which the server closes idle ones."""
        self.close()
        self._connection = Connection(self._port)

    def send(self) -> None:
        """Send one call. Raises CallFailed unless all reports are acknowledged."""
        if (status := self.try_once()) not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise CallFailed(f"a report was answered with {status}")

    def try_once(self) -> int:
        """Send one call and return the status of its answer."""
        reports = [self._report() for _ in range(self._together)]
        if self._together == 1:
            alone = json.dumps(reports[0]).encode()
            return self._connection.ask("POST", "/api/v1/reports", alone, self._headers).status
        answer = self._connection.ask(
            "POST", "/api/v1/reports/batch", json.dumps({"reports": reports}).encode(), self._headers
        )
        if answer.status == HTTPStatus.OK and json.loads(answer.body)["refused"]:
            raise CallFailed("a report of a batch was refused")
        return answer.status

    def _report(self) -> dict[str, object]:
        self._sent += 1
        return {
            "platform": self._platform,
            "account": f"@{self._name}.{self._sent}:localhost",
            "category": "prostitution_advertising",
            "text": TEXT,
            **self._more,
        }


@dataclass
class Pace:
    """The result of calls at a fixed rate: seconds of the accepted and of the refused calls."""

    accepted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    def as_run(self) -> Run:
        """The accepted calls as a run."""
        return Run(tuple(self.accepted), 0, self.elapsed)


def at_a_rate(senders: Sequence[Callable[[], int]], per_second: float, seconds: float) -> Pace:
    """Send calls at a fixed rate, from one connection for each sender. If all are busy, calls are sent as fast as they
    can be; missed calls are not caught up.
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
    """Sends urgent reports at a fixed rate from a separate process, so that the many clients of this process do not
    delay them.

    Its connections are opened when it is created; `go` starts sending.
    """

    def __init__(self, port: int, key: str, platform: str, name: str, clients: int = 4) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_beside, args=(theirs, port, key, platform, name, clients), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()

    def go(self, per_second: float, seconds: float) -> None:
        """Start sending; `came` waits for the end."""
        self._ours.send((per_second, seconds))

    def came(self) -> Pace:
        """The results, once it has ended."""
        found: Pace = self._ours.recv()
        return found

    def close(self) -> None:
        """Close the connections."""
        self._ours.send(None)
        self._process.join()


def _beside(theirs: Any, port: int, key: str, platform: str, name: str, clients: int) -> None:
    calls = [Sender(port, key, platform, f"{name}-{number}", urgent=True).try_once for number in range(clients)]
    for call in calls * 5:  # both web processes are awake before anything is measured
        call()
    theirs.send("ready")
    while (asked := theirs.recv()) is not None:
        theirs.send(at_a_rate(calls, *asked))
