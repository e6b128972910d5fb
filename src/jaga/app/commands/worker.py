"""`jaga worker`: runs jobs and periodic rounds until stopped."""

import asyncio
import os
import sys

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.app.config import THREADS_TURN
from jaga.app.services import roles

_BEHIND = 10  # Under load, someone waiting for a receipt takes precedence over background work.


@click.command()
@click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1, 64), help="Jobs at the same time.")
@click.option("--lane", default="all", show_default=True, type=click.Choice(["all", "urgent", "ordinary"]),
              help="What it does: everything, only the filing and triage of urgent reports, or everything else.")
def worker(concurrency: int, lane: str) -> None:
    """Run triage, actions, verification, the watch and the ledger's sequencer. Only this process reads credentials.

    An installation needs one for all, or one of each lane, as `jaga run` starts them; several may run at a time.
    """
    if lane != "urgent":
        os.nice(_BEHIND)
    sys.setswitchinterval(THREADS_TURN)
    os.environ["DATABASE_URL"] = roles.connect_as("worker", config.database_url())
    open_records(products_language=True)
    from jaga.jobs.worker import WorkerLane, run_worker

    asyncio.run(run_worker(concurrency, WorkerLane(lane)))
