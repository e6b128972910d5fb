"""What a report costs at each stage: `python -m bench.report_stages [--reports N] [--json FILE]`.

Reports about as many accounts are accepted a hundred at a time, filed into their cases and triaged, linked in the
ledger, and indexed for search, each stage by the functions that web server and worker call, in this process. Measured
is the time of the processor, of this process and of PostgreSQL, which other work on the machine changes little. Left
out are HTTP, and that several stages run at once. A stage that any report has not gone through ends the benchmark.

Yardstick: inserting as many rows of about a report's size, a hundred in each commit.
"""

import time
from collections.abc import Callable
from typing import LiteralString

import psycopg

from bench.clients import TEXT
from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.intake import CATEGORY, PLATFORM, _prepare
from bench.processor import of_server, postmaster_in

_TOGETHER = 100
_ENTRIES = 3  # of the ledger for each report: accepted, filed, triaged
_DONE: dict[str, LiteralString] = {
    "accepted, 100 at a time": "SELECT count(*) FROM records_report",
    "filed and triaged": "SELECT count(*) FROM records_report r JOIN records_case c ON c.id = r.case_id"
    " WHERE r.filed_at IS NOT NULL AND c.state = 'in_review' AND r.screened_by <> ''",
    "linked (its three entries)": "SELECT count(*) FROM records_ledgerentry WHERE seq IS NOT NULL",
    "indexed for search": "SELECT count(*) FROM records_searchtext",
}
"""What counts the reports that a stage has dealt with, or their entries. Each report opens a case."""


def measure(bench: Bench, place: Installation, reports: int) -> None:
    """Each stage in turn, after a warm-up with as many reports."""
    from jaga.cases.verbs.accounts import NewReport
    from jaga.core.actors import CLI
    from jaga.core.terms.reports import Channel
    from jaga.policy.in_force import one_release
    from jaga.proofs.jobs import link_all
    from jaga.queue.verbs.search import read_all_stale
    from jaga.reporting.jobs import file_others
    from jaga.reporting.verbs.intake import accept_reports

    def accept(first: int) -> None:
        for begin in range(first, first + reports, _TOGETHER):
            accept_reports(
                [
                    NewReport(
                        platform=PLATFORM,
                        account=f"@akun{number}:localhost",
                        category=CATEGORY,
                        text=TEXT,
                        channel=Channel.PUBLIC,
                        source=f"s{number}",
                    )
                    for number in range(begin, begin + _TOGETHER)
                ],
                actor=CLI,
            )

    def until_idle(work: Callable[[], int]) -> Callable[[], None]:
        return lambda: all(iter(work, 0)) and None

    stages: dict[str, Callable[[], None]] = {
        "accepted, 100 at a time": lambda: accept(reports),
        "filed and triaged": until_idle(file_others),
        "linked (its three entries)": until_idle(link_all),
        "indexed for search": until_idle(read_all_stale),
    }
    with one_release():
        accept(0)
        for stage in list(stages.values())[1:]:
            stage()
        before = {name: _counted(place, name) for name in stages}
        yardstick = Yardstick("raw insert of a row", _spent(place, lambda: _insert(place, reports)) / reports * 1e6)
        total = 0.0
        for name, stage in stages.items():
            spent = _spent(place, stage) / reports * 1e6
            total += spent
            done = _counted(place, name) - before[name]
            if done != reports * (_ENTRIES if name.startswith("linked") else 1):
                raise SystemExit(f"of {reports} reports, {done} were {name}; the figures mislead")
            bench.add(f"a report {name}, of the processor", spent, "us", yardstick, reports)
        bench.add("a report, all stages, of the processor", total, "us", yardstick, reports)


def _counted(place: Installation, stage: str) -> int:
    with psycopg.connect(place.database_url) as connection:
        found = connection.execute(_DONE[stage]).fetchone()
    return int(found[0]) if found else 0


def _insert(place: Installation, rows: int) -> None:
    with psycopg.connect(place.database_url) as connection:
        connection.execute("CREATE TABLE bench_yardstick (id bigserial PRIMARY KEY, body text NOT NULL)")
        for _ in range(0, rows, _TOGETHER):
            connection.execute(
                "INSERT INTO bench_yardstick (body) SELECT %s FROM generate_series(1, %s)", ["x" * 200, _TOGETHER]
            )
            connection.commit()


def _spent(place: Installation, work: Callable[[], None]) -> float:
    """Seconds of the processor, of this process and of PostgreSQL."""
    postmaster = postmaster_in(place.home)
    before = time.process_time() + of_server(postmaster)
    work()
    return time.process_time() + of_server(postmaster) - before


def main() -> None:
    parser = options("What a report costs at each stage.")
    parser.add_argument("--reports", type=int, default=3000, help="how many (3000)")
    given = parser.parse_args()
    with installation({"JAGA_REPORTS_PER_MINUTE": "0"}) as place:
        _prepare()
        with benchmark("report_stages", place.database_url, given.json) as bench:
            measure(bench, place, given.reports)


if __name__ == "__main__":
    main()
