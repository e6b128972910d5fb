"""How many blocks a second the queue in PostgreSQL hands out.

    python -m bench.watch.block_queue [--blocks N] [--processes N] [--json FILE]

Processes take blocks that hold nothing, mark them as done in a commit of its own, and give them back, as workers of
`jaga take-in` do with the work between. So this is the rate at which the queue itself, and not the screening, would be
the limit: times the rows of a block (about 30,000 in 4 MB), in rows a second. Yardstick: commits of one row.
"""

import subprocess
import sys
import time

import psycopg

from bench.harness import Yardstick, benchmark, options
from bench.installation import installation

_ROWS = 30_000


def work(backlog: int) -> None:
    """Take blocks until none is left."""
    from jaga.app.commands.records import open_records

    open_records()
    from jaga.core.clock import now
    from jaga.reporting.verbs.backlogs import give_back, take_block
    from jaga.watch.models.watches import BacklogBlock

    print("ready", flush=True)
    sys.stdin.readline()
    while (taken := take_block(backlog)) is not None:
        BacklogBlock.objects.filter(pk=taken.block_id).update(done_at=now(), output_hash="0" * 64, root="0" * 64)
        give_back(taken)


def _planned(blocks: int) -> int:
    from jaga.core.clock import now
    from jaga.watch.models.watches import Backlog, BacklogBlock, Watch

    watch = Watch.objects.latest("pk")
    row = Backlog.objects.create(
        platform=watch.platform,
        watch=watch,
        name="queue",
        sha256="0" * 64,
        size=blocks,
        columns={},
        policy_hash="0" * 64,
        engine="none",
        begun_at=now(),
    )
    BacklogBlock.objects.bulk_create(
        BacklogBlock(backlog=row, number=number, start=number, size=1, input_hash="0" * 64) for number in range(blocks)
    )
    return row.pk


def _commits(database_url: str, seconds: float = 3.0) -> float:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_yardstick (id bigserial PRIMARY KEY, body text)")
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            connection.execute("INSERT INTO bench_yardstick (body) VALUES ('x')")
            done += 1
        return done / (time.perf_counter() - began)


def main() -> None:
    if sys.argv[1:2] == ["--of"]:
        work(int(sys.argv[2]))
        return
    parser = options("Blocks a second that the queue hands out.")
    parser.add_argument("--blocks", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--processes", type=int, default=2, help="that take them (2)")
    given = parser.parse_args()
    with installation() as place, benchmark("block_queue", place.database_url, given.json) as bench:
        from bench.watch.ais_year import permitted, platform_of

        path = place.home / "empty.jsonl"
        path.touch()
        permitted(platform_of("queue"), path)
        backlog = _planned(given.blocks)
        command = [sys.executable, "-m", "bench.watch.block_queue", "--of", str(backlog)]
        running = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(given.processes)
        ]
        for process in running:
            assert process.stdout
            process.stdout.readline()
        began = time.perf_counter()
        for process in running:
            process.communicate(b"go\n")
        rate = given.blocks / (time.perf_counter() - began)
        if any(process.returncode for process in running):
            raise SystemExit("a process ended with an error")
        bench.add(
            "blocks taken and done",
            rate,
            "/s",
            Yardstick("commits of one row", _commits(place.database_url)),
            given.blocks,
        )
        bench.notes["rows a second, at 30,000 a block"] = round(rate * _ROWS)
        print(bench.notes, flush=True)


if __name__ == "__main__":
    main()
