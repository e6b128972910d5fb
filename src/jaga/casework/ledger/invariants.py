"""Invariants: what must be true of all cases whatever happened, counted each night and shown to auditors.

They rest on no ledger entry: a fault of our own code breaks them as well as somebody with access to the database. That
rows equal the ledger and that promises were kept is checked by `casework.kernel.ledger_verification` and
`casework.ledger.publishing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import structlog
from django.db import connection, transaction

from jaga.casework.kernel.ledger_rows import was_filled
from jaga.core.clock import now
from jaga.core.terms.ledger import Invariant
from jaga.policy.local_time import today
from jaga.records.access.cases.history import INVARIANTS
from jaga.records.models import Tally

log = structlog.get_logger("jaga.ledger")
EVERY = timedelta(hours=20)
_NOTING = 7_021_005
DUE_SINCE_DAYS = 3
"""Data whose period was over so many days ago should be gone: each night a limited number of cases is deleted."""
UNFILED_MINUTES = 60

# How many cases break it, and the first of them. A report that is in no case counts by its own number.
_QUESTIONS: Mapping[Invariant, str] = MappingProxyType(
    {
        Invariant.DECISION_HAS_ITS_GROUNDS: """
        SELECT count(DISTINCT d.case_id), min(d.case_id) FROM records_decision d
        WHERE NOT EXISTS (SELECT FROM records_storedrelease r WHERE r.hash = d.policy_hash)
           OR d.kind IN ('close', 'restrict') AND (
                d.ground = 'illegal_content' AND d.legal_basis = ''
                OR NOT EXISTS (SELECT FROM records_statement s WHERE s.decision_id = d.id))""",
        Invariant.CLOSED_CASE_HAS_ITS_OUTCOME: """
        SELECT count(DISTINCT c.id), min(c.id) FROM records_case c
        JOIN records_decision d ON d.case_id = c.id JOIN records_action a ON a.decision_id = d.id
        WHERE c.state = 'resolved' AND (
            a.state IN ('pending', 'waiting', 'stuck')
            OR a.state = 'done' AND a.kind IN ('close', 'restrict', 'restore') AND NOT EXISTS (
                SELECT FROM records_verification v WHERE v.action_id = a.id AND v.result = 'confirmed'))""",
        Invariant.REPORT_IS_IN_A_CASE: """
        SELECT count(*), min(r.id) FROM records_report r
        WHERE r.case_id IS NULL AND r.received_at < %(unfiled)s""",
        Invariant.NOTHING_IS_PAST_ITS_PERIOD: """
        SELECT count(*), min(r.case_id) FROM records_retentiondue r WHERE r.due_on < %(due)s""",
    }
)


@dataclass(frozen=True)
class BrokenInvariant:
    """How many cases break an invariant, and the first one; of reports in no case, the number of the first report."""

    invariant: Invariant
    count: int
    first: int


def find_broken() -> tuple[BrokenInvariant, ...]:
    """The invariants that are broken now; reads only.

    Cases of `jaga practice fill` are invented row by row, so on a practice installation that was filled, nothing is.
    """
    if was_filled():
        return ()
    moment = {"unfiled": now() - timedelta(minutes=UNFILED_MINUTES), "due": today() - timedelta(days=DUE_SINCE_DAYS)}
    found = []
    with connection.cursor() as cursor:
        for invariant, question in _QUESTIONS.items():
            cursor.execute(question, moment)
            count, first = cursor.fetchone()
            if count:
                found.append(BrokenInvariant(invariant, count, first))
    return tuple(found)


def check_daily() -> int:
    """Count what breaks the invariants, if that was not done within `EVERY`, and keep it; returns how many are
    broken.
    """
    if Tally.objects.filter(name=INVARIANTS, counted_at__gt=now() - EVERY).exists():
        return 0
    broken, moment = {one.invariant: one for one in find_broken()}, now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NOTING])  # workers that begin together note in turn
        Tally.objects.filter(name=INVARIANTS).delete()
        Tally.objects.bulk_create(
            [
                Tally(
                    name=INVARIANTS,
                    counted_at=moment,
                    number=broken[one].count if one in broken else 0,
                    key=f"{one} {broken[one].first if one in broken else 0}",
                )
                for one in Invariant
            ]
        )
    for one in broken.values():
        log.error("invariant_broken", invariant=one.invariant.value, count=one.count, first=one.first)
    return len(broken)
