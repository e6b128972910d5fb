"""The receiver and the platform of `examples/` as processes, and servers that answer as a test wants."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TypeVar

from jaga.app.services.processes import free_port
from jaga.core.clock import now
from jaga.core.platforms import Account, NoticeToOperator
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import ActionKind

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
T = TypeVar("T")
REFERENCE, PLATFORM = EXAMPLES / "webhook_receiver.py", EXAMPLES / "invented_platform.py"


def notice(
    account_id: str, action: ActionKind = ActionKind.CLOSE, number: str = "P000001", corrects: str = ""
) -> NoticeToOperator:
    """An invented notice about one account."""
    return NoticeToOperator(
        number,
        action,
        Account("obrolan", account_id),
        "gambling",
        "uu-ite-27-2",
        "Iklan judi di ruang umum.",
        False,
        now(),
        "Akun Anda ditutup. Kode: INVENTED-1234",
        corrects,
    )


@dataclass
class Receiver:
    """A running receiver: its address, its public key, and its output."""

    url: str
    public_key: str
    log: Path

    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def receiver(folder: Path, jaga: PrivateKey, *names: str, later: str = "") -> Iterator[Receiver]:
    """`examples/invented_platform.py` on a free port with these accounts, stopped at the end of the block."""
    with _running(folder, PLATFORM, jaga, PrivateKey.generate(), names, {"PORT": "0", "LATER": later}) as log:
        started = _wait(log, lambda: re.search(r"(whpk_\S+)\nListening on (\S+)\n", log.read_text()))
        yield Receiver(started[2], started[1], log)


@contextmanager
def reference(folder: Path, jaga: PrivateKey, *names: str) -> Iterator[Receiver]:
    """`examples/webhook_receiver.py` alone, likewise."""
    own, port = PrivateKey.generate(), free_port()
    with _running(folder, REFERENCE, jaga, own, names, {"PORT": str(port)}) as log:
        _wait(log, lambda: _listens(port))
        yield Receiver(f"http://127.0.0.1:{port}", own.public.text(), log)


@contextmanager
def _running(
    folder: Path, program: Path, jaga: PrivateKey, own: PrivateKey, names: tuple[str, ...], more: dict[str, str]
) -> Iterator[Path]:
    log = folder / f"receiver-{len(list(folder.iterdir()))}.log"
    given = {
        "OWN_KEY": own.text(),
        "JAGA_KEYS": jaga.public.text(),
        "PYTHONUNBUFFERED": "1",
        "ACCOUNTS": " ".join(f"{name}=active" for name in names),
        **more,
    }
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, str(program)], env={**os.environ, **given}, stdout=out, stderr=out)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(10)


def _wait(log: Path, ready: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 20
    while not (found := ready()):
        assert "Traceback" not in log.read_text(), log.read_text()
        assert time.monotonic() < deadline, "the receiver does not start"
        time.sleep(0.05)
    return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Asked:
    """One request as a server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """A server on loopback that answers as `reply` says and records the requests."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    reply: Callable[[Asked], Reply] = lambda asked: (200, {}, b"")


@contextmanager
def server() -> Iterator[Server]:
    """Answers 200 without content until a test sets `reply`."""
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            made.asked.append(asked)
            status, headers, content = made.reply(asked)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:
            """Tests look at `asked`, not at a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        made.url = f"http://127.0.0.1:{http.server_port}"
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            http.shutdown()
            thread.join()
