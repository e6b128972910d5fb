"""`jaga worker`: which work it does, and whom it lets go first."""

import subprocess
import sys

_STEPS_BACK = """
import os
from jaga.app.commands import worker
worker.step_back()
print(os.sched_getscheduler(0) == os.SCHED_BATCH, os.nice(0))
os.sched_setscheduler = lambda *_: (_ for _ in ()).throw(PermissionError)
worker.step_back()
print(os.nice(0))
"""


def test_the_ordinary_worker_interrupts_nobody_and_keeps_half_a_weight() -> None:
    """Also where a container forbids the first."""
    said = subprocess.run([sys.executable, "-c", _STEPS_BACK], capture_output=True, check=True, text=True).stdout
    assert said.split() == ["True", "3", "6"]
