"""How long the console's pages take among a million cases.

Run by `python -m bench.console [--cases N] [--home FOLDER] [--json FILE]`. Cases are those of `jaga practice fill`.
With `--home` a folder is used, filled up to N, and kept for the next time; without it a throwaway installation is made.

Measured with Django's test client, in this process: the server's own time of a page (middleware, view, queries,
template), without the network and without granian. The queries of each page are counted and timed apart. Each page is
asked with other cases, words and places each time, so that what is measured is not one warm page. Yardstick: the raw
`SELECT … ORDER BY rank_at LIMIT 25` by psycopg on the same database in the same run.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg

from bench.harness import Bench, Run, Yardstick, benchmark, each, options
from bench.installation import installation

if TYPE_CHECKING:
    from django.test import Client

CASES = 20_000
ROUNDS = 60
WARM_UP = 3
RAW = (
    "SELECT id, rank_at FROM records_case WHERE state IN ('in_review', 'second_vote', 'adjudication')"
    " AND snoozed_until IS NULL AND escalated_at IS NULL ORDER BY rank_at, id LIMIT 25"
)
GOALS = {"queue": 20.0, "page": 80.0}  # milliseconds at p95: the queue's query, and any whole page
WEIGHT = 150_000
PAGE_OF_ROWS = 100
SCANNED_NEVER = ("records_case", "records_vote")
DASHBOARD_PAUSE = 30_000.0
SEARCHES = (
    "open BO",
    "free room Bandung",
    "category:fraud transfer",
    "@mawar_sari",
    "account:kenanga",
    "state:resolved category:gambling slot",
    "overdue",
    "contact:0812-0000-7919",
    '"depo 300" channel:public',
    "Lampung",
    "platform:sapa-latihan state:review",
    "arisan before:2026-06",
    "joki -Medan",
    "tidakada",
)


@dataclass
class Asked:
    """The cost of one page: queries and their time for each call, the processor's time, and the heaviest answer."""

    queries: list[int]
    in_sql: list[float]
    weight: int = 0
    slowest: tuple[float, str] = (0.0, "")
    python_ms: float = 0.0  # Processor time a page: of this process,
    database_ms: float = 0.0  # and of the database's.


def main() -> None:
    parser = options("How long the console's pages take among very many cases.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"so many cases ({CASES})")
    parser.add_argument("--waiting", type=float, metavar="SHARE", help="of these the share that waits for people")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="fill and use this folder, and keep it")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"calls of each page ({ROUNDS})")
    chosen = parser.parse_args()
    with filled(chosen) as url, benchmark("console", url, chosen.json) as bench:
        run(bench, url, chosen)


@contextmanager
def filled(chosen: argparse.Namespace) -> Iterator[str]:
    """An installation with this many cases; yields its database's address."""
    if chosen.home is None:
        with installation() as made:
            fill(chosen.cases, made.home, chosen.waiting)
            yield made.database_url
        return
    home = chosen.home.resolve()
    os.environ.update(JAGA_HOME=str(home), PRACTICE="1", DJANGO_SETTINGS_MODULE="jaga.app.settings")
    os.environ.pop("DATABASE_URL", None)
    from jaga.app.services.database import database

    with database() as url:
        os.environ["DATABASE_URL"] = url
        from bench.installation import prepare
        from jaga.app import keys

        keys.prepare(url)

        prepare()
        fill(chosen.cases, home, chosen.waiting)
        yield url


def fill(cases: int, home: Path, waiting: float | None = None) -> None:
    """Create the missing cases and print the rate."""
    from jaga_practice.filling.fill import WAITING
    from jaga_practice.filling.fill import fill as invent

    began = time.perf_counter()
    *_, filled = invent(cases, 1, home, waiting=waiting or WAITING)
    if filled.now > filled.before:
        took = time.perf_counter() - began
        print(
            f"  filled {filled.now - filled.before:,} cases in {took:.0f} s: "
            f"{(filled.now - filled.before) / took:,.0f} a second, "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB in this process at most",
            flush=True,
        )


def run(bench: Bench, url: str, chosen: argparse.Namespace) -> None:
    """Measure every page and print it with its goal."""
    from jaga.cases.models.cases import Case

    total, waiting = Case.objects.count(), Case.objects.filter(state__in=["in_review", "second_vote"]).count()
    bench.notes.update(cases=total, waiting=waiting, rounds=chosen.rounds)
    print(f"  {total:,} cases, {waiting:,} of them waiting", flush=True)
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("SET jit = off")
        for _ in range(WARM_UP):
            raw.execute(RAW).fetchall()
        yardstick = each(lambda _: raw.execute(RAW).fetchall(), chosen.rounds)
    plan(bench)
    client = signed_in()
    from jaga.quality.verbs.blind_review import count_dashboard

    counted = each(lambda _: count_dashboard(), 2)  # the worker's, every half minute; no page waits for it
    bench.add(
        "the worker counts the dashboard's numbers",
        counted.percentile(50),
        "ms",
        Yardstick("its pause", DASHBOARD_PAUSE),
        2,
    )
    for name, addresses in pages(chosen.rounds).items():
        measure(bench, name, client, addresses, yardstick)
    decide(bench, client, yardstick, chosen.rounds)


def signed_in() -> "Client":
    """A Django test client, signed in as a reviewer and supervisor of the filled operator."""
    from django.conf import settings
    from django.test import Client

    from jaga.core.terms.people import OrganisationKind, Role
    from jaga_practice.making import organisation, person

    settings.ALLOWED_HOSTS = ["testserver"]
    worker = person(
        "latihan.penyelia",
        organisation("PT Latihan Besar", OrganisationKind.OPERATOR),
        (Role.REVIEWER, Role.SUPERVISOR),
        None,
    )
    client = Client()
    client.force_login(worker, "django.contrib.auth.backends.ModelBackend")
    client.cookies["jaga_language"] = "en"
    return client


def pages(rounds: int) -> Mapping[str, Sequence[str]]:
    """The addresses to request, page by page."""
    from django.urls import reverse

    from jaga.cases.models.cases import Case

    waiting = list(
        Case.objects.filter(state="in_review", clearance="").order_by("rank_at").values_list("pk", flat=True)[:rounds]
    )
    most = list(
        Case.objects.filter(clearance="").order_by("-reports_count", "-pk").values_list("pk", flat=True)[:rounds]
    )
    asked = {
        "queue, its front": ["/console/queue/"] * rounds,
        "queue, one category": [
            "/console/queue/?category=gambling",
            "/console/queue/?category=defamation",
            "/console/queue/?channel=flagger",
            "/console/queue/?overdue=1",
        ]
        * (rounds // 4),
        "queue, a rare value": [
            "/console/queue/?severity=critical",
            "/console/queue/?language=en",
            "/console/queue/?differing=1",
            "/console/queue/?answered=1",
        ]
        * (rounds // 4),
        "case that waits": [reverse("console:case", args=[number]) for number in waiting],
        "case with the most reports": [reverse("console:case", args=[number]) for number in most[:rounds]],
        "search": [f"/console/search/?{urlencode({'q': typed})}" for typed in SEARCHES] * (rounds // len(SEARCHES) + 1),
        "campaigns": ["/console/campaigns/", "/console/campaigns/?days=90"] * (rounds // 2),
        "dashboard": ["/console/dashboard/"] * max(WARM_UP + 1, rounds // 4),
    }
    return {name: addresses for name, addresses in asked.items() if len(addresses) > WARM_UP}


def measure(bench: Bench, name: str, client: "Client", addresses: Sequence[str], yardstick: Run) -> None:
    """Measure one page: p50 and p95 with the yardstick, queries, and size."""
    for address in addresses[:WARM_UP]:
        ask(client, address)
    asked, before = Asked([], []), processor_time()
    run = each(lambda place: note(asked, client, addresses[place]), len(addresses))
    asked.python_ms, asked.database_ms = (
        1000 * (after - then) / len(addresses) for after, then in zip(processor_time(), before, strict=True)
    )
    bench.add_times(f"page: {name}", run, yardstick, "the raw query")
    told(bench, name, asked, run)


def processor_time() -> tuple[float, float]:
    """Seconds of the processor that this process and its connection's database process have used.

    What other work on the machine does not change. The database's process is found only on this machine.
    """
    from django.db import connection

    connection.ensure_connection()
    used = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time(), sum(map(int, used[11:13])) / os.sysconf("SC_CLK_TCK")


def note(asked: Asked, client: "Client", address: str) -> None:
    """Request a page and record its cost."""
    from django.db import connection

    times: list[float] = []

    def timing(execute: Callable[..., object], *rest: object) -> object:
        began = time.perf_counter()
        try:
            return execute(*rest)
        finally:
            times.append(time.perf_counter() - began)

    began = time.perf_counter()
    with connection.execute_wrapper(timing):
        weight = ask(client, address)
    asked.queries.append(len(times))
    asked.in_sql.append(sum(times))
    asked.weight = max(asked.weight, weight)
    asked.slowest = max(asked.slowest, (time.perf_counter() - began, address))


def ask(client: "Client", address: str) -> int:
    """Return the size of the page. Ends the benchmark if the page is refused, since a refusal is fast."""
    answer = client.get(address, follow=False)
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}; the figures mislead")
    return len(answer.content)


def told(bench: Bench, name: str, asked: Asked, run: Run) -> None:
    """The text beside a page's figures."""
    in_sql = sorted(asked.in_sql)[int(len(asked.in_sql) * 0.95)] * 1000
    p95, goal = run.percentile(95), GOALS["page"]
    print(
        f"    {max(asked.queries)} queries, {in_sql:.1f} ms in them (p95); {asked.weight / 1000:.0f} kB "
        f"(goal {WEIGHT // 1000}); goal {goal:.0f} ms {'met' if p95 <= goal else 'NOT met'}; slowest "
        f"{asked.slowest[0] * 1000:.0f} ms: {asked.slowest[1]}\n    processor time a page: {asked.python_ms:.0f} ms "
        f"of Python and {asked.database_ms:.0f} ms of the database",
        flush=True,
    )
    bench.notes[name] = {
        "python_cpu_ms": asked.python_ms,
        "database_cpu_ms": asked.database_ms,
        "queries": max(asked.queries),
        "sql_p95_ms": in_sql,
        "bytes": asked.weight,
        "goal_met": p95 <= goal,
        "slowest": asked.slowest[1],
    }


def decide(bench: Bench, client: "Client", yardstick: Run, rounds: int) -> None:
    """Take a case and dismiss it, by the verbs that the pages call, each time another case."""
    from jaga.cases.models.cases import Case
    from jaga.core.terms.cases import DecisionKind
    from jaga.decisions.verbs.voting import Ballot, cast_vote
    from jaga.people.models import Person
    from jaga.people.verbs.people import actor_for
    from jaga.queue.verbs.leases import take_lease

    actor = actor_for(Person.objects.get(username="latihan.penyelia"))
    cases = list(
        Case.objects.filter(state="in_review", clearance="", victim_first=False)
        .exclude(votes__person_id=actor.person_id)
        .order_by("-rank_at")
        .values_list("pk", flat=True)[:rounds]
    )
    if len(cases) < 2:
        return

    def dismiss(place: int) -> None:
        lease = take_lease(cases[place], actor=actor)
        cast_vote(cases[place], lease.fence, Ballot(DecisionKind.DISMISS), actor=actor)

    bench.add_times("take a case and dismiss it", each(dismiss, len(cases)), yardstick, "the raw query")


def plan(bench: Bench) -> None:
    """The queue's own query: its time, and its plan, which must neither scan the table nor sort the waiting cases."""
    from django.db import connection

    from jaga.people.models import Person
    from jaga.people.verbs.people import actor_for
    from jaga.queue.reads import queue

    signed_in()
    actor = actor_for(Person.objects.get(username="latihan.penyelia"))
    statements: list[tuple[float, str, Sequence[object]]] = []

    def keep(execute: Callable[..., object], statement: str, values: Sequence[object], *rest: object) -> object:
        began = time.perf_counter()
        answer = execute(statement, values, *rest)
        statements.append((time.perf_counter() - began, statement, values))
        return answer

    took = []
    for _ in range(ROUNDS):
        statements.clear()
        with connection.execute_wrapper(keep):
            queue.list_queue(queue.QueueFilter(), actor=actor)
        took.append(sum(one for one, statement, _ in statements if "ORDER BY" in statement and "rank_at" in statement))
    _, statement, values = max(
        (one for one in statements if "ORDER BY" in one[1] and "rank_at" in one[1]), key=lambda one: one[0]
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values)
        found = cursor.fetchone()[0]
    found = json.loads(found) if isinstance(found, str) else found
    nodes = list(_nodes(found[0]["Plan"]))
    wrong = sorted(
        {
            kind
            for kind, table, rows in nodes
            if (kind == "Seq Scan" and table in SCANNED_NEVER)
            or (kind in ("Sort", "Incremental Sort") and rows > PAGE_OF_ROWS)
        }
    )
    run = Run(tuple(took), 0, sum(took))
    bench.add("the queue's query, p95", run.percentile(95), "ms", Yardstick("its goal", GOALS["queue"]), len(took))
    judged = f"scans or sorts what waits: {', '.join(wrong)}" if wrong else "neither scans nor sorts what waits"
    print(f"    plan: {' < '.join(kind for kind, _, _ in nodes)}; {judged}", flush=True)
    bench.notes["queue_plan"] = {"nodes": [kind for kind, _, _ in nodes], "wrong": wrong, "plan": found[0]["Plan"]}


def _nodes(node: Mapping[str, object]) -> Iterator[tuple[str, str, int]]:
    yield str(node["Node Type"]), str(node.get("Relation Name", "")), int(str(node.get("Actual Rows", 0)).split(".")[0])
    below = node.get("Plans", [])
    assert isinstance(below, list)
    for one in below:
        yield from _nodes(one)


if __name__ == "__main__":
    main()
