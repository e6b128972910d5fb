"""The worker's round over runs: each for a while, so that others come to their turn."""

import time

from jaga.casework.bulk_work import open_runs, work_off_next
from jaga.core.actors import SYSTEM

SLICE = 5.0  # seconds at one run


def work_on_runs() -> int:
    """Go on with every approved run. Returns how many cases came to their turn. May be killed at any moment."""
    done = 0
    for run_id in open_runs():
        until = time.monotonic() + SLICE
        while time.monotonic() < until and work_off_next(run_id, actor=SYSTEM):
            done += 1
    return done
