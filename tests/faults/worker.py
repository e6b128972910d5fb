"""A worker of the fault tests: Jaga's own, with named points, and started again at once when it dies.

Run as `python -m tests.faults.worker [fast]`. The first process only imports; what works is its fork, so that after a
kill -9 the next one is there in a moment. With `fast` the dead are missed after two seconds instead of fifteen, and
what failed is tried again after two.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import django
from tests.faults.processes import add_adapters

add_adapters()
django.setup()

from tests.faults import points  # noqa: E402

from jaga.casework import health  # noqa: E402
from jaga.jobs import rescue, worker  # noqa: E402
from jaga.policy.models import Retries  # noqa: E402


def work() -> None:
    """What the fork does."""
    points.in_worker()
    if "fast" in sys.argv:
        short = timedelta(seconds=2)
        setattr(rescue, "STALLED_AFTER", short)  # noqa: B010
        setattr(rescue, "_GRACE", 3 * short)  # noqa: B010
        setattr(worker, "STALLED_AFTER", short)  # noqa: B010
        setattr(health, "_pause", lambda failures: short)  # noqa: B010
        setattr(Retries, "wait", lambda self, attempt, chance=0.0: short)  # noqa: B010
        setattr(worker, "_BEAT", 0.2)  # noqa: B010
        setattr(worker, "_PAUSE", 0.2)  # noqa: B010
        quick = {"stalled": 0.3, "lost_work": 1.0, "watch": 3600.0, "sequencer": 0.2, "probe": 1.0}
        real = worker._rounds
        setattr(worker, "_rounds", lambda working: {  # noqa: B010
            name: (quick.get(name, pause), what) for name, (pause, what) in real(working).items()})
    asyncio.run(worker.run_worker(2))


def main() -> None:
    """Fork, wait, fork again; until told to stop."""
    child = 0
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
