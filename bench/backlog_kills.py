"""Workers of a backlog killed with -9 at random moments: `python -m bench.backlog_kills [--kills N] [--items N]`.

The same file is taken in twice, for two platforms: once in peace, once while one of its workers is killed again and
again. The run fails unless both have the same observations, cases, hashes and roots, and the ledger is whole.
Reference: the time in peace.
"""

import os
import random
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.ais_year import labelled, make, permitted, platform_of
from bench.harness import Yardstick, benchmark, options
from bench.installation import installation


def main() -> None:
    parser = options("Workers of a backlog killed at random moments.")
    parser.add_argument("--kills", type=int, default=50, help="how many (50)")
    parser.add_argument("--items", type=int, default=200_000, help="of the file (200000)")
    given = parser.parse_args()
    with (installation() as place, benchmark("backlog_kills", place.database_url, given.json) as bench,
          TemporaryDirectory(dir=place.home) as folder):
        path = make(Path(folder) / "tahun.jsonl", labelled(None), given.items, 0.03).path
        calm, took, _ = _take_in(path, platform_of("tenang"), 0)
        hurt, longer, kills = _take_in(path, platform_of("sakit"), given.kills)
        if hurt != calm:
            raise SystemExit("after kills the result is another one")
        if problems := _problems():
            raise SystemExit(f"the ledger is not whole: {problems}")
        bench.add(f"{given.items:,} items, {kills} kills", longer, "s", Yardstick("without kills", took), kills)


def _take_in(path: Path, platform: str, kills: int) -> tuple[list[object], float, int]:
    """What is stored in the end, the seconds, and how many workers were killed."""
    from jaga.app.screening import take_in
    from jaga.app.screening.block_findings import Columns
    from jaga.casework.reporting.backlogs import finish_backlog, is_open, progress_of, try_again
    from jaga.core.actors import CLI
    from jaga.records.models import BacklogBlock, Report

    began, killed, dice = time.perf_counter(), 0, random.Random(kills)  # noqa: S311 - moments, no secret
    take_in.MOST_BYTES = 1 << 18  # more blocks than kills
    number = take_in.begin(path, permitted(platform, path), Columns())
    workers = take_in.Workers(2, path, number)
    try:
        while is_open(number):
            workers.replace_dead(progressed=True)
            time.sleep(dice.uniform(0.1, 2.0))
            if killed < kills and (alive := workers.pids()):
                os.kill(dice.choice(alive), signal.SIGKILL)
                killed += 1
            if progress_of(number).poison:  # the same block was hit three times by chance
                try_again(number)
    finally:
        workers.close()
    finish_backlog(number, actor=CLI)
    blocks = BacklogBlock.objects.filter(backlog=number).order_by("number")
    observations = Report.objects.filter(subject__platform__name=platform).order_by("subject__account_id", "origin_ref")
    return ([*blocks.values_list("number", "input_hash", "output_hash", "root", "flagged"),
             *observations.values_list("subject__account_id", "origin_ref", "category", "case__category",
                                       "case__reports_count")], time.perf_counter() - began, killed)


def _problems() -> int:
    from jaga.casework.kernel.ledger_verification import verify_ledger
    from jaga.casework.kernel.sequencer import link_entries

    while link_entries():
        pass
    return len(verify_ledger().problems)


if __name__ == "__main__":
    main()
