"""Request bodies are read before a thread is taken: over real sockets, on the real web server, from many networks.

Networks are 127.x.y.0/24 here: a client binds to a loopback address.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from jaga.app.services.processes import free_port
from jaga.app.services.supervisor import Child, ProcessPlan, plans
from jaga.web.buffering.uploads import NetworkLocks, seconds_for

pytestmark = pytest.mark.django_db  # or the session's database would be left empty
CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 60
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass(frozen=True)
class Answer:
    status: int
    head: str
    body: bytes
    seconds: float


@dataclass
class Server:
    """The web server as `jaga run` starts it."""

    port: int
    sockets: ExitStack = field(repr=False)

    def open(self, network: int | None = None) -> socket.socket:
        """A connection from that network, or from this machine's own address."""
        made = self.sockets.enter_context(socket.socket())
        made.settimeout(PATIENCE)
        made.bind(("127.0.0.1" if network is None else f"127.20.{network}.1", 0))
        made.connect(("127.0.0.1", self.port))
        return made

    def head(self, method: str, path: str, more: str = "") -> bytes:
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{more}\r\n".encode()

    def slow(self, network: int, announced: int = 5000, sent: int = 100) -> socket.socket:
        """A body that announces more than it sends."""
        made = self.open(network)
        made.sendall(self.head("POST", "/report/", f"{FORM}Content-Length: {announced}\r\n") + b"x" * sent)
        return made

    def ask(self, method: str, path: str, body: bytes = b"", more: str = "") -> Answer:
        made, began = self.open(), time.monotonic()
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        made.sendall(self.head(method, path, f"{length}{more}Connection: close\r\n") + body)
        return read(made, began)


def read(made: socket.socket, began: float | None = None) -> Answer:
    """One complete answer; status 0 if the connection ended without one."""
    came, began = b"", time.monotonic() if began is None else began
    while b"\r\n\r\n" not in came or len(came) < came.index(b"\r\n\r\n") + 4 + _length(came):
        try:
            piece = made.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            break
        came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    return Answer(int(came[9:12] or 0), head.decode().lower(), body, time.monotonic() - began)


def _length(came: bytes) -> int:
    return int(came.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real web server on the session's database."""
    home, port = tmp_path_factory.mktemp("web"), free_port()
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "JAGA_HOME": str(home),
        "DATABASE_URL": url,
        "JAGA_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
    }
    subprocess.run([sys.executable, "-m", "django", "collectstatic", "--no-input", "-v0"], env=environment, check=True)
    plan = next(plan for plan in plans(CHECKOUT, port, {"web": url, "worker": url}) if plan.name == "web")
    child = Child(ProcessPlan(plan.name, plan.command, CHECKOUT, environment), home)
    try:
        child.start()
        child.wait_until(lambda: _is_up(port))
        yield port
    finally:
        child.stop()


def _is_up(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as made:
            made.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return made.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


@pytest.fixture
def server(web: int) -> Iterator[Server]:
    with ExitStack() as sockets:
        yield Server(web, sockets)


def test_slow_bodies_keep_nobody_out(server: Server) -> None:
    """With 500 slow bodies from 100 networks, pages, sign-in and health still answer; together they hold half of the
    threads.
    """
    server.ask("GET", "/")  # imports are no part of what is measured
    slow = [server.slow(number % 100) for number in range(500)]
    for _ in range(2):
        for method, path, body, status in (
            ("GET", "/", b"", 200),
            ("GET", "/console/sign-in/", b"", 200),
            ("GET", "/health/live", b"", 200),
            ("POST", "/console/sign-in/", b"username=a&password=b", 403),
        ):  # no token of the form's
            answer = server.ask(method, path, body, FORM)
            assert answer.status == status, path
            assert answer.seconds < 8, path  # 2 s are promised, on a machine that does nothing else
    statuses = Counter(read(one).status for one in slow)
    assert set(statuses) <= {408, 429, 503}
    assert statuses[408] == 48


def test_one_network_holds_four(server: Server) -> None:
    """Over both processes; the fifth gets a message with the time to wait, and other networks are not affected."""
    slow = [server.slow(120) for _ in range(8)]
    answers = [read(one) for one in slow]
    assert Counter(answer.status for answer in answers) == {429: 4, 408: 4}
    refused = next(answer for answer in answers if answer.status == 429)
    assert "retry-after: 30" in refused.head
    assert "content-language: id" in refused.head
    assert "Tunggu" in refused.body.decode()


def test_a_body_ends_with_its_time(server: Server) -> None:
    """The message is in the reader's language, and problem details below /api/."""
    made, began = server.open(121), time.monotonic()
    made.sendall(server.head("POST", "/report/", f"{FORM}Cookie: jaga_language=en\r\nContent-Length: 8192\r\n") + b"x")
    api = server.open(122)
    api.sendall(server.head("POST", "/api/v1/reports", "Content-Type: application/json\r\nContent-Length: 8192\r\n"))
    page, problem = read(made, began), read(api)
    assert (page.status, problem.status) == (408, 408)
    assert page.seconds > 11
    assert "did not arrive in time" in page.body.decode()
    assert json.loads(problem.body)["code"] == "body_too_slow"


def test_who_has_a_key_or_none_is_told_before_the_body(server: Server) -> None:
    """A large body with a wrong key is refused unread, and so is the next one after too many wrong keys."""

    def sends(length: int, network: int, key: str) -> Answer:
        made = server.open(network)
        made.sendall(
            server.head(
                "POST",
                "/api/v1/requests",
                f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n",
            )
        )
        return read(made)

    wrong = sends(29_000_000, 130, "jaga_wrong")
    assert (wrong.status, json.loads(wrong.body)["code"]) == (401, "key_unknown")
    chunked = server.open(131)
    chunked.sendall(
        server.head("POST", "/api/v1/orders", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
    )
    assert json.loads(read(chunked).body)["code"] == "key_missing"
    for attempt in range(5):  # one wrong key is allowed again every six seconds, perhaps just between the two
        codes = [json.loads(sends(29_000_000, 130, f"jaga_{attempt}_{number}").body)["code"] for number in range(60)]
        assert codes[-1] == "too_many_wrong_keys"
        throttled = sends(500, 130, "jaga_small")  # the body never comes
        if throttled.status == 429:
            break
    assert throttled.status == 429
    assert "retry-after" in throttled.head
    assert sends(29_000_000, 132, "jaga_wrong").status == 401  # another network


def test_a_real_picture_arrives_at_a_slow_pace(server: Server) -> None:
    """48 kB at 4.6 kB/s take longer than a small body may; the Content-Length extends the time."""
    size, pieces = 48_000, 23
    made, began = server.open(140), time.monotonic()
    made.sendall(server.head("POST", "/report/", f"{FORM}Content-Length: {size}\r\nConnection: close\r\n"))
    for _ in range(pieces):
        time.sleep(0.45)
        made.sendall(b"x" * (size // pieces))
    made.sendall(b"x" * (size % pieces))
    assert time.monotonic() - began > 10
    assert read(made).status == 403  # it reached the form, which has no token


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", 403),
        (b"zz\r\n\r\n", 400),
        (b"5\r\nhello\r\n", 408),
    ],
)
def test_bodies_of_unknown_length(server: Server, body: bytes, status: int) -> None:
    """Chunked bodies are read to their end; broken ones are refused; one without an end times out."""
    made = server.open(150)
    made.sendall(server.head("POST", "/report/", f"{FORM}Transfer-Encoding: chunked\r\n") + body)
    assert read(made).status == status


def test_lying_lengths(server: Server) -> None:
    """Fewer bytes than announced time out; more bytes are the next request; two lengths or an invalid one are refused;
    too large a length is refused unread.
    """
    more = server.open(160)
    more.sendall(
        server.head("POST", "/report/", f"{FORM}Content-Length: 3\r\n") + b"a=b" + server.head("GET", "/health/live")
    )
    assert [read(more).status] == [403]
    assert server.ask("POST", "/report/", b"", "Content-Length: 3\r\nContent-Length: 4\r\n").status in (0, 400)
    assert server.ask("POST", "/report/", b"", "Content-Length: -3\r\n").status in (0, 400)
    too_much = server.ask("POST", "/report/", b"", f"{FORM}Content-Length: 999999999\r\n")
    assert too_much.status == 413


def test_pipelining_and_expect(server: Server) -> None:
    """Requests on one connection are answered in order; a client that waits for `100 Continue` gets it, or the
    refusal.
    """
    made = server.open(161)
    made.sendall(server.head("GET", "/health/live") * 3)
    assert sum(read(made).body.count(b"live") for _ in range(1)) >= 1
    waits = server.open(162)
    waits.sendall(server.head("POST", "/report/", f"{FORM}Content-Length: 3\r\nExpect: 100-continue\r\n"))
    assert waits.recv(25).startswith(b"HTTP/1.1 100 Continue")
    waits.sendall(b"a=b")
    assert read(waits).status == 403
    refused = server.open(163)
    refused.sendall(server.head("POST", "/report/", f"{FORM}Content-Length: 999999999\r\nExpect: 100-continue\r\n"))
    assert read(refused).status == 413


def test_who_leaves_frees_the_place(server: Server) -> None:
    """A closed connection no longer counts: four at a time, twenty times, none refused."""
    for _ in range(3):
        slow = [server.slow(170) for _ in range(4)]
        time.sleep(1.5)
        for one in slow:
            one.close()
        time.sleep(0.5)
    last = server.slow(170, announced=200)
    time.sleep(1)
    last.sendall(b"x" * 100)
    assert read(last).status == 403


def test_a_name_with_an_underscore_is_no_header_of_the_proxys(server: Server) -> None:
    """`X_Forwarded_For` does not set the client's address."""
    assert "faults" in json.loads(server.ask("GET", "/health/ready", more="X_Forwarded_For: 192.0.2.1\r\n").body)
    assert set(json.loads(server.ask("GET", "/health/ready", more="X-Forwarded-For: 192.0.2.1\r\n").body)) == {"ready"}


@pytest.mark.parametrize(("size", "seconds"), [(0, 10), (4096, 11), (3 * 1024 * 1024, 778), (30 * 1024 * 1024, 900)])
def test_how_long_a_body_may_take(size: int, seconds: float) -> None:
    """3 MB at 64 kbit/s take 394 s."""
    assert seconds_for(size) == seconds


def test_locks_are_counted_over_processes(tmp_path: Path) -> None:
    """Four in all; those of a killed process are released."""
    here = NetworkLocks(tmp_path / "locks", 4)
    there = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import django, sys; from pathlib import Path; django.setup(); "
            "from jaga.web.buffering.uploads import NetworkLocks; locks = NetworkLocks(Path(sys.argv[1]), 4); "
            "print([locks.take('192.0.2.0/24') is not None for _ in range(3)], flush=True); sys.stdin.read()",
            str(tmp_path / "locks"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert there.stdout is not None
    assert there.stdout.readline() == "[True, True, True]\n"
    mine = here.take("192.0.2.0/24")
    assert mine is not None
    assert here.take("192.0.2.0/24") is None
    assert here.take("198.51.100.0/24") is not None
    here.give_back(mine)
    assert here.take("192.0.2.0/24") is not None
    there.kill()
    there.communicate()
    assert here.take("192.0.2.0/24") is not None
    here.close()
