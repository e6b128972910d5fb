"""The daily sweep: deletes what is due, case by case, in small transactions.

Everything is computed again under the case's lock before anything is deleted. A sweep that is killed goes on where it
was: what was committed is on record, and nothing else happened. A case or file with a fault is noted and left for
later, and all others go on (`store.kernel.row_verification`).

The one table of what is deleted beside the cases: how long it is kept at most, by which task, of which tables.

What belongs to a case has its days in the release (`retention.yaml`); what no clock ends has its reason in `LASTING`.

How long each group of the inventory is kept, by the name of its period, in words.

Three sources: the rules of the release (`retention.yaml`), the sweeps that delete by themselves (`swept.SWEPT`),
and `FixedPeriod` for what no clock ends.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType

import structlog
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext, ngettext

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.inventory import FixedPeriod
from jaga.core.terms.privacy import CASE_KINDS, DataKind
from jaga.policy.limits import MOST_CASES_A_NIGHT
from jaga.policy.local_time import day_of, today
from jaga.policy.privacy import DueDay, due_day, due_days
from jaga.policy.release import PolicyRelease, load_release
from jaga.privacy.models import FileToDelete, RetentionClock, RetentionDue, RetentionErasure, RetentionSweep
from jaga.privacy.reads.bindings import facts_of
from jaga.privacy.verbs import person_requests, side_tables
from jaga.privacy.verbs.holds import clock_is_right
from jaga.privacy.verbs.person_search import (
    delete_files,
    delete_unrecorded_exports,
    exports_after_erasure,
    forget_access_log,
)
from jaga.privacy.verbs.side_tables import DELETES
from jaga.queue.verbs import leases as drafts
from jaga.reporting.verbs.independent_sources import NETWORK_KEPT
from jaga.signals.verbs import backtest_runs
from jaga.store.inventory.outside import BACKUP_DAYS
from jaga.store.kernel import once as idempotency
from jaga.store.kernel import once as repeatable_forms
from jaga.store.kernel.ledger import append, draw_number
from jaga.store.kernel.row_verification import EMPTIED, differing, note_case, reason_of, rows_of_case, unchanged
from jaga.watch.verbs import watches as expiry

log = structlog.get_logger("jaga.retention")
AT_ONCE = 100
"""Cases looked at in one call."""
DELETED_AT_ONCE = 20
"""Cases from which one transaction deletes."""
ENROLLED_AT_ONCE = 5000
LOOK_AGAIN = timedelta(days=7)
"""A case is looked at again after this at the latest: holds end early, and rules change."""
_ONE_AT_A_TIME = 0x72657461  # "reta" in ASCII: advisory lock
_ENROL = """
INSERT INTO records_retentiondue (case_id, look_on, due_on, policy_hash, failure)
SELECT c.id, %s, NULL, '', '' FROM records_case c
WHERE c.id > %s AND c.id <= %s AND c.state = 'resolved' AND NOT c.canary
ON CONFLICT (case_id) DO NOTHING"""
Due = Mapping[int, tuple[DueDay, ...]]


def sweep_retention() -> int:
    """Go on with today's sweep; returns how many cases and files something was deleted of. Periodic task.

    For the first day (`limits.ONLY_PLANS_HOURS`) an installation only plans, so that a supervisor can look. At most
    `limits.MOST_CASES_A_NIGHT` cases a day; nothing while the clock is in doubt (`privacy.verbs.holds`).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _sweep() if clock_is_right() else 0
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _sweep() -> int:
    done, day, release = delete_files(), today(), load_release()
    sweep, _ = RetentionSweep.objects.get_or_create(day=day)
    _enrol(sweep)
    only_plans = RetentionClock.objects.get().plans_until(now())
    left = MOST_CASES_A_NIGHT - sweep.cases
    if left <= 0:
        return done
    if only_plans:
        waiting = _unplanned(release).filter(Q(failed_at__isnull=True) | Q(look_on__lte=day))
        _plan(
            _due_of_each(waiting.values_list("case", flat=True)[:AT_ONCE], release, day),
            release,
            day,
            again=day_of(only_plans),
        )
        return done
    looked = _next_cases(day, release, min(AT_ONCE, left), all_plans=sweep.ended_at is None)
    due, failed = _due_of_each(looked, release, day), set[int]()
    numbers = list(due)
    for start in range(0, len(numbers), DELETED_AT_ONCE):
        touched = delete_due(numbers[start : start + DELETED_AT_ONCE], due, release, day, failed)
        if touched:
            RetentionSweep.objects.filter(pk=sweep.pk).update(cases=F("cases") + touched)
        done += touched
    _plan(_due_of_each([number for number in numbers if number not in failed], release, day), release, day)
    if not looked and sweep.ended_at is None:
        delete_unrecorded_exports()
        delete_later_exports(release, day)
        RetentionSweep.objects.filter(pk=sweep.pk).update(ended_at=now())
    return done + forget_access_log(release, day)


def _enrol(sweep: RetentionSweep) -> None:
    """Give closed cases their row, a portion at a time."""
    newest = Case.objects.aggregate(last=Max("pk"))["last"] or 0
    if sweep.after < newest:
        upto = min(newest, sweep.after + ENROLLED_AT_ONCE)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ENROL, [sweep.day, sweep.after, upto])
            RetentionSweep.objects.filter(pk=sweep.pk).update(after=upto)


def _next_cases(day: date, release: PolicyRelease, most: int, *, all_plans: bool) -> list[int]:
    """The cases to look at now: whose day has come, then (once a day) those planned by another release."""
    waiting = RetentionDue.objects.filter(look_on__lte=day).order_by("look_on", "case")
    found = list(waiting.values_list("case", flat=True)[:most])
    if len(found) < most and all_plans:
        found += (
            _unplanned(release)
            .filter(look_on__gt=day, failed_at__isnull=True)
            .values_list("case", flat=True)[: most - len(found)]
        )
    return found


def _unplanned(release: PolicyRelease) -> QuerySet[RetentionDue]:
    """Cases that were planned by another release or not yet."""
    return RetentionDue.objects.filter(look_on__isnull=False).exclude(policy_hash=release.hash).order_by("case")


def due_of(cases: Collection[int], release: PolicyRelease, day: date) -> Due:
    """For each of these cases, when each kind that is still there is deleted."""
    gone: dict[int, set[str]] = defaultdict(set)
    for number, kind in RetentionErasure.objects.filter(case__in=cases).values_list("case", "kind"):
        gone[number].add(kind)
    return {
        number: due_days(facts, [kind for kind in CASE_KINDS if kind not in gone[number]], release.retention, day)
        for number, facts in facts_of(cases, release).items()
    }


def _due_of_each(cases: Iterable[int], release: PolicyRelease, day: date) -> Due:
    """`due_of` without the cases of which it cannot be computed; those are noted."""
    numbers = list(cases)
    try:
        with transaction.atomic():
            return due_of(numbers, release, day)
    except Exception as fault:  # noqa: BLE001 - noted and shown; whatever it is, the other cases do not wait
        if len(numbers) == 1:
            note_case(numbers[0], fault)
            return {}
    return {number: days for one in numbers for number, days in _due_of_each([one], release, day).items()}


def delete_due(cases: Collection[int], due: Due, release: PolicyRelease, day: date, failed: set[int]) -> int:
    """Delete what is due of these cases, one transaction for each rule; returns of how many cases.

    Where a rule cannot be carried out, each of its cases is tried alone; one that fails is noted and added to `failed`.
    """
    wanted: dict[tuple[DataKind, str], list[int]] = defaultdict(list)
    for number in cases:
        for one in due.get(number, ()):
            if one.is_due(day) and one.rule is not None:
                wanted[one.kind, one.rule.key].append(number)
    touched: set[int] = set()
    for (kind, rule), numbers in wanted.items():
        try:
            touched |= _delete_kind(kind, rule, numbers, release, day)
        except Exception as together:  # noqa: BLE001 - whatever is wrong with one case, the others do not wait for it
            log.warning(
                "retention_rule_failed", rule=rule, kind=kind.value, cases=len(numbers), reason=reason_of(together)
            )
            for number in numbers:
                try:
                    touched |= _delete_kind(kind, rule, [number], release, day)
                except Exception as fault:  # noqa: BLE001 - noted and shown
                    note_case(number, fault)
                    failed.add(number)
    return len(touched)


@transaction.atomic
def _delete_kind(kind: DataKind, rule: str, numbers: Collection[int], release: PolicyRelease, day: date) -> set[int]:
    """Delete one kind of data of these cases by one rule, with one ledger entry; returns of which cases.

    Cases that somebody works on are left for the next sweep; what binds by now is not deleted.
    """
    locked = set(
        Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(pk__in=numbers)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    still = {
        number: one
        for number, days in due_of(locked, release, day).items()
        for one in days
        if one.kind is kind and one.is_due(day) and one.rule is not None and one.rule.key == rule
    }
    if not still:
        return set()
    moment = now()
    rows, number_of_entry = 0, draw_number()
    whole = unchanged(name for number in still for name in rows_of_case(number, EMPTIED))
    for number, one in still.items():
        # First the row, which the database refuses where something binds, and without which nothing can be emptied.
        assert one.on
        row = RetentionErasure(
            case_id=number,
            kind=kind,
            rule=rule,
            policy_hash=release.hash,
            due_on=one.on,
            at=moment,
            entry_id=number_of_entry,
        )
        row.save()
        gone = DELETES[kind](number)
        rows += gone.rows
        FileToDelete.objects.bulk_create(
            [FileToDelete(erasure=row, sha256=one) for one in sorted(gone.originals)]
            + [FileToDelete(erasure=row, folder=one) for one in sorted(gone.folders)]
        )
    # A row that had been edited is not recorded anew, so that it is still found.
    append(
        "delete_expired",
        {"rule": rule, "kind": kind.value, "cases": len(still), "policy": release.hash},
        actor=SYSTEM,
        case_id=None,
        number=number_of_entry,
        rows=[(one.part, one.number) for one in differing(whole)],
    )
    log.info("retention_deleted", rule=rule, kind=kind.value, cases=len(still), rows=rows)
    return set(still)


def delete_later_exports(release: PolicyRelease, day: date) -> None:
    """Delete exports that were made after those of their case were deleted, when their own period is over."""
    for made, erasure in exports_after_erasure():
        facts = facts_of([made.case_id], release)[made.case_id]
        one = due_day(
            replace(facts, closed_on=facts.closed_on and max(facts.closed_on, day_of(made.made_at))),
            DataKind.EXPORTS,
            release.retention,
            day,
        )
        if one.is_due(day) and one.rule is not None:
            with transaction.atomic():
                append(
                    "delete_expired",
                    {"rule": one.rule.key, "kind": DataKind.EXPORTS.value, "cases": 1, "policy": release.hash},
                    actor=SYSTEM,
                    case_id=None,
                )
                FileToDelete.objects.create(erasure=erasure, folder=made.folder)


def _plan(due: Due, release: PolicyRelease, day: date, *, again: date | None = None) -> None:
    """Note when each of these cases is looked at next."""
    rows = []
    for number, days in due.items():
        known = [one.on for one in days if one.on is not None]
        on = min(known, default=None)
        look = again or (min(max(on, day + timedelta(days=1)), day + LOOK_AGAIN) if on else day + LOOK_AGAIN)
        rows.append(RetentionDue(case_id=number, look_on=look if days else None, due_on=on, policy_hash=release.hash))
    RetentionDue.objects.bulk_update(rows, ["look_on", "due_on", "policy_hash", "failed_at", "failure"])


@dataclass(frozen=True)
class Sweep:
    """How long rows or files are kept at most, which function deletes them, and of which tables."""

    kept: timedelta
    by: str  # The periodic task of `app.worker`, or who does it instead.
    tables: tuple[str, ...] = ()


_SIDE, _WATCH = "side_rows", "watch_expiry"
SWEPT: Mapping[str, Sweep] = MappingProxyType(
    {
        "networks": Sweep(NETWORK_KEPT, "networks", ("TurnKey",)),
        "guesses": Sweep(timedelta(hours=1), "guesses", ("GuessCount",)),  # the longest limit, and `KEPT_AFTER`
        "sent_forms": Sweep(repeatable_forms.REPEATABLE_FORMS_KEPT, "api_leftovers", ("SentForm",)),
        "idempotency": Sweep(idempotency.IDEMPOTENCY_KEPT, "api_leftovers", ("IdempotencyRecord",)),
        "drafts": Sweep(drafts.KEPT, "drafts", ("Draft",)),
        "skips": Sweep(timedelta(hours=1), "queues", ("Skip",)),
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


SWEEPS: Mapping[str, timedelta] = MappingProxyType(
    {**{name: sweep.kept for name, sweep in SWEPT.items()}, "backups": timedelta(days=BACKUP_DAYS)}
)
"""What deletes itself, and after how long."""

_LASTING = {
    FixedPeriod.ROW: N_("As long as the record that it belongs to"),
    FixedPeriod.INSTALLATION: N_("As long as this installation runs, as proof"),
    FixedPeriod.MEMBERSHIP: N_("While the person has an account here; what was done stays on record"),
    FixedPeriod.AGREEMENT: N_("While the organisation works with us"),
    FixedPeriod.ACCOUNT_CASES: N_("As long as a decision about the account is on record"),
    FixedPeriod.SIZE: N_("Until newer lines take its place, at most 30 days"),
}
_UNITS = ((timedelta(days=365), 2), (timedelta(days=1), 1), (timedelta(hours=1), 1), (timedelta(minutes=1), 1))


def period_names() -> frozenset[str]:
    """The names that `FieldGroup.retention` may have besides those of `FixedPeriod`."""
    return frozenset((*SWEEPS, *DataKind))


def period_in_words(name: str, release: PolicyRelease, on: date) -> str:
    """How long, in the language that is active. Raises KeyError for an unknown name."""
    if name in set(DataKind):
        return _by_rule(DataKind(name), release, on)
    if name in SWEEPS:
        return gettext("At most %(time)s") % {"time": time_in_words(SWEEPS[name])}
    return gettext(_LASTING[FixedPeriod(name)])


def _by_rule(kind: DataKind, release: PolicyRelease, on: date) -> str:
    """From the shortest to the longest period that any rule gives this kind today."""
    days = [rule.days for rule in release.retention.rules if rule.kind is kind and rule.valid_from <= on]
    if not days:
        return gettext("No period is set")
    least, most = (time_in_words(timedelta(days=number)) for number in (min(days), max(days)))
    if kind is DataKind.ACCESS_LOG:
        return most
    if least == most:
        return gettext("%(time)s after the case is closed") % {"time": most}
    return gettext("%(least)s to %(most)s after the case is closed, depending on how it ended") % {
        "least": least,
        "most": most,
    }


def time_in_words(time: timedelta) -> str:
    """In the largest unit without a rest: “5 years”, “400 days”, “48 hours”. A single year is told in days."""
    unit = next((unit for unit, least in _UNITS if time >= least * unit and not time % unit), timedelta(minutes=1))
    number = int(time / unit)
    words = (
        ngettext("%(number)s year", "%(number)s years", number)
        if unit == timedelta(days=365)
        else ngettext("%(number)s day", "%(number)s days", number)
        if unit == timedelta(days=1)
        else ngettext("%(number)s hour", "%(number)s hours", number)
        if unit == timedelta(hours=1)
        else ngettext("%(number)s minute", "%(number)s minutes", number)
    )
    return words % {"number": number}
