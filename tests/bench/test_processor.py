"""Processor time of the benchmark's own child processes, by kind."""

import subprocess
import sys

from bench.processor import seconds_used

_BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ninput()"


def test_only_own_children_of_a_named_kind_are_counted() -> None:
    """A busy child is counted under its word; an unused word stays at zero."""
    kinds = {"worker": "pekerja-sibuk", "platform": "tidak-ada"}
    assert seconds_used(kinds) == {"worker": 0.0, "platform": 0.0}
    with subprocess.Popen(
        [sys.executable, "-c", _BUSY, "pekerja-sibuk"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "done\n"
        used = seconds_used(kinds)
        child.communicate("\n")
    assert used["worker"] >= 0.2
    assert used["platform"] == 0.0
