"""Jobs are promised by name, in the verb's own transaction: record and job commit together or not at all."""

from datetime import datetime

from procrastinate.contrib.django import app

TRIAGE = "jaga.triage_case"
CARRY_OUT = "jaga.carry_out"


def promise(task: str, *, lock: str, at: datetime | None = None, **arguments: int | str) -> None:
    """Promise that `task` will run after this commit, or not before `at`. Jobs of one `lock` run one after the other.

    Never skipped when a like job waits: that one may start before this transaction commits and so miss its change.
    """
    app.configure_task(task, lock=lock, schedule_at=at, allow_unknown=True).defer(**arguments)
