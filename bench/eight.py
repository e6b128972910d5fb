"""Whether anything that must never be comes of eight people who do the same thing at the same moment.

Run by `python -m bench.eight [--rounds N] [--only NAME …] [--json FILE]`. Against the web server's real processes and a
real PostgreSQL, under the web server's own rights: eight signed-in people take, judge, take back, let on, answer, link
and escalate the same case at once, and send one form many times (`tests.journeys.eight`). After each round: no person's
vote counts twice, no closure without two people, no two leases, nothing undone that was decided, the ledger whole, no
deadlock, no answer above 499, and every refusal a page in the page's language with a way on. Ends with status 1 where
something is wrong. Yardstick of the seconds: the same person's console page, eight times at once.
"""

import os
import time
from collections import Counter
from collections.abc import Callable

import httpx

from bench.harness import Run, benchmark, options
from bench.installation import installation

ROUNDS = 20
UNDOABLE = "600"


def main() -> None:
    parser = options("What comes of eight people who do the same thing at the same moment.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds of all scenarios ({ROUNDS})")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these scenarios alone")
    chosen = parser.parse_args()
    with installation({"UNDO_WINDOW_SECONDS": UNDOABLE}) as made:
        made.start_processes("web")
        base_url = f"http://127.0.0.1:{made.port}"
        wait_for(base_url)
        from tests.journeys import eight

        scenarios = [one for one in eight.SCENARIOS if not chosen.only or one.__name__ in chosen.only]
        with benchmark("eight", made.database_url, chosen.json) as bench, eight.deadlocks_counted() as deadlocks:
            crowd = eight.Crowd(base_url)
            wrong: list[str] = []
            statuses: Counter[str] = Counter()
            took: dict[str, list[float]] = {one.__name__: [] for one in scenarios}
            pages = [
                _seconds(lambda: crowd.all_at_once(lambda one: one.open("/console/pending/")))
                for _ in range(max(chosen.rounds, 2))
            ]
            for number in range(chosen.rounds):
                for scenario in scenarios:
                    faults: list[str] = []
                    took[scenario.__name__].append(_seconds(lambda: faults.extend(scenario(crowd))))  # noqa: B023
                    wrong += [f"round {number + 1}, {scenario.__name__}: {one}" for one in faults]
                wrong += [f"round {number + 1}: {one}" for one in eight.broken(crowd)]
                print(f"  round {number + 1}: {len(wrong)} wrong", *wrong[-10:], sep="\n    ", flush=True)
                statuses.update(str(one.status) for one in crowd.answers)
                crowd.answers.clear()
            crowd.close()
            if chosen.rounds > 1:
                for name, seconds in took.items():
                    bench.add_times(
                        name,
                        Run(tuple(seconds), 0, sum(seconds)),
                        Run(tuple(pages), 0, sum(pages)),
                        "eight pages at once",
                    )
            bench.notes.update(
                rounds=chosen.rounds,
                statuses=dict(statuses),
                deadlocks=deadlocks(),
                wrong=wrong,
                clean=not wrong and not deadlocks(),
            )
            print(f"  {bench.notes}", flush=True)
        if not bench.notes["clean"]:
            raise SystemExit(1)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def wait_for(base_url: str) -> None:
    """Return once the web server answers. Ends the benchmark after five minutes."""
    end = time.monotonic() + 300
    while True:
        try:
            if httpx.get(f"{base_url}/health/live", timeout=30).is_success:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > end:
            raise SystemExit("the web server does not answer")
        time.sleep(0.2)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    main()
