"""What happens to acknowledged work when processes are killed, and how soon a killed worker's work is taken over.

Run by `python -m bench.faults [--kills N] [--seed N] [--add FILE] [--json FILE] [--recoveries N]`.

*The storm*: people report, judge, appeal, write, order, refer and draft by the pages and the API of an installation of
its own, on a platform that knows no idempotency keys and counts every effect and on an app with a users table. After
one to three acknowledgements each time, the worker, the web server, Jaga's database, the app's, or the server of mails
and webhooks gets a kill -9: three of four at a named point (`tests/faults/points.py`), one of four at any moment.
Counted at the end, by operation: what was lost, what was done twice, what is unfinished where nobody sees it. Any of
them ends the run with an error; so do fewer accepted matters than kills, in all or at one operation's points. `--add
FILE` adds this run to those that the file holds, so that many kills can be had in several runs.

The workers miss each other after two seconds instead of fifteen here, a closure waits ten seconds behind its
restriction and its letter instead of a day, what was taken to be sent is taken again after
four seconds instead of minutes, and the databases do not wait for the disk: or the storm would last for days.

*The recovery* (`--recoveries N`): with the patience of production, a worker is killed between its order to close and
the record of it; how long until another has looked, recorded and verified the closure. Yardstick: the same with nobody
killed.

`--broken WAY` breaks Jaga on purpose (`tests/faults/broken.py`), to see that the count fails then.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness import Bench, Run, benchmark, each, options

if TYPE_CHECKING:
    from tests.faults.rig import Rig
    from tests.faults.storm import Storm

POINT, UNDO = "after order close", 10


def main() -> None:
    parser = options("What becomes of what was acknowledged when things are killed.")
    parser.add_argument("--kills", type=int, default=250, help="how often something is killed (250)")
    parser.add_argument("--seed", type=int, default=20210320, help="of what is killed, where and when (20210320)")
    parser.add_argument("--add", type=Path, metavar="FILE", help="add this run to those of FILE, and show the sums")
    parser.add_argument("--recoveries", type=int, default=0, help="killed workers whose recovery is timed (0)")
    parser.add_argument("--broken", default="", help="lost, double or silent: break Jaga that way first")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # what was started must end too
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    with _installation(fast=True, around=True) as stormy, benchmark("faults", stormy.url, given.json) as bench:
        from tests.faults.operations import LONG
        from tests.faults.points import AFTER_THE_UNDO, POINTS
        from tests.faults.storm import run

        if given.broken:
            (stormy.home / "faults" / "broken").write_text(given.broken)
        storm = run(
            stormy,
            given.kills,
            given.seed,
            desks=LONG,
            points=(*POINTS, *AFTER_THE_UNDO),
            say=lambda text: print(f"  {text}", flush=True),
        )
        bench.notes |= as_notes(storm)
        if storm.faults():
            (Path(f"{given.add or 'faults'}.log")).write_text(stormy.logs(60_000))
        if given.add:
            _add(given.add, bench)
        _show(bench.notes)
        if given.recoveries:
            _recover(bench, given.recoveries)
    if storm.faults():
        raise SystemExit("\n".join(storm.faults()))


@contextmanager
def _installation(*, fast: bool, around: bool) -> Iterator["Rig"]:
    from tests.faults.rig import rig

    with rig(fast=fast, around=around, undo=UNDO if around else 0) as made:
        before = os.environ.get("JAGA_HOME")
        os.environ["JAGA_HOME"] = str(made.home)
        import django

        django.setup()
        yield made
        if before is not None:
            os.environ["JAGA_HOME"] = before


def as_notes(storm: "Storm") -> dict[str, Any]:
    """The notes of one run as they are stored in the file."""
    counts = {
        operation: {
            "accepted": count.accepted,
            "lost": len(count.lost),
            "double": len(count.double),
            "silent": len(count.silent),
            "stuck": len(count.stuck),
        }
        for operation, count in storm.counts.items()
    }
    return {
        "seed": storm.seed,
        "kills": storm.killed,
        "accepted": storm.accepted,
        "by_operation": counts,
        "killed": storm.kills,
        "points": dict(sorted(storm.points.items())),
        "not_reached": dict(sorted(storm.not_reached.items())),
        "seconds": round(storm.seconds),
        "settled_after_s": round(storm.settled_after),
        "ledger_whole": storm.ledger_whole,
        "faults": storm.faults(),
    }


def _add(path: Path, bench: Bench) -> None:
    """Add this run's notes to those of the file, and return the sums."""
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    runs.append(dict(bench.notes))
    bench.notes = {**summed(runs), "runs": runs}
    path.write_text(json.dumps(bench.notes, indent=1) + "\n")


def summed(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of the notes of several runs."""

    def add(into: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
        for name, value in one.items():
            into[name] = add(into.get(name, {}), value) if isinstance(value, dict) else into.get(name, 0) + value
        return into

    names = ("kills", "accepted", "by_operation", "killed", "points", "not_reached", "seconds")
    whole: dict[str, Any] = {}
    for one in runs:
        add(whole, {name: json.loads(json.dumps(one[name])) for name in names})
    return {
        **whole,
        "seeds": [one["seed"] for one in runs],
        "ledger_whole": all(one["ledger_whole"] for one in runs),
        "faults": [fault for one in runs for fault in one["faults"]],
    }


def _show(notes: dict[str, Any]) -> None:
    from tests.faults.storm import table

    print(table(notes["by_operation"], notes["killed"]), flush=True)
    died: dict[str, int] = {}
    for by_what in notes["killed"].values():
        for what, times in by_what.items():
            died[what] = died.get(what, 0) + times
    print(
        f"  {notes['kills']} kills ({', '.join(f'{what} {times}' for what, times in sorted(died.items()))}), "
        f"{notes['accepted']} accepted, {len(notes['points'])} named points, in {notes['seconds']} s; "
        f"never come by: {', '.join(sorted(set(notes['not_reached']) - set(notes['points']))) or 'none'}",
        flush=True,
    )


def _recover(bench: Bench, times: int) -> None:
    with _installation(fast=False, around=False) as patient:
        closures = Closures(patient)
        calm = each(lambda _: closures.close(), times)
        killed = Run(tuple(closures.close_with_a_killed_worker() for _ in range(times)), 0, 1.0)
        bench.add_times("worker killed: closure verified", killed, calm, "the same, nobody killed")
        bench.notes["slowest_recovery_s"] = round(max(killed.seconds), 1)


class Closures:
    """Closures one after the other, each on another account."""

    def __init__(self, installation: "Rig") -> None:
        self._rig = installation
        self._number = 0

    def close(self) -> None:
        """From the decision to the verified closure."""
        self._decide()
        self._rig.settle(120)

    def close_with_a_killed_worker(self) -> float:
        """Seconds from the worker's death, after the platform closed the account, until the closure is verified."""
        self._rig.arm([POINT], "self")
        self._decide()
        while self._rig.armed():
            time.sleep(0.01)
        return self._rig.settle(120)

    def _decide(self) -> None:
        self._number += 1
        account = self._rig.newcomer(f"pulih{self._number}")
        self._rig.ask(account)
        self._rig.answers([account])


if __name__ == "__main__":
    main()
