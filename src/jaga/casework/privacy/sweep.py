"""The daily sweep: deletes what is due, case by case, in small transactions.

Everything is computed again under the case's lock before anything is deleted. A sweep that is killed goes on where it
was: what was committed is on record, and nothing else happened. A case or file with a fault is noted and left for
later, and all others go on (`casework.kernel.failed_deletions`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet

from jaga.casework.kernel.failed_deletions import note_case, reason_of
from jaga.casework.kernel.ledger import append, draw_number
from jaga.casework.kernel.row_verification import EMPTIED, differing, rows_of_case, unchanged
from jaga.casework.privacy.access_log import forget_access_log
from jaga.casework.privacy.clock import clock_is_right
from jaga.casework.privacy.emptied import DELETES
from jaga.casework.privacy.files import delete_files, delete_unrecorded_exports, exports_after_erasure
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.retention import CASE_KINDS, DataKind
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import MOST_CASES_A_NIGHT
from jaga.policy.local_time import day_of, today
from jaga.policy.privacy.retention_due import DueDay, due_day, due_days
from jaga.records.access.privacy.bindings import facts_of
from jaga.records.models import (
    Case,
    FileToDelete,
    RetentionClock,
    RetentionDue,
    RetentionErasure,
    RetentionSweep,
)

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
    `limits.MOST_CASES_A_NIGHT` cases a day; nothing while the clock is in doubt (`casework.privacy.clock`).
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
