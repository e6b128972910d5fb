"""A file taken in while things are killed with -9 at random moments: `python -m bench.backlog_kills [--moments N]
[--items N] [--seed N] [--json FILE]`.

The same file is taken in twice, for two platforms: once in peace, once while at each moment one of three dies: a
process that screens blocks, the worker that triages and leads the periodic tasks, or PostgreSQL with all its
connections. Each is started again, as a supervisor does. The run fails unless both have the same blocks, observations
and cases, each case is in its queue, no job is left, and the ledger is whole. Reference: the time in peace.
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from bench.harness import Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.watch.ais_year import labelled, make, permitted, platform_of

if TYPE_CHECKING:
    from jaga.app.screening.take_in import Workers

T = TypeVar("T")
VICTIMS = ("screening process", "worker", "PostgreSQL")
_LONGEST = 900.0


class Worker:
    """`jaga worker`, which can be killed and started again."""

    def __init__(self, place: Installation) -> None:
        from jaga.app import config
        from jaga.app.services.supervisor import plans

        plan = next(plan for plan in plans(config.CHECKOUT, place.port, place.addresses) if plan.name == "worker")
        self._command = [*map(str, plan.command[:-1]), "all"]
        self._environment, self._log = dict(plan.environment), (place.home / "log" / "killed-worker.log").open("ab")
        self._process = self._start()

    def kill(self) -> None:
        """With -9; the next one starts at once."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, env=self._environment, stdout=self._log, stderr=self._log)


def main() -> None:
    parser = options("A file taken in while things are killed at random moments.")
    parser.add_argument("--moments", type=int, default=12, help="how often something is killed (12)")
    parser.add_argument("--items", type=int, default=40_000, help="of the file (40000)")
    parser.add_argument("--seed", type=int, default=20210320, help="of what is killed, and when (20210320)")
    given = parser.parse_args()
    with (
        installation() as place,
        benchmark("backlog_kills", place.database_url, given.json) as bench,
        TemporaryDirectory(dir=place.home) as folder,
    ):
        path = make(Path(folder) / "tahun.jsonl", labelled(None), given.items, 0.03).path
        worker = Worker(place)
        try:
            dice = random.Random(given.seed)  # noqa: S311 - moments, no secret
            calm, took, _ = _take_in(place, worker, path, platform_of("tenang"), 0, dice)
            hurt, longer, killed = _take_in(place, worker, path, platform_of("sakit"), given.moments, dice)
        finally:
            worker.close()
        for name in calm:
            if hurt[name] != calm[name]:
                raise SystemExit(f"after kills, {name} are others: {len(hurt[name])} instead of {len(calm[name])}")
        if problems := _problems():
            raise SystemExit(f"the ledger is not whole: {problems}")
        bench.notes["killed"] = dict(killed)
        bench.notes["compared"] = {name: len(rows) for name, rows in calm.items()}
        print(bench.notes, flush=True)
        bench.add(
            f"{given.items:,} items, {killed.total()} kills",
            longer,
            "s",
            Yardstick("without kills", took),
            killed.total(),
        )


def _take_in(
    place: Installation,
    worker: Worker,
    path: Path,
    platform: str,
    moments: int,
    dice: random.Random,
) -> tuple[dict[str, list[object]], float, Counter[str]]:
    """What is stored in the end by kind, the seconds, and what was killed how often."""
    from jaga.app.screening import take_in
    from jaga.app.screening.block_findings import Columns
    from jaga.core.actors import CLI
    from jaga.reporting.verbs.backlogs import finish_backlog, is_open, progress_of, try_again

    began, killed = time.perf_counter(), Counter[str]()
    take_in.MOST_BYTES = max(1 << 14, path.stat().st_size // 100)  # more blocks than moments
    number = take_in.begin(path, permitted(platform, path), Columns())
    workers = take_in.Workers(2, path, number)
    try:
        while asked(lambda: is_open(number)) or (killed.total() < moments and asked(lambda: _waiting(platform))):
            workers.replace_dead(progressed=True)
            time.sleep(dice.uniform(0.1, 2.0))
            if killed.total() < moments and (victim := _kill(dice.choice(VICTIMS), place, worker, workers, dice)):
                killed[victim] += 1
            if asked(lambda: progress_of(number)).poison:  # the same block was hit three times by chance
                asked(lambda: try_again(number))
            if time.perf_counter() - began > _LONGEST:
                raise SystemExit("the file does not come to its end")
    finally:
        workers.close()
    finish_backlog(number, actor=CLI)
    _let_all_be_filed(platform)
    while _waiting(platform):
        if time.perf_counter() - began > _LONGEST:
            raise SystemExit("some case does not come into its queue")
        time.sleep(0.2)
    return _stored(number, platform), time.perf_counter() - began, killed


def _kill(
    victim: str,
    place: Installation,
    worker: Worker,
    workers: "Workers",
    dice: random.Random,
) -> str:
    """What was killed; empty if there was none."""
    if victim == "worker":
        worker.kill()
    elif victim == "PostgreSQL":
        os.kill(place.cluster.server.pid, signal.SIGKILL)
        while not place.cluster.revive():
            time.sleep(0.05)
    elif alive := workers.pids():
        os.kill(dice.choice(alive), signal.SIGKILL)
    else:
        return ""
    return victim


def asked(ask: Callable[[], T]) -> T:
    """The answer, asked again while the database starts."""
    from django.db import InterfaceError, OperationalError, connections

    for _ in range(100):
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connections.close_all()
            time.sleep(0.2)
    return ask()


def _waiting(platform: str) -> bool:
    """Whether some case is in no queue yet, or some job of a case is left."""
    from jaga.cases.models.cases import Case
    from jaga.store.kernel.jobs import TRIAGE, jobs_waiting

    return Case.objects.filter(subject__platform__name=platform, state="received").exists() or jobs_waiting(TRIAGE) > 0


def _let_all_be_filed(platform: str) -> None:
    """What waits for a judgement of the same words has waited long enough: whose case was first depends on the order of
    blocks, and in the end all have theirs.
    """
    from datetime import timedelta

    from django.db.models import F

    from jaga.policy.limits import LONGEST_SHARED_DAYS
    from jaga.watch.models.kept import WatchFinding

    waiting = WatchFinding.objects.filter(watch__platform__name=platform, same_words__isnull=False)
    waiting.update(seen_at=F("seen_at") - timedelta(days=LONGEST_SHARED_DAYS))
    began = time.perf_counter()
    while waiting.exists():
        if time.perf_counter() - began > _LONGEST:
            raise SystemExit("some texts wait for ever")
        time.sleep(0.5)


def _stored(number: int, platform: str) -> dict[str, list[object]]:
    from jaga.cases.models.cases import Case
    from jaga.cases.models.reports import Report
    from jaga.watch.models.watches import BacklogBlock, WatchDay

    cases = Case.objects.filter(subject__platform__name=platform).order_by("subject__account_id", "category")
    reports = Report.objects.filter(subject__platform__name=platform).order_by("subject__account_id", "origin_ref")
    return {
        "blocks": list(
            BacklogBlock.objects.filter(backlog=number)
            .order_by("number")
            .values_list("number", "input_hash", "output_hash", "root", "flagged")
        ),
        "observations": list(reports.values_list("subject__account_id", "origin_ref", "category", "case__category")),
        "cases": list(
            cases.values_list(
                "subject__account_id", "category", "state", "queue", "victim_first", "reports_count", "sources_count"
            )
        ),
        "counts": list(WatchDay.objects.filter(watch__backlogs=number).values_list("observed", "flagged", "filed")),
    }


def _problems() -> int:
    from jaga.store.kernel.ledger_verification import verify_ledger
    from jaga.store.kernel.sequencer import link_entries

    while link_entries():
        pass
    return len(verify_ledger().problems)


if __name__ == "__main__":
    main()
