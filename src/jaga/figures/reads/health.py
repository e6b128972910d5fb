"""Health readings: database, migrations, oldest pending action, age of the oldest unlinked entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min

from jaga.actions.reads import (
    NOT_ASKED,
    AlarmDelivery,
    alarm_delivery,
    count_set_aside,
    count_silent,
    failing_periodic_tasks,
    faulty_platforms,
)
from jaga.adoption.reads import ReleaseAlarms, release_alarms
from jaga.cases.models.decisions import Action
from jaga.cases.models.reports import Report
from jaga.cases.reads.history import (
    count_ledger_faults,
    count_verified_differences,
    counted_invariants,
    waiting_entries,
)
from jaga.core.terms.cases import ActionState, OutcomeKind
from jaga.privacy.models import RetentionClock
from jaga.privacy.reads.breaches import count_overdue_breaches
from jaga.privacy.reads.person_requests import count_overdue_requests
from jaga.quality.reads.access_log import names_guessed_at
from jaga.reporting.reads.mailbox import HeldBack, count_held_back
from jaga.store.models import Installation
from jaga.store.reads import (
    count_broken_promises,
    count_published_problems,
    is_head_late,
    is_put_back,
    is_stamp_late,
    is_witnessing_late,
)
from jaga.watch.reads.people_sample import open_suspensions
from jaga.watch.reads.watches import faulty_watches


@dataclass(frozen=True)
class HealthReadings:
    """The readings a health check evaluates. None where nothing waits."""

    unapplied_migrations: int
    oldest_pending_action: datetime | None
    stuck_actions: int
    oldest_unlinked_entry: datetime | None
    silent_platforms: int = 0
    oldest_unfiled_report: datetime | None = None
    ledger_faults: int = 0
    faulty_platforms: Mapping[str, int] = field(default_factory=dict)
    set_aside: int = 0
    failing_periodic_tasks: Sequence[str] = ()
    unauthorised_actions: int = 0
    names_guessed_at: int = 0
    alarms: AlarmDelivery = NOT_ASKED
    practice: bool = False
    put_back: bool = False
    release: ReleaseAlarms = field(default_factory=ReleaseAlarms)
    overdue_person_requests: int = 0
    overdue_breaches: int = 0
    late_ledger_head: bool = False
    broken_promises: int = 0
    late_witnesses: bool = False
    published_problems: int = 0
    deletions_stopped_at: datetime | None = None  # The clock is in doubt (`privacy.verbs.holds`).
    ledger_differs: int = 0  # What the last verification found.
    broken_invariants: tuple[str, ...] = ()  # Of the last nightly count.
    late_timestamp: bool = False
    faulty_watches: Mapping[str, str] = field(default_factory=dict)
    wrong_rules: Mapping[str, bool] = field(default_factory=dict)  # Whether each still makes cases.
    withheld: HeldBack = field(default_factory=HeldBack)  # Since rows were changed past Jaga.


def condition() -> HealthReadings:
    """Read the state from the database. Raises django.db.DatabaseError if it cannot answer."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:  # The tables below may not exist yet.
        return HealthReadings(missing, None, 0, None)
    return HealthReadings(
        0,
        Action.objects.filter(state=ActionState.PENDING).aggregate(oldest=Min("created_at"))["oldest"],
        Action.objects.filter(state=ActionState.STUCK).count(),
        waiting_entries().aggregate(oldest=Min("at"))["oldest"],
        count_silent(),
        Report.objects.filter(case__isnull=True).aggregate(oldest=Min("received_at"))["oldest"],
        count_ledger_faults(),
        faulty_platforms(),
        count_set_aside(),
        failing_periodic_tasks(),
        Action.objects.filter(
            state=ActionState.STUCK, outcomes__kind=OutcomeKind.REFUSED, outcomes__readings__0__0="decision"
        )
        .distinct()
        .count(),
        names_guessed_at(),
        alarm_delivery(),
        Installation.objects.filter(practice=True).exists(),
        is_put_back(),
        release_alarms(),
        count_overdue_requests(),
        count_overdue_breaches(),
        is_head_late(),
        count_broken_promises(),
        is_witnessing_late(),
        count_published_problems(),
        RetentionClock.objects.values_list("doubted_at", flat=True).first(),
        count_verified_differences(),
        tuple(one.invariant.value for one in counted_invariants() if one.broken),
        is_stamp_late(),
        faulty_watches(),
        open_suspensions(),
        count_held_back(),
    )
