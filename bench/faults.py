"""What becomes of accepted matters when things are killed, and how soon a killed worker's work is taken over.

Run by `python -m bench.faults [--moments N] [--seed N] [--json FILE]`.

*The storm*: at N seeded moments the worker, the web server or PostgreSQL (of an installation of its own) gets a kill
-9, while people report and vote by pages and by verbs, and two workers close accounts on a platform that knows no
idempotency keys and counts every effect. Counted at the end: what was lost, what had an effect twice, what came to no
end in anybody's sight. The workers miss each other after two seconds instead of fifteen here, or the storm would last
for hours.

*The recovery*: with the patience of production, a worker is killed between its order to close and the record of it; how
long until another has looked, recorded and verified the closure. Yardstick: the same closures with nobody killed.
"""

import os
import time
from random import Random
from typing import TYPE_CHECKING

from bench.harness import Run, benchmark, each, options

if TYPE_CHECKING:
    from tests.faults.rig import Rig

TARGETS = ("worker", "worker", "web", "postgres")
POINT = "after order close"


def main() -> None:
    parser = options("What becomes of accepted matters when things are killed.")
    parser.add_argument("--moments", type=int, default=200, help="how often something is killed (200)")
    parser.add_argument("--seed", type=int, default=20210320, help="of the moments and what they hit (20210320)")
    parser.add_argument("--recoveries", type=int, default=10, help="killed workers whose recovery is timed (10)")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    import django
    from tests.faults.rig import rig

    with rig(fast=False) as installation:
        os.environ["JAGA_HOME"] = str(installation.home)
        django.setup()
        with benchmark("faults", installation.url, given.json) as bench:
            closures = Closures(installation)
            calm = each(lambda _: closures.close(), given.recoveries)
            killed = Run(tuple(closures.close_with_a_killed_worker() for _ in range(given.recoveries)), 0, 1.0)
            bench.add_times("worker killed: closure verified", killed, calm, "the same, nobody killed")
            bench.notes["slowest_recovery_s"] = round(max(killed.seconds), 1)
            with rig() as stormy:
                bench.notes |= _storm(stormy, Random(given.seed), given.moments, given.seed)  # noqa: S311
            print(f"  {bench.notes}", flush=True)
            if not bench.notes["clean"]:
                raise SystemExit(str(bench.notes["verdict"]))


class Closures:
    """Closures one after the other, each of another account."""

    def __init__(self, installation: "Rig") -> None:
        self._rig = installation
        self._number = 0

    def close(self) -> None:
        """From the decision to the verified closure."""
        self._decide()
        self._rig.settle(120)

    def close_with_a_killed_worker(self) -> float:
        """Seconds from the worker's death, after the platform closed the account, to the verified closure."""
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


def _storm(installation: "Rig", chance: Random, moments: int, seed: int) -> dict[str, object]:
    """Strike, wait, strike; then count."""
    from tests.faults.visitors import at_work

    with at_work(installation, "badai") as visitors:
        for _ in range(moments):
            time.sleep(chance.uniform(0.2, 2.0))
            installation.kill(chance.choice(TARGETS), chance.randrange(2))
    settled = installation.settle(300)
    verdict, whole = installation.verdict(), installation.ledger_is_whole()
    return {
        "moments": moments, "seed": seed, "killed": installation.killed, "accepted": verdict.decided,
        "closed": verdict.closed, "lost": len(verdict.lost), "double": len(verdict.double),
        "silent": len(verdict.silent), "ledger_whole": whole, "settled_after_s": round(settled, 1),
        "people_gave_up": visitors.failures, "verdict": str(verdict),
        "clean": verdict.clean and whole and not visitors.failures and verdict.decided > 0,
    }


if __name__ == "__main__":
    main()
