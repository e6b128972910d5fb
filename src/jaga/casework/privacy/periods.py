"""How long each group of the inventory is kept, by the name of its period.

Three sources: the rules of the release (`retention.yaml`), the sweeps that delete by themselves, and `Lasting` for what
no clock ends.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from jaga.casework.kernel import idempotency, repeatable_forms
from jaga.casework.queue import drafts
from jaga.casework.reporting.independent_sources import NETWORK_KEPT
from jaga.records.inventory.outside import BACKUP_DAYS

NOT_DATED = ("set_aside_values", "report_texts", "reporter_identity", "pictures", "decision", "appeal", "indicators",
             "training", "exports", "access_log")
"""Periods without a rule yet."""

SWEEPS: Mapping[str, timedelta] = MappingProxyType({
    "networks": NETWORK_KEPT,
    "guesses": timedelta(hours=1),  # the longest limit, and `guess_limits.KEPT_AFTER`
    "sent_forms": repeatable_forms.KEPT,
    "idempotency": idempotency.KEPT,
    "drafts": drafts.KEPT,
    "presence": timedelta(minutes=10),
    "sessions": timedelta(hours=12),
    "uploads": timedelta(hours=1),
    "jobs": timedelta(days=1),
    "webhook_deliveries": timedelta(days=30),
    "backups": timedelta(days=BACKUP_DAYS),
})
"""What deletes itself, and after how long."""


def period_names() -> frozenset[str]:
    """The names that `FieldGroup.retention` may have besides those of `Lasting`."""
    return frozenset((*SWEEPS, *NOT_DATED))
