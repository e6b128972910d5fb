"""How long from a decision to a verified closure, and how many a second, on real chat servers.

Run by `python -m bench.closures [--platforms NAMES] [--accounts N] [--workers NUMBERS] [--json FILE]`. Measured, with
the worker of production: from the second person's vote (its commit included) until the independent observation that
confirms the closure is recorded, one case after the other; and closures per second over a filled queue of decided
cases. Both contain evidence sealed, account held and statement delivered where the platform can, the account closed,
and observed. Two yardsticks, on other accounts of the same kind in the same run, one by one and eight at a time: the
platform's own bare call, and the least of its calls with which such a closure can be made at all. Every closure must
be confirmed in the database, and of each run some holders try to sign in.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.closing import People
from bench.harness import Bench, Run, Yardstick, benchmark, each, options, shared
from bench.installation import Installation, installation
from bench.processor import seconds_used
from bench.servers import NAMES, Holder, Server, running

CONCURRENCY = 8  # jobs at a time of each worker, half of them on one platform: what an installation starts with
CLIENTS = 8
SAMPLE = 3
WARM_UP = 2


def main() -> None:
    parser = options("How long from a decision to a verified closure, and how many a second, on real chat servers.")
    parser.add_argument("--platforms", default=",".join(NAMES), help=f"with commas between ({','.join(NAMES)})")
    parser.add_argument(
        "--accounts",
        type=int,
        default=16,
        help="closed one by one; twice as many in each queue; on Prosody half of both (16)",
    )
    parser.add_argument("--workers", default="1,4", help="numbers of worker processes, with commas between (1,4)")
    given = parser.parse_args()
    names, workers = given.platforms.split(","), [int(number) for number in given.workers.split(",")]
    if unknown := set(names) - set(NAMES):
        parser.error(f"no such platform: {', '.join(sorted(unknown))}")
    with installation() as place:
        people = People(place)
        with benchmark("closures", place.database_url, given.json) as bench:
            for name in names:
                with running(name, place) as server:
                    people.runs(server)
                    for group in server.groups:
                        measured = Measured(bench, place, people, server, group)
                        accounts = max(given.accounts // server.slowness, 2)
                        yardsticks = measured.yardsticks(max(accounts // 2, 2))
                        measured.one_by_one(accounts, yardsticks)
                        for count in workers:
                            measured.queue(2 * accounts, count, yardsticks)


@dataclass(frozen=True)
class Yard:
    """The yardstick of closures: the server's own calls, one by one and several at a time."""

    name: str
    one_by_one: Run
    crowd: Run


class Measured:
    """One server and one kind of accounts on it."""

    def __init__(self, bench: Bench, place: Installation, people: People, server: Server, group: str) -> None:
        self._bench, self._place, self._people, self._server, self._group = bench, place, people, server, group
        self._what = f"{server.name}, {group}"

    def yardsticks(self, accounts: int) -> list[Yard]:
        """Measure the server's bare call, and all calls that a whole closure needs, one by one and several at a
        time.
        """
        return [
            Yard(name, *self._bare(make, accounts))
            for name, make in ((self._server.order, self._server.bare), ("its calls for a closure", self._server.least))
        ]

    def _bare(self, make: Callable[[], Callable[[str], object]], accounts: int) -> tuple[Run, Run]:
        alone, crowd = self._holders(accounts + 1), self._holders(2 * accounts)
        call = make()
        call(alone.pop().account_id)

        def of_its_own(_: int) -> Callable[[int], object]:
            own = make()
            return lambda number: own(crowd[number].account_id)

        one_by_one = each(lambda number: call(alone[number].account_id), accounts)
        return one_by_one, shared(of_its_own, len(crowd), clients=CLIENTS)

    def one_by_one(self, accounts: int, yardsticks: Sequence[Yard]) -> None:
        """From the second vote to the recorded confirmation, without other cases waiting."""
        holders = self._holders(accounts)
        cases, warm = self._prepared(holders), self._prepared(self._holders(WARM_UP))
        with self._place.workers(1, CONCURRENCY):
            self._people.wait_for_workers(1)
            for case_id in warm:
                self._people.close(case_id)
            used = self._used()
            run = each(lambda number: self._people.close(cases[number]), accounts)
            self._note("one by one", used, cases)
            waited = 1000 * median(self._people.picked_up_after(cases))
            self._bench.notes[f"{self._what}: decision to first attempt, p50"] = f"{waited:.1f} ms"
        for yard in yardsticks:
            self._bench.add_times(f"{self._what}: closure", run, yard.one_by_one, yard.name)
        self._try_to_sign_in(holders)

    def queue(self, accounts: int, workers: int, yardsticks: Sequence[Yard]) -> None:
        """From the moment at which a filled queue may start until its last closure is confirmed."""
        holders = self._holders(accounts)
        cases, warm = self._prepared(holders), self._prepared(self._holders(WARM_UP * workers))
        self._people.fill_queue(cases)
        with self._place.workers(workers, CONCURRENCY):
            self._people.wait_for_workers(workers)
            for case_id in warm:
                self._people.decide(case_id)
            self._people.wait_for(warm, 0.05)
            used, began = self._used(), time.perf_counter()
            self._people.release()
            self._people.wait_for(cases, 0.02)
            took = time.perf_counter() - began
            what = f"{workers} worker{'s' * (workers > 1)} of {CONCURRENCY}"
            self._note(what, used, cases)
        for yard in yardsticks:
            self._bench.add(
                f"{self._what}: {what}",
                accounts / took,
                "/s",
                Yardstick(f"{yard.name}, {CLIENTS} at a time", yard.crowd.per_second),
                accounts,
            )
        self._try_to_sign_in(holders)

    def _holders(self, count: int) -> list[Holder]:
        holders = [self._server.holder(self._group) for _ in range(count)]
        if not self._server.signs_in(holders[0]):
            raise SystemExit(f"{self._what}: a new holder cannot sign in, so that a refusal would prove nothing")
        return holders

    def _prepared(self, holders: Sequence[Holder]) -> list[int]:
        return [self._people.prepared(self._server.name, holder.account_id) for holder in holders]

    def _try_to_sign_in(self, holders: Sequence[Holder]) -> None:
        """Check that holders of closed accounts cannot sign in, although the first of them could before."""
        if any(self._server.signs_in(holder) for holder in [*holders[:SAMPLE], *holders[-SAMPLE:]]):
            raise SystemExit(f"{self._what}: a closed account still signs in")

    def _used(self) -> dict[str, float]:
        return seconds_used({"platform": self._server.process, "worker": "jaga.app.cli worker", "database": "postgres"})

    def _note(self, run: str, before: dict[str, float], cases: Sequence[int]) -> None:
        """Print the processor time for each closure, and how many attempts were needed."""
        used = {kind: round(1000 * (after - before[kind]) / len(cases), 1) for kind, after in self._used().items()}
        attempts = self._people.attempts(cases)
        self._bench.notes[f"{self._what}: {run}"] = {
            "cpu_ms_per_closure": used,
            "attempts_per_closure": round(attempts / len(cases), 2),
        }
        summary = ", ".join(f"{kind} {each_ms:.0f} ms" for kind, each_ms in used.items())
        print(
            f"  {self._what}: {run}: processor per closure: {summary}; {attempts} attempts for {len(cases)} closures",
            flush=True,
        )


if __name__ == "__main__":
    main()
