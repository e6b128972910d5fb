"""What a report costs that comes alone: `python -m bench.alone [--reports N] [--rounds N] [--json FILE]`.

Reports about as many accounts are sent to the web server's own application in this process, one a call: one after the
other, and from 16 callers at the same time, as reports that come one by one do. Measured is the time of the processor,
of this process and of PostgreSQL, which other work on the machine changes little. Beside it a call that is refused for
its Content-Type. Left out are granian, sockets, a second web process, and the workers. Any other answer ends the
benchmark.

Yardstick: inserting a row of about a report's size in a commit of its own.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from itertools import count
from statistics import median
from typing import Any

import psycopg

from bench.clients import TEXT
from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.intake import CATEGORY, PLATFORM, _prepare
from bench.processor import of_server, postmaster_in

_AT_ONCE = 16
_ACCOUNTS = count()
_PATH = "/api/v1/reports"


def measure(bench: Bench, place: Installation, key: str, reports: int, rounds: int) -> None:
    """Each way in turn, several times; the median of each."""
    from jaga.app.asgi import application

    postmaster = postmaster_in(place.home)
    loop = asyncio.new_event_loop()
    # Open all the time: what a process used that has just ended may be missing from either sum.
    rows = psycopg.connect(place.database_url, autocommit=True)
    rows.execute("CREATE TABLE bench_yardstick (id bigserial PRIMARY KEY, body text NOT NULL)")
    ways: dict[str, tuple[int, bytes, HTTPStatus]] = {
        "accepted, one after the other": (1, b"application/json", HTTPStatus.CREATED),
        f"accepted, {_AT_ONCE} at the same time": (_AT_ONCE, b"application/json", HTTPStatus.CREATED),
        "refused for its Content-Type": (1, b"text/plain", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    }
    ours: dict[str, list[float]] = {way: [] for way in ways}
    servers: dict[str, list[float]] = {way: [] for way in ways}
    raw = []
    for one in range(rounds + 1):  # the first round is the warm-up
        before = of_server(postmaster)
        for _ in range(reports):
            rows.execute("INSERT INTO bench_yardstick (body) VALUES (%s)", ["x" * 200])
        raw.append(of_server(postmaster) - before)
        for way, (callers, kind, status) in ways.items():
            calls = iter([partial(_call, application, place.port, key, kind, status) for _ in range(reports)])
            began, before = time.process_time(), of_server(postmaster)
            loop.run_until_complete(_all(calls, callers))
            if one:
                ours[way].append((time.process_time() - began) / reports * 1e6)
                servers[way].append((of_server(postmaster) - before) / reports * 1e6)
    yardstick = Yardstick("raw commit of a row, PostgreSQL", median(raw[1:]) / reports * 1e6)
    for way in ways:
        bench.add(f"a report {way}, of the web server", median(ours[way]), "us", yardstick, reports * rounds)
        bench.add(f"a report {way}, of PostgreSQL", median(servers[way]), "us", yardstick, reports * rounds)
        bench.notes[way] = {
            "web server": [round(one) for one in ours[way]],
            "PostgreSQL": [round(one) for one in servers[way]],
        }
    loop.close()
    rows.close()


async def _all(calls: Iterator[Callable[[], Any]], callers: int) -> None:
    async def one_by_one() -> None:
        for call in calls:
            await call()

    await asyncio.gather(*(one_by_one() for _ in range(callers)))


async def _call(application: Any, port: int, key: str, kind: bytes, wanted: HTTPStatus) -> None:
    """One call. Raises SystemExit for another answer than the wanted one."""
    body = json.dumps(
        {"platform": PLATFORM, "account": f"@sendiri{next(_ACCOUNTS)}:localhost", "category": CATEGORY, "text": TEXT}
    ).encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.1", 40_000),
        "headers": [
            (b"host", b"127.0.0.1:%d" % port),
            (b"content-length", b"%d" % len(body)),
            (b"authorization", f"Bearer {key}".encode()),
            (b"content-type", kind),
        ],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    if sent[0]["status"] != wanted:
        raise SystemExit(f"a report was answered with {sent[0]['status']}; the figures mislead")


def main() -> None:
    parser = options("What a report costs that comes alone.")
    parser.add_argument("--reports", type=int, default=1000, help="how many in each round (1000)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (3)")
    given = parser.parse_args()
    with installation({"JAGA_REPORTS_PER_MINUTE": "0"}) as place:
        key = _prepare()
        with benchmark("alone", place.database_url, given.json) as bench:
            measure(bench, place, key, given.reports, given.rounds)
            print(json.dumps(bench.notes, indent=1), flush=True)


if __name__ == "__main__":
    main()
