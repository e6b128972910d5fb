"""What watches keep is deleted when its days are over, in portions, however much it is."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import connection

from jaga.casework.watch.flagged_texts import keep_days_ready
from jaga.casework.watch.forgetting import forget_codes_of_cases
from jaga.casework.watch.pushes import PUSHES_KEPT, forget_pushes
from jaga.core.clock import now
from jaga.policy.limits import WATCH_FOUND_DAYS, WATCH_HASH_DAYS, WATCH_SAMPLE_DAYS
from jaga.records.access.base.doubted_clock import clock_in_doubt

HASHES_KEPT = timedelta(days=WATCH_HASH_DAYS)
SAMPLES_KEPT = timedelta(days=WATCH_SAMPLE_DAYS)
FINDINGS_KEPT = timedelta(days=WATCH_FOUND_DAYS)
MOST_AT_ONCE = 20_000
__all__ = ["FINDINGS_KEPT", "FORGETS", "HASHES_KEPT", "PUSHES_KEPT", "SAMPLES_KEPT", "forget_observed"]


def _delete(table: str, before: datetime, at: str = "at", only: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {at} < %s AND {only}"  # noqa: S608
            f" ORDER BY {at} LIMIT %s)",
            [before, MOST_AT_ONCE],
        )
        return int(cursor.rowcount)


def forget_hashes() -> int:
    """Keyed hashes of observed texts."""
    return _delete("records_observedhash", now() - HASHES_KEPT)


def forget_samples() -> int:
    """Texts of the sample: after their days, and as soon as people have settled them."""
    settled = "drawn_id IN (SELECT id FROM records_sampledtext WHERE settled_at IS NOT NULL)"
    return _delete("records_watchsample", now() - SAMPLES_KEPT) + _delete("records_watchsample", now(), only=settled)


def forget_findings() -> int:
    """Flagged observations that no case took; of the others the codes, and how the capture of their pages went; and
    whole days of the rows for queries, which are not counted. Nothing while the clock is in doubt: captures may wait.
    """
    if clock_in_doubt():
        return 0
    before = now() - FINDINGS_KEPT
    keep_days_ready()
    return (
        _delete("records_watchcapture", before, "found_at")
        + _delete("records_watchfinding", before, "seen_at", "report_id IS NULL")
        + forget_codes_of_cases(before, MOST_AT_ONCE)
    )


FORGETS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "watch_hashes": forget_hashes,
        "watch_samples": forget_samples,
        "watch_findings": forget_findings,
        "watch_pushes": forget_pushes,
    }
)
"""By the name of the period in `privacy.swept.SWEPT`."""


def forget_observed() -> int:
    """Delete a portion of each; returns how many rows. Periodic task."""
    return sum(forget() for forget in FORGETS.values())
