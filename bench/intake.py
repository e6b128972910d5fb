"""How reports are taken in: `python -m bench.intake [--part NAME …] [--seconds N] [--json FILE]`.

Against a real granian on loopback and a real PostgreSQL with fsync on, while the worker files what comes in. A report
is acknowledged when the answer with its receipt is there, which is sent after the commit of report and ledger entry.
Every report names another account, so that each opens a case. The clients share the machine with the server.

  one       one report a call by the API, with 1, 8 and 32 clients, and at half of what 32 reach
  batch     a hundred reports a call, with 4 clients
  form      the public form as a browser sends it, with 8 clients
  overload  four times what the server can take; beside it urgent reports
  import    a file of 120,000 rows, until all are filed into their cases
  sustained as many as are filed into their cases as fast as they come, one by one and in batches of 100: clients hold
            back while more than 2,000 wait
  pages     weight and time to first byte of the public pages
Yardstick: commits of one row each on the same database in the same run, from as many connections.
"""

import json
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import LiteralString
from urllib.parse import urlencode

import psycopg

from bench.clients import TEXT, Beside, Connection, Sender, at_a_rate
from bench.harness import Bench, CallFailed, Run, Yardstick, benchmark, each, options, timed
from bench.installation import Installation, installation
from bench.processor import seconds_used

PLATFORM, CATEGORY = "uji", "prostitution_advertising"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
_COOKIE = re.compile(rb"set-cookie: ([^;\r]+)", re.IGNORECASE)
_NAMES = count()  # no two clients of all measurements report the same account
_PAGES = ("/", "/report/", "/follow/", "/policy/", "/figures/")
_LINKED = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


class Visitor:
    """One visitor of the public form."""

    def __init__(self, port: int) -> None:
        self._connection, self._name, self._sent = Connection(port), next(_NAMES), 0
        page = self._connection.ask("GET", "/report/")
        token, cookie = _TOKEN.search(page.body), _COOKIE.search(page.head)
        if page.status != HTTPStatus.OK or token is None or cookie is None:
            raise SystemExit(f"the report form was answered with {page.status}")
        self._token = token[1].decode()
        self._headers = f"Cookie: {cookie[1].decode()}\r\nContent-Type: application/x-www-form-urlencoded\r\n"

    def report(self) -> None:
        """Send one report and wait for its acknowledgement. Raises CallFailed for any other answer."""
        self._sent += 1
        body = urlencode(
            {
                "csrfmiddlewaretoken": self._token,
                "platform": PLATFORM,
                "category": CATEGORY,
                "text": TEXT,
                "account": f"@tamu{self._name}.{self._sent}:localhost",
            }
        )
        status = self._connection.ask("POST", "/report/", body.encode(), self._headers).status
        if status not in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER):
            raise CallFailed(f"a report was answered with {status}")


def sender(place: Installation, key: str, number: int, *, together: int = 1, urgent: bool = False) -> Sender:
    """A client of the API that reports its own accounts."""
    return Sender(place.port, key, PLATFORM, f"akun{next(_NAMES)}", together=together, urgent=urgent)


def committer(database_url: str) -> Callable[[], None]:
    """A call that commits one row of about a report's size, on its own connection."""
    connection = psycopg.connect(database_url, autocommit=True)
    return lambda: connection.execute("INSERT INTO bench_yardstick (body) VALUES (%s)", ["x" * 200]) and None


def raw(place: Installation, clients: int, seconds: float) -> Run:
    """The yardstick."""
    return timed(lambda _: committer(place.database_url), clients=clients, seconds=seconds, warm_up=20)


def one(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """One report in each call."""
    for clients in (1, 8, 32):
        run = timed(lambda number: sender(place, key, number).send, clients=clients, seconds=seconds, warm_up=10)
        what = f"report acknowledged, {clients} client{'s'[: clients - 1]}"
        bench.add_run(what, run, raw(place, clients, seconds / 3), "raw commit", tail=True)
    half = run.per_second / 2
    pace = at_a_rate([sender(place, key, number).try_once for number in range(32)], half, seconds)
    if pace.refused:
        raise CallFailed(f"{len(pace.refused)} reports were refused at half of what is taken")
    bench.add_times(
        f"report acknowledged, {half:.0f} asked per second (half load)",
        pace.as_run(),
        raw(place, 32, seconds / 3),
        "raw commit",
        tail=True,
    )


def batch(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """A hundred reports in each call. The yardstick commits one row for each report."""
    clients, together = 4, 100
    run = timed(
        lambda number: sender(place, key, number, together=together).send, clients=clients, seconds=seconds, warm_up=3
    )
    commits = raw(place, clients, seconds / 3)
    bench.add(
        "reports acknowledged in batches of 100, per second",
        run.per_second * together,
        "/s",
        Yardstick("raw commit", commits.per_second),
        len(run.seconds) * together,
    )
    bench.add_times("batch of 100 acknowledged", run, commits, "raw commit", tail=True)


def form(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """The public form."""
    for clients in (1, 8):
        run = timed(lambda _: Visitor(place.port).report, clients=clients, seconds=seconds, warm_up=5)
        bench.add_run(
            f"form sent, {clients} client{'s'[: clients - 1]}",
            run,
            raw(place, clients, seconds / 3),
            "raw commit",
            tail=True,
        )


def overload(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """Four times the rate that 32 clients reach, from 256 connections, while urgent reports arrive at 20 a second."""
    urgent = Beside(place.port, key, PLATFORM, f"genting{next(_NAMES)}")
    urgent.go(20, seconds)
    calm = urgent.came()
    full = timed(lambda number: sender(place, key, number).send, clients=32, seconds=seconds, warm_up=10)
    crowd = [sender(place, key, number).try_once for number in range(256)]
    urgent.go(20, seconds)
    flood = at_a_rate(crowd, 4 * full.per_second, seconds)
    loud = urgent.came()
    urgent.close()
    commits = raw(place, 32, seconds / 3)
    bench.add_run("accepted at 4 x overload", flood.as_run(), commits, "raw commit", tail=True)
    bench.add_times("urgent, calm", calm.as_run(), commits, "raw commit", tail=True)
    bench.add_times("urgent, at 4 x overload", loud.as_run(), calm.as_run(), "urgent, calm", tail=True)
    refused = Run(tuple(flood.refused), 0, flood.elapsed)
    if len(flood.refused) > 1:
        bench.add_times("refused at 4 x overload", refused, commits, "raw commit")
    bench.notes["overload"] = {
        "seconds": seconds,
        "at full load per second": full.per_second,
        "asked per second": 4 * full.per_second,
        "accepted": len(flood.accepted),
        "refused": len(flood.refused),
        "urgent refused": len(loud.refused),
    }


def import_(bench: Bench, place: Installation, key: str, seconds: float, rows: int = 120_000) -> None:
    """A file with this many rows, from sending it until the last row is in its case."""
    from jaga.batches.jobs import work_on
    from jaga.batches.reads import access_batch
    from jaga.batches.verbs.batches import NewBatch, submit_batch
    from jaga.core.actors import CLI

    with tempfile.NamedTemporaryFile("w", suffix=".csv", dir=place.home, encoding="utf-8", delete=False) as file:
        file.write("platform,account,category,text,reference\n")
        for number in range(rows):
            file.write(f'{PLATFORM},@impor{number}:localhost,{CATEGORY},"{TEXT}",B-{number}\n')
    commits = raw(place, 1, min(seconds, 5))
    before = _counted(place, "filed")
    began = time.perf_counter()
    sent = submit_batch(NewBatch("bench.csv", "", "", True), [Path(file.name).read_bytes()], actor=CLI)
    while access_batch(sent.batch_id, actor=CLI).state.is_open:
        if not work_on(sent.batch_id, lambda _: None):
            time.sleep(0.2)
    accepted = time.perf_counter() - began
    while _counted(place, "filed") < before + rows:
        time.sleep(0.5)
    filed = time.perf_counter() - began
    yardstick = Yardstick("raw commit, 1 client", commits.per_second)
    bench.add(f"{rows:,} rows imported, accepted per second", rows / accepted, "/s", yardstick, rows)
    bench.add(f"{rows:,} rows imported and filed, per second", rows / filed, "/s", yardstick, rows)
    bench.notes["import"] = {"rows": rows, "accepted after seconds": accepted, "filed after seconds": filed}


@dataclass
class _Flow:
    """What is in the database while reports come, looked at ten times a second."""

    place: Installation
    seen: list[tuple[float, int, int, int]] = field(default_factory=list)  # moment, stored, filed, triaged
    open: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)

    def watch(self) -> None:
        """Until `ended`; clients may send while `open` is set."""
        with psycopg.connect(self.place.database_url, autocommit=True) as connection:
            while not self.ended.is_set():
                stored, filed, triaged = connection.execute(_FLOW).fetchone() or (0, 0, 0)
                self.seen.append((time.perf_counter(), stored, filed, triaged))
                (self.open.set if stored - filed <= _MOST_WAITING else self.open.clear)()
                self.ended.wait(0.1)
        self.open.set()

    def per_second(self, column: int) -> float:
        """Over the whole time."""
        first, last = self.seen[0], self.seen[-1]
        return (last[column] - first[column]) / (last[0] - first[0])


def sustained(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """Acknowledged and in their case for as long as `--seconds`, with a backlog that stays flat."""
    for what, clients, together in (("one by one, 32 clients", 32, 1), ("in batches of 100, 4 clients", 4, 100)):
        while _counted(place, "waiting"):
            time.sleep(0.2)
        flow = _Flow(place)
        watching = Thread(target=flow.watch, daemon=True)
        senders = [sender(place, key, number, together=together) for number in range(clients)]

        refused = count()

        def held_back(
            number: int, flow: _Flow = flow, senders: list[Sender] = senders, refused: "count[int]" = refused
        ) -> Callable[[], None]:
            def send() -> None:
                if not flow.open.is_set():
                    flow.open.wait()
                    senders[number].connect_again()
                while (status := senders[number].try_once()) == HTTPStatus.SERVICE_UNAVAILABLE:
                    next(refused)
                    time.sleep(0.1)  # the server is full, and says so
                if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
                    raise CallFailed(f"a report was answered with {status}")

            return send

        watching.start()
        used = seconds_used(_PROCESSES)
        run = timed(held_back, clients=clients, seconds=seconds, warm_up=5)
        if run.failed:
            raise SystemExit(f"{what}: {run.failed} calls failed; the figures mislead")
        flow.ended.set()
        watching.join()
        after = seconds_used(_PROCESSES)
        stored = flow.seen[-1][1] - flow.seen[0][1]
        for one in senders:
            one.close()
        yardstick = Yardstick("raw commit", raw(place, clients, min(5, seconds / 3)).per_second)
        acknowledged = len(run.seconds) * together
        bench.add(f"acknowledged, {what}, per second", acknowledged / run.elapsed, "/s", yardstick, acknowledged)
        for column, done in ((2, "in their case"), (3, "triaged")):
            bench.add(f"{done}, {what}, per second", flow.per_second(column), "/s", yardstick, acknowledged)
        waiting = [stored - filed for _, stored, filed, _ in flow.seen]
        bench.notes[f"sustained {what}"] = {
            "microseconds of the processor for a report": {
                kind: round((after[kind] - used[kind]) / stored * 1e6) for kind in _PROCESSES
            },
            "seconds": run.elapsed,
            "refused and sent again": next(refused),
            "waiting at most": max(waiting),
            "waiting at the end": waiting[-1],
            "waiting for triage at the end": flow.seen[-1][2] - flow.seen[-1][3],
        }


def pages(bench: Bench, place: Installation, key: str, seconds: float) -> None:
    """The transferred size of a page with everything that it loads, and the time to its first byte."""
    connection = Connection(place.port)
    live = each(lambda _: connection.ask("GET", "/health/live"), 200)
    for path in _PAGES:
        page = connection.ask("GET", path)
        loaded = {
            link: connection.ask("GET", link.decode(), headers="Accept-Encoding: gzip\r\n")
            for link in set(_LINKED.findall(page.body))
        }
        weight = sum(len(one.head) + len(one.body) for one in [page, *loaded.values()])
        run = each(lambda _, path=path: connection.ask("GET", path), 100)
        bench.add_times(f"GET {path}", run, live, "GET /health/live")
        bench.notes.setdefault("bytes", {})[path] = weight  # type: ignore[attr-defined]
        print(f"  {path:<52}{weight / 1024:>9.1f} kB with {len(loaded)} files", flush=True)


PARTS: dict[str, Callable[[Bench, Installation, str, float], None]] = {
    "one": one,
    "batch": batch,
    "form": form,
    "overload": overload,
    "import": import_,
    "sustained": sustained,
    "pages": pages,
}


def main() -> None:
    parser = options("How reports are taken in.")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each measurement (10)")
    parser.add_argument("--rows", type=int, default=120_000, help="of the file that is imported (120000)")
    parser.add_argument(
        "--part", action="append", choices=PARTS, help="only this; may be repeated (all but import and sustained)"
    )
    given = parser.parse_args()
    with installation({"JAGA_REPORTS_PER_MINUTE": "0"}) as place:
        key = _prepare()
        place.start_processes("web", "worker", "urgent")
        _wait_until_up(place)
        with benchmark("intake", place.database_url, given.json) as bench:
            with psycopg.connect(place.database_url, autocommit=True) as connection:
                connection.execute("CREATE TABLE bench_yardstick (id bigserial PRIMARY KEY, body text NOT NULL)")
            parts = PARTS | {"import": partial(import_, rows=given.rows)}
            for name in given.part or [name for name in PARTS if name not in ("import", "sustained")]:
                parts[name](bench, place, key, given.seconds)
            bench.notes["stored"] = _counted(place, "stored")
            bench.notes["still to be filed"] = _counted(place, "waiting")
            print(json.dumps(bench.notes, indent=1), flush=True)


def _prepare() -> str:
    """Create a platform, and a member of staff with a key that imports reports."""
    from jaga.core.actors import CLI
    from jaga.core.platforms import Capabilities, Capability
    from jaga.core.terms.cases import Step
    from jaga.core.terms.people import OrganisationKind, Role
    from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
    from jaga.people.verbs.people import NewPerson, NewPlatform, create_organisation, create_person, register_platform

    operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform(PLATFORM, "Obrolan Uji", operator.pk, "localhost", able, practice=True), actor=CLI)
    sends = create_person(NewPerson("pengirim", "Pengirim", operator.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    return issue_officer_key(sends.pk, KeyTerms(per_minute=1_000_000, per_day=1_000_000_000), actor=CLI).secret


def _wait_until_up(place: Installation, patience: float = 30.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            if Connection(place.port).ask("GET", "/health/live").status == HTTPStatus.OK:
                return
        except ConnectionError:
            time.sleep(0.1)
    raise SystemExit(f"the web server did not answer; its log is {place.home}/log/web.log")


_PROCESSES = {
    "web": "granian",
    "urgent worker": "--priority urgent",
    "worker": "--priority ordinary",
    "postgres": "postgres",
}
_MOST_WAITING = 2000
_FLOW = """
SELECT (SELECT last_value FROM records_report_id_seq),
    (SELECT last_value FROM records_report_id_seq) - (SELECT count(*) FROM records_report WHERE case_id IS NULL),
    (SELECT last_value FROM records_report_id_seq) - (SELECT count(*) FROM records_report WHERE case_id IS NULL)
    - (SELECT count(*) FROM records_case WHERE state = 'received')
"""  # of reports that each open a case; counting what waits takes an index, counting what is done the whole table
_COUNTED: dict[str, LiteralString] = {
    "stored": "SELECT count(*) FROM records_report",
    "filed": "SELECT count(*) FROM records_report WHERE case_id IS NOT NULL",
    "waiting": "SELECT count(*) FROM records_report WHERE case_id IS NULL",
}


def _counted(place: Installation, condition: str) -> int:
    """How many reports are in the database, all or these: an acknowledgement without a report would be wrong."""
    with psycopg.connect(place.database_url) as connection:
        found = connection.execute(_COUNTED[condition]).fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    main()
