"""`jaga worker`: runs promised jobs and the regular rounds until it is told to stop."""

import asyncio
import os

import click

from jaga.app.commands.records import open_records

_BEHIND = 5  # where both want the processor, somebody who waits for a receipt goes before what is filed afterwards


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Jobs at the same time.")
def worker(concurrency: int) -> None:
    """Run triage, actions, verification, the watch and the ledger's sequencer. Only this process reads credentials."""
    os.nice(_BEHIND)
    open_records()
    from jaga.jobs.worker import run_worker

    asyncio.run(run_worker(concurrency))
