"""The stored ledger: what an entry costs a verb, and verifying a million entries with their rows.

Run by `python -m bench.ledger_stored [--entries N] [--verbs N] [--json FILE]`. It casts votes and measures which share
of them binding and appending takes: the time in `append`, and that of the trigger that notes new rows, by `EXPLAIN
ANALYZE`. Then it fills the installation with invented cases (`jaga practice fill`, which writes real entries with
bound rows) up to N entries, links and publishes them, and verifies them in processes of their own, whose memory is
measured. It ends with an error if the ledger is not whole, or an edited row is not found.

The reference is SHA-256 of the same bytes: the canonical JSON of each entry, once.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from bench.closing import People
from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation

ENTRIES = 1_000_000
VERBS = 300
_STEP = 20_000
_SAMPLE = 20_000
_TRIGGER = "EXPLAIN (ANALYZE, FORMAT JSON) INSERT INTO records_personrole (person_id, role) VALUES (%s, 'auditor')"


def main() -> None:
    parser = options("Binding, appending and verifying of the stored ledger.")
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"how many entries are verified ({ENTRIES})")
    parser.add_argument("--verbs", type=int, default=VERBS, help=f"how many votes are cast ({VERBS}); 0: none")
    parser.add_argument("--verify", choices=("entries", "rows", "log"), help="only verify what is there (by itself)")
    chosen = parser.parse_args()
    if chosen.verify:
        print(json.dumps(_verify(chosen.verify)))
        return
    with installation() as place, benchmark("ledger_stored", place.database_url, chosen.json) as bench:
        if chosen.verbs:
            _verbs(bench, place, chosen.verbs)
        _million(bench, place, chosen.entries)


def _verbs(bench: Bench, place: Installation, count: int) -> None:
    """The share of a vote, and of an accepted report, that binding and appending take."""
    from jaga.cases.verbs.accounts import NewReport
    from jaga.core.actors import PUBLIC
    from jaga.people.models import Organisation
    from jaga.reporting.verbs.intake import file_report
    from jaga.store.models import RowBinding
    from jaga_practice.making import closed_app

    people = People(place)
    closed_app(place.home, "uji", Organisation.objects.get(name="Operator Uji"))
    cases = [people.prepared("uji", f"akun{number}") for number in range(count)]
    for what, verb in (
        ("cast_vote", lambda number: people.decide(cases[number])),
        (
            "file_report",
            lambda number: file_report(
                NewReport("uji", f"lain{number}", "gambling", source="bench", text=f"contoh {number}"), actor=PUBLIC
            ),
        ),
    ):
        took, within, rows = [], [], RowBinding.objects.count()
        with _append_timed() as spent:
            for number in range(count):
                spent.clear()
                began = _clocks()
                verb(number)
                took.append(_since(began))
                within.append([sum(one) for one in zip(*spent, strict=True)])
        noted = _trigger_ms() * (RowBinding.objects.count() - rows) / count
        for place_of, clock in enumerate(("", " (processor time, with the database's)")):
            bench.add(
                f"{what}: binding and appending, median{clock}",
                median(one[place_of] for one in within) * 1000 + noted,
                "ms",
                Yardstick("the whole verb, median", median(one[place_of] for one in took) * 1000),
                count,
            )
        bench.notes[f"{what}: ms in the trigger"] = round(noted, 3)


def _clocks() -> tuple[float, float]:
    """Seconds on the wall, and of the processor in this thread and in the database's process of this connection."""
    from django.db import connection

    connection.ensure_connection()
    of_database = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.perf_counter(), time.thread_time() + int(of_database) / 1e9


def _since(began: tuple[float, float]) -> tuple[float, float]:
    ended = _clocks()
    return ended[0] - began[0], ended[1] - began[1]


@contextmanager
def _append_timed() -> Iterator[list[tuple[float, float]]]:
    """Collects the seconds (`_clocks`) of each call of `append` and its like."""
    from jaga.store.kernel import ledger

    spent: list[tuple[float, float]] = []
    original = ledger._append

    def timed(*given: Any, **named: Any) -> Any:
        began = _clocks()
        try:
            return original(*given, **named)
        finally:
            spent.append(_since(began))

    ledger._append = timed
    try:
        yield spent
    finally:
        ledger._append = original


def _trigger_ms() -> float:
    """The milliseconds in which the trigger notes one new row, by EXPLAIN ANALYZE of rows that are taken back."""
    from django.db import connection, transaction

    times = []
    for number in range(20):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TRIGGER, [10_000_000 + number])
            plan = cursor.fetchone()[0][0]
            times.append(sum(one["Time"] for one in plan["Triggers"] if one["Trigger Name"] == "records_note_rows"))
            transaction.set_rollback(True)
    return median(times)


def _million(bench: Bench, place: Installation, wanted: int) -> None:
    from django.db import connection

    from jaga.core.clock import frozen, now
    from jaga.proofs.verbs.publishing import publish
    from jaga.store.kernel.sequencer import link_entries
    from jaga.store.models import LedgerEntry
    from jaga_practice.filling.fill import fill

    while link_entries():
        pass
    publish()  # the log begins before the entries that it will have
    cases, began = 0, time.perf_counter()
    while (there := LedgerEntry.objects.count()) < wanted:
        missing = (wanted - there) * cases // there if cases else 0
        cases += min(_STEP, max(missing, 100)) if cases else min(_STEP, wanted // 8)
        for _ in fill(cases, 1, place.home):
            pass
    bench.notes["seconds to fill"] = round(time.perf_counter() - began)
    bench.notes["cases"] = cases
    each = _sha256_each()
    bare = Yardstick("sha256 of the same bytes", there * each)

    def add(what: str, seconds: float) -> None:
        bench.add(what, seconds, "s", bare, there)

    began = time.perf_counter()
    while link_entries():
        pass
    add(f"link {there} entries", time.perf_counter() - began)
    began = time.perf_counter()
    with frozen(now() + timedelta(hours=1)):
        publish()
    add("sign the head and write the published log", time.perf_counter() - began)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) records_ledgerentry, records_rowbinding")
    for mode, what in (
        ("entries", f"verify {there} entries"),
        ("rows", "verify all rows that they bind"),
        ("log", "verify the published log"),
    ):
        found = _in_a_process(mode)
        if not found["ok"]:
            raise SystemExit(f"{what}: the ledger is not whole: {found['first']}")
        add(what, found["seconds"])
        bench.notes[f"{what}: seconds of this process's processor, without the database's"] = round(found["cpu"], 1)
        bench.notes[f"{what}: MiB before, after"] = [found["before"], found["after"]]
        bench.notes[f"{what}: what was read"] = found["read"]
        print(f"    {found}", flush=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE records_vote DISABLE TRIGGER USER; UPDATE records_vote SET kind = 'dismiss'"
            " WHERE id = (SELECT max(id) FROM records_vote WHERE kind = 'close')"
        )
    if _in_a_process("rows")["ok"]:
        raise SystemExit("an edited vote was not found")


def _sha256_each() -> float:
    """Seconds of SHA-256 for one entry, from a sample of the stored ones."""
    from jaga.core.canonical import canonical_json
    from jaga.ledger.entries import entry_document
    from jaga.store.kernel.ledger import as_entry
    from jaga.store.models import LedgerEntry

    written = [canonical_json(entry_document(as_entry(row))) for row in LedgerEntry.objects.order_by("-pk")[:_SAMPLE]]
    began = time.perf_counter()
    for one in written:
        sha256(one).digest()
    return (time.perf_counter() - began) / len(written)


def _in_a_process(mode: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.ledger_stored", "--verify", mode],
        env=os.environ,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _verify(mode: str) -> dict[str, object]:
    from jaga.app.commands.records import open_records

    open_records()
    from jaga.proofs.verbs.verification import verify_published
    from jaga.store.kernel.ledger_verification import verify_ledger
    from jaga.store.kernel.row_verification import verify_rows

    before, began, worked = _peak(), time.perf_counter(), time.process_time()
    if mode == "entries":
        report = verify_ledger()
        read, problems = report.head.size, [problem.english() for problem in report.problems]
    elif mode == "rows":
        rows = verify_rows()
        read, problems = rows.rows, [fault.problem().english() for fault in rows.faults]
    else:
        problems = [problem.english() for problem in verify_published()]
        read = 0
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - worked,
        "ok": not problems,
        "read": read,
        "before": before,
        "after": _peak(),
        "first": problems[:3],
    }


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
