"""`jaga worker`: runs jobs and periodic tasks until stopped."""

import asyncio
import os
import sys
from contextlib import suppress

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.app.config import THREADS_TURN
from jaga.app.logs import quiet_crashes
from jaga.app.services import database as roles
from jaga.app.services.kernels import wait_for_kernels

_BEHIND = 3


@click.command()
@click.option(
    "--concurrency",
    default=8,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many jobs run at the same time.",
)
@click.option(
    "--priority",
    default="all",
    show_default=True,
    type=click.Choice(["all", "urgent", "ordinary"]),
    help="Which jobs it runs: all, only filing and triage of urgent reports, or all others.",
)
def worker(concurrency: int, priority: str) -> None:
    """Run background jobs until stopped.

    Jobs include triage, actions on platforms, verification, reading public rooms and sequencing the ledger. Only
    workers read the platforms' credentials.

    An installation needs one worker with `--priority all`, or one `urgent` and one `ordinary`, as `jaga run` starts
    them. Several workers may run at the same time.
    """
    if priority != "urgent":
        step_back()
    sys.setswitchinterval(THREADS_TURN)
    os.environ["DATABASE_URL"] = roles.connect_as("worker", config.database_url())
    open_records(products_language=True)
    quiet_crashes()
    from jaga.app import policy_in_force as policy_watch
    from jaga.app.worker import WorkerPriority, run_worker
    from jaga.core.actors import SYSTEM
    from jaga.privacy.verbs.erasure import apply_again

    policy_watch.begin("worker")
    apply_again(actor=SYSTEM)
    wait_for_kernels(config.home())
    asyncio.run(run_worker(concurrency, WorkerPriority(priority)))


def step_back() -> None:
    """Under load, someone waiting for a receipt takes precedence, but not so that reports pile up.

    It never interrupts another process on waking up, and has half the weight of one. With a tenth, the web server took
    reports until nobody might send any more, and one core waited meanwhile.
    """
    os.nice(_BEHIND)
    with suppress(OSError):  # A container may forbid it.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
