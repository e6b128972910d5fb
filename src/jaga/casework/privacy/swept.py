"""The one table of what is deleted beside the cases: how long it is kept at most, by which task, of which tables.

What belongs to a case has its days in the release (`retention.yaml`); what no clock ends has its reason in `LASTING`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from jaga.casework.kernel import idempotency, repeatable_forms
from jaga.casework.privacy import person_requests, side_tables
from jaga.casework.queue import drafts
from jaga.casework.reporting.independent_sources import NETWORK_KEPT
from jaga.casework.screening import backtest_runs
from jaga.casework.watch import expiry
from jaga.core.inventory import FixedPeriod
from jaga.records.inventory.outside import BACKUP_DAYS


@dataclass(frozen=True)
class Sweep:
    """How long rows or files are kept at most, which function deletes them, and of which tables."""

    kept: timedelta
    by: str  # The periodic task of `jobs.worker`, or who does it instead.
    tables: tuple[str, ...] = ()


_SIDE, _WATCH = "side_rows", "watch_expiry"
SWEPT: Mapping[str, Sweep] = MappingProxyType(
    {
        "networks": Sweep(NETWORK_KEPT, "networks", ("TurnKey",)),
        "guesses": Sweep(timedelta(hours=1), "guesses", ("GuessCount",)),  # the longest limit, and `KEPT_AFTER`
        "sent_forms": Sweep(repeatable_forms.KEPT, "api_leftovers", ("SentForm",)),
        "idempotency": Sweep(idempotency.KEPT, "api_leftovers", ("IdempotencyRecord",)),
        "drafts": Sweep(drafts.KEPT, "drafts", ("Draft",)),
        "presence": Sweep(timedelta(hours=1), "presence", ("Presence", "Skip")),  # Skips: by "queues"
        "sessions": Sweep(side_tables.SESSION_KEPT, _SIDE, ("sessions.Session", "usersessions.UserSession")),
        "invitations": Sweep(side_tables.INVITATION_KEPT, _SIDE),
        "exposure": Sweep(side_tables.EXPOSURE_KEPT, _SIDE, ("Exposure",)),
        "quotas": Sweep(side_tables.QUOTA_KEPT, _SIDE, ("KeyUse",)),
        # Words and addresses; that a mail was sent stays.
        "mail": Sweep(side_tables.MAIL_KEPT, _SIDE, ("OutgoingMail", "AlarmMessage", "AlarmMessage_alarms")),
        "jobs": Sweep(
            side_tables.JOBS_KEPT,
            _SIDE,
            (
                "procrastinate.ProcrastinateJob",
                "procrastinate.ProcrastinateEvent",
                "procrastinate.ProcrastinatePeriodicDefer",
                "procrastinate.ProcrastinateWorker",
            ),
        ),
        "webhook_deliveries": Sweep(timedelta(days=30), "api_leftovers", ("WebhookDelivery",)),
        "dead_hooks": Sweep(side_tables.DEAD_HOOKS_KEPT, _SIDE, ("WebhookDelivery",)),
        "batches": Sweep(side_tables.BATCHES_KEPT, _SIDE),
        "restored_access": Sweep(side_tables.ACCESS_KEPT, _SIDE, ("RestoredAccess",)),
        "handovers": Sweep(side_tables.HANDOVERS_KEPT, _SIDE, ("ShiftHandover", "HandedCase")),
        "set_aside_values": Sweep(side_tables.VALUES_KEPT, _SIDE, ("SetAsideValue",)),
        "person_requests": Sweep(person_requests.KEPT, "person_requests"),  # what was written; the rows stay
        "referral_messages": Sweep(timedelta(days=30), "referrals"),
        "uploads": Sweep(timedelta(hours=1), "the web server, at the end of the request"),
        "half_written": Sweep(timedelta(hours=1), "half_written"),
        "watch_hashes": Sweep(expiry.HASHES_KEPT, _WATCH, ("ObservedHash",)),
        "watch_samples": Sweep(expiry.SAMPLES_KEPT, _WATCH, ("WatchSample",)),
        "watch_findings": Sweep(
            expiry.FINDINGS_KEPT, _WATCH, ("WatchFinding", "WatchCapture", "FlaggedText")
        ),  # of findings that a case took the codes; their rows stay
        "watch_pushes": Sweep(expiry.PUSHES_KEPT, _WATCH, ("WatchPush",)),  # the content is gone once it was read
        "backtests": Sweep(backtest_runs.KEPT, "the console, when a rule is tried"),
        "backups": Sweep(timedelta(days=BACKUP_DAYS), "whoever keeps the backups (docs/operations.md)"),
    }
)
"""What is deleted without a rule of the release, and after how long at most."""

LASTING: Mapping[FixedPeriod, str] = MappingProxyType(
    {
        FixedPeriod.ROW: "It goes with the row to which it belongs.",
        FixedPeriod.INSTALLATION: "It proves what was decided and done, without words, names or addresses.",
        FixedPeriod.MEMBERSHIP: "It says who decided, and must be answerable in an appeal and in court.",
        FixedPeriod.AGREEMENT: "It is about an organisation and its contact persons, as long as it works with us.",
        FixedPeriod.ACCOUNT_CASES: "It says which account a decision is about; without it nobody could appeal.",
        FixedPeriod.SIZE: "Newer lines take its place.",
    }
)
"""Why something has no day on which it ends."""
