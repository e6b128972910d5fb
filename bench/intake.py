"""How fast a public report is acknowledged: `python -m bench.intake [--seconds N] [--json FILE]`.

Measured: an HTTP POST of the public form to a real granian on loopback until the redirect to the receipt, which is sent
only after report, case, ledger entry and job were committed to a real PostgreSQL with fsync on, while the worker runs.
Every report names another account, so that each opens a case. The clients share the machine with the server.
Yardstick: commits of one row each on the same database, from as many connections.
"""

import http.client
import re
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

import psycopg

from bench.harness import CallFailed, benchmark, options, timed
from bench.installation import Installation, installation

PLATFORM = "uji"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


class Reporter:
    """One client with a connection that stays open, as a browser's does."""

    def __init__(self, port: int, number: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._number, self._sent = number, 0
        answer = self._ask("GET", "/report/", None, {})
        found = _TOKEN.search(answer[1])
        if answer[0] != HTTPStatus.OK or found is None:
            raise SystemExit(f"the report form was answered with {answer[0]}")
        self._token = found.group(1).decode()
        self._cookie = answer[2].split(";")[0]

    def report(self) -> None:
        """Send one report and wait for its acknowledgement. Raises CallFailed for any other answer."""
        self._sent += 1
        body = urlencode({
            "csrfmiddlewaretoken": self._token, "platform": PLATFORM,
            "account": f"@akun{self._number}.{self._sent}:localhost", "category": "prostitution_advertising",
            "text": "Akun ini menawarkan jasa di ruang umum: open BO, nego, DP dulu.",
        })
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        status, _, _ = self._ask("POST", "/report/", body, headers)
        if status not in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER):
            raise CallFailed(f"a report was answered with {status}")

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes, str]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Set-Cookie") or ""


def committer(database_url: str) -> Callable[[], None]:
    """A call that commits one row of about a report's size on a connection of its own."""
    connection = psycopg.connect(database_url, autocommit=True)

    def commit() -> None:
        connection.execute("INSERT INTO bench_yardstick (body) VALUES (%s)", ["x" * 200])

    return commit


def reporter(port: int, clients: int, number: int) -> Callable[[], None]:
    """A call that reports one more account; no two clients of all measurements name the same."""
    return Reporter(port, clients * 100 + number).report


def main() -> None:
    parser = options("How fast a public report is acknowledged.")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each measurement (10)")
    given = parser.parse_args()
    with installation() as place:
        _register_platform()
        place.start_processes("web", "worker")
        _wait_until_up(place)
        with benchmark("intake", place.database_url, given.json) as bench:
            with psycopg.connect(place.database_url, autocommit=True) as connection:
                connection.execute("CREATE TABLE bench_yardstick (id bigserial PRIMARY KEY, body text NOT NULL)")
            acknowledged = 0
            for clients in (1, 8):
                raw = timed(lambda _: committer(place.database_url), clients=clients, seconds=given.seconds / 2,
                            warm_up=20)
                run = timed(partial(reporter, place.port, clients), clients=clients, seconds=given.seconds, warm_up=10)
                acknowledged += len(run.seconds)
                bench.add_run(f"report acknowledged, {clients} client{'s'[:clients - 1]}", run, raw, "raw commit")
            stored = _stored(place)
            bench.notes |= {"acknowledged": acknowledged, "stored": stored}
            if stored < acknowledged:
                raise SystemExit(f"{acknowledged} reports were acknowledged, but only {stored} are stored")


def _register_platform() -> None:
    from jaga.casework.people import NewPlatform, create_organisation, register_platform
    from jaga.core.actors import CLI
    from jaga.core.platforms import Capabilities, Capability
    from jaga.core.terms import OrganisationKind, Step

    operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform(PLATFORM, "Obrolan Uji", operator.pk, "localhost", able, practice=True), actor=CLI)


def _wait_until_up(place: Installation, patience: float = 30.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=5)
        try:
            connection.request("GET", "/health/live")
            if connection.getresponse().status == HTTPStatus.OK:
                return
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise SystemExit(f"the web server did not answer; its log is {place.home}/log/web.log")


def _stored(place: Installation) -> int:
    """How many reports are in the database: an acknowledgement without one would be a lie."""
    with psycopg.connect(place.database_url) as connection:
        found = connection.execute("SELECT count(*) FROM records_report").fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main()
