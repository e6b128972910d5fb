"""The common part of every benchmark: timing, figures beside their yardsticks, the machine, and the JSON file.

A figure without a yardstick says more about the machine than about Jaga. So each stands beside something simple and
unavoidable that was measured in the same run, and the ratio of the two is what can be compared between machines.
"""

import argparse
import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import quantiles

import psycopg


@dataclass(frozen=True)
class Yardstick:
    """A simple reference, measured in the same run and unit as a figure."""

    name: str
    value: float


@dataclass(frozen=True)
class Figure:
    """One measured value. `ratio` is value / yardstick. With `per_second` higher is better; with times lower is better.

    `load` is the machine's load in the last minute before the measurement, which shows other work.
    """

    name: str
    value: float
    unit: str
    yardstick: Yardstick
    samples: int
    load: float = 0.0

    @property
    def ratio(self) -> float:
        return self.value / self.yardstick.value


@dataclass(frozen=True)
class Run:
    """The result of a timed run: seconds of each call, failed calls, and the total time."""

    seconds: tuple[float, ...]
    failed: int
    elapsed: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def percentile(self, percent: int) -> float:
        """The percentile in milliseconds. Raises ValueError if fewer than two calls succeeded."""
        if len(self.seconds) < 2:
            raise ValueError(f"{len(self.seconds)} calls succeeded and {self.failed} failed: nothing to measure")
        return quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


class CallFailed(Exception):
    """A call had another answer than expected; it counts as failed, not as fast."""


def timed(make: Callable[[int], Callable[[], object]], *, clients: int, seconds: float, warm_up: int) -> Run:
    """Call in a loop from `clients` threads for `seconds`. `make` creates each thread's call; the warm-up is not
    counted.
    """
    calls = [make(number) for number in range(clients)]
    _all(lambda number: [calls[number]() for _ in range(warm_up)], clients)
    took: list[list[float]] = [[] for _ in range(clients)]
    failed = [0] * clients
    began = time.perf_counter()

    def loop(number: int) -> None:
        until = began + seconds
        while (start := time.perf_counter()) < until:
            try:
                calls[number]()
            except CallFailed:
                failed[number] += 1
            else:
                took[number].append(time.perf_counter() - start)

    _all(loop, clients)
    return Run(tuple(one for each in took for one in each), sum(failed), time.perf_counter() - began)


def each(call: Callable[[int], object], times: int) -> Run:
    """Call with 0, 1, … one after the other, for calls that take too long, or happen too rarely, for a timed loop."""
    took = []
    began = time.perf_counter()
    for number in range(times):
        start = time.perf_counter()
        call(number)
        took.append(time.perf_counter() - start)
    return Run(tuple(took), 0, time.perf_counter() - began)


def shared(make: Callable[[int], Callable[[int], object]], times: int, *, clients: int) -> Run:
    """Call with 0, 1, … `times` - 1 from `clients` threads; each takes the next number, and `make` creates each
    thread's call.
    """
    calls = [make(number) for number in range(clients)]
    numbers = iter(range(times))
    guard = threading.Lock()
    took: list[list[float]] = [[] for _ in range(clients)]

    def loop(client: int) -> None:
        while True:
            with guard:
                number = next(numbers, None)
            if number is None:
                return
            start = time.perf_counter()
            calls[client](number)
            took[client].append(time.perf_counter() - start)

    began = time.perf_counter()
    _all(loop, clients)
    return Run(tuple(one for each in took for one in each), 0, time.perf_counter() - began)


def _all(run: Callable[[int], object], clients: int) -> None:
    """Run in threads; raise the first exception of any of them."""
    raised: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            run(number)
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that can end the program
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


@dataclass
class Bench:
    """One benchmark's figures, printed as they come."""

    name: str
    machine: dict[str, str]
    figures: list[Figure] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str, yardstick: Yardstick, samples: int) -> None:
        """Record a figure and print it with its yardstick."""
        figure = Figure(name, value, unit, yardstick, samples, round(os.getloadavg()[0], 1))
        self.figures.append(figure)
        print(
            f"  {name:<52}{value:>9.1f} {unit:<3} {yardstick.name:<38}{yardstick.value:>9.1f} {unit:<3}"
            f" ratio {figure.ratio:>7.3f}  (n={samples}, load {figure.load})",
            flush=True,
        )

    def add_run(self, what: str, run: Run, yardstick: Run, against: str, *, tail: bool = False) -> None:
        """Per second, p50 and p95 (with `tail` also p99) of a run beside those of its yardstick."""
        self.add(
            f"{what}, per second", run.per_second, "/s", Yardstick(against, yardstick.per_second), len(run.seconds)
        )
        self.add_times(what, run, yardstick, against, tail=tail)

    def add_times(self, what: str, run: Run, yardstick: Run, against: str, *, tail: bool = False) -> None:
        """p50 and p95 (with `tail` also p99) of a run beside those of its yardstick."""
        for percent in (50, 95, 99) if tail else (50, 95):
            self.add(
                f"{what}, p{percent}",
                run.percentile(percent),
                "ms",
                Yardstick(f"{against}, p{percent}", yardstick.percentile(percent)),
                len(run.seconds),
            )
        if run.failed or yardstick.failed:
            raise SystemExit(f"{what}: {run.failed} calls failed (yardstick: {yardstick.failed}); the figures mislead")

    def as_json(self) -> dict[str, object]:
        figures = [{**asdict(figure), "ratio": figure.ratio} for figure in self.figures]
        return {"benchmark": self.name, "machine": self.machine, "figures": figures, "notes": self.notes}


def options(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, yardsticks and machine to FILE")
    return parser


@contextmanager
def benchmark(name: str, database_url: str | None, json_file: Path | None) -> Iterator[Bench]:
    """Print the machine first; write the JSON file only if the benchmark was completed.

    `database_url` is None for benchmarks without a database.
    """
    bench = Bench(name, machine(database_url))
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in bench.machine.items()), flush=True)
    yield bench
    if json_file is not None:
        draft = json_file.with_name(f".{json_file.name}")
        draft.write_text(json.dumps(bench.as_json(), indent=1) + "\n")
        draft.replace(json_file)


def machine(database_url: str | None) -> dict[str, str]:
    """The machine on which the figures were measured."""
    return {
        "cpu": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int((_line('/proc/meminfo', 'MemTotal') or '0 kB').split()[0]) // 1024} MiB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **(_database(database_url) if database_url else {}),
    }


def _database(database_url: str) -> dict[str, str]:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    version, fsync, commit = found or ("?", "?", "?")
    return {"postgres": str(version), "fsync": str(fsync), "synchronous_commit": str(commit)}


def _line(path: str, key: str) -> str | None:
    lines: Sequence[str] = Path(path).read_text().splitlines() if Path(path).exists() else ()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)
