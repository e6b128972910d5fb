"""A worker of the fault tests: Jaga's own, with named points, and restarted at once when it dies.

Run as `python -m tests.faults.worker [fast]`. With `fast` dead workers are noticed after two seconds instead of
fifteen, failures retried after two, and messages that may have been sent are taken again after four.
"""

import asyncio
import sys
from datetime import timedelta

import django
from tests.faults.processes import add_adapters, keep_forking

add_adapters()
django.setup()

from tests.faults import points

from jaga.actions.verbs import circuit_breaker
from jaga.app import worker
from jaga.appeals.verbs import suspension as notices
from jaga.policy.models import Retries
from jaga.policy.release import load_release
from jaga.referrals.verbs import replies as clocks
from jaga.screening.engine.screen import screen_texts
from jaga.store.kernel import notification_mail
from jaga.webhooks import verbs as deliveries
from jaga.work import rescue

_QUICK = {
    "stalled": 0.3,
    "lost_work": 1.0,
    "watch": 3600.0,
    "sequencer": 0.2,
    "probe": 1.0,
    "webhooks": 0.3,
    "mail": 0.3,
    "appeal_news": 0.5,
    "referrals": 0.7,
    "names": 1.0,
    "accounts": 3600.0,
    "verification": 3600.0,
    "filing": 0.2,
    "filing_beside": 0.2,
    "urgent_filing": 0.2,
    # What has no part in the storm would only take the machine's time.
    **dict.fromkeys(
        (
            "in_app",
            "dashboard",
            "turns",
            "hashes",
            "search",
            "pictures",
            "queues",
            "alarms",
            "case_alarms",
            "case_clocks",
            "overdue_appeals",
            "alarm_mails",
            "alarm_webhook",
            "hearings",
            "batches",
            "agreement",
            "figures",
        ),
        3600.0,
    ),
}


def _hasten() -> None:
    short, lease = timedelta(seconds=2), timedelta(seconds=4)
    for place, name, value in (
        (rescue, "STALLED_AFTER", short),
        (rescue, "_GRACE", 3 * short),
        (worker, "STALLED_AFTER", short),
        (circuit_breaker, "_pause", lambda failures: short),
        (Retries, "wait", lambda self, attempt, chance=0.0: short),
        (worker, "_BEAT", 0.2),
        (worker, "_PAUSE", 0.2),
        (deliveries, "_LEASE", lease),
        (deliveries, "WAITS", (short,) * len(deliveries.WAITS)),
        (notification_mail, "_FIRST_WAIT", lease),
        (notices, "_FIRST_WAIT", timedelta(seconds=1)),
        (notices, "_LONGEST_WAIT", short),
        (clocks, "_GRACE", 2 * short),
    ):
        getattr(place, name)  # what is hastened must be there
        setattr(place, name, value)
    real = worker._periodic_tasks
    setattr(  # noqa: B010
        worker,
        "_periodic_tasks",
        lambda working: {name: (_QUICK.get(name, pause), what) for name, (pause, what) in real(working).items()},
    )


def work() -> None:
    """Run in the fork."""
    points.in_worker()
    if "fast" in sys.argv:
        _hasten()
    asyncio.run(worker.run_worker(2))


def main() -> None:
    """Screen something before the first fork: a worker that compiles at every start would screen nothing in a storm."""
    screen_texts(["halo"], load_release())
    keep_forking(work)


if __name__ == "__main__":
    main()
