"""The daily sweep: deletes what is due, case by case, in small transactions.

Everything is computed again under the case's lock before anything is deleted. A sweep that is killed goes on where it
was: what was committed is on record, and nothing else happened.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Max

from jaga.casework.kernel.ledger import append
from jaga.casework.privacy.access_log import forget_access_log
from jaga.casework.privacy.clock import clock_is_right
from jaga.casework.privacy.emptied import DELETES
from jaga.casework.privacy.files import delete_files
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.retention import CASE_KINDS, DataKind
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import MOST_CASES_A_NIGHT
from jaga.policy.local_time import today
from jaga.policy.privacy.retention_due import DueDay, due_days
from jaga.records.access.privacy.bindings import facts_of
from jaga.records.models import (
    Case,
    FileToDelete,
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
INSERT INTO records_retentiondue (case_id, look_on, due_on, policy_hash)
SELECT c.id, %s, NULL, '' FROM records_case c
WHERE c.id > %s AND c.id <= %s AND c.state = 'resolved' AND NOT c.canary
ON CONFLICT (case_id) DO NOTHING"""
Due = Mapping[int, tuple[DueDay, ...]]


def sweep_retention() -> int:
    """Go on with today's sweep; returns how many cases and files something was deleted of. Periodic task.

    The first day of an installation only plans, so that a supervisor can look. At most `limits.MOST_CASES_A_NIGHT`
    cases a day; nothing while the clock is in doubt (`casework.privacy.clock`).
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
    only_plans = not RetentionSweep.objects.filter(day__lt=day).exists()
    left = MOST_CASES_A_NIGHT - sweep.cases
    if left <= 0:
        return done
    looked = _next_cases(day, release, min(AT_ONCE, left), all_plans=sweep.ended_at is None)
    due = due_of(looked, release, day)
    if not only_plans:
        done += forget_access_log(release, day)
        for start in range(0, len(looked), DELETED_AT_ONCE):
            touched = delete_due(looked[start:start + DELETED_AT_ONCE], due, release, day)
            if touched:
                RetentionSweep.objects.filter(pk=sweep.pk).update(cases=F("cases") + touched)
            done += touched
        due = due_of(looked, release, day)
    _plan(due, release, day, again=day + timedelta(days=1) if only_plans else None)
    if not looked and sweep.ended_at is None:
        RetentionSweep.objects.filter(pk=sweep.pk).update(ended_at=now())
    return done


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
        found += RetentionDue.objects.filter(look_on__gt=day).exclude(policy_hash=release.hash).order_by("case") \
            .values_list("case", flat=True)[:most - len(found)]
    return found


def due_of(cases: Collection[int], release: PolicyRelease, day: date) -> Due:
    """For each of these cases, when each kind that is still there is deleted."""
    gone: dict[int, set[str]] = defaultdict(set)
    for number, kind in RetentionErasure.objects.filter(case__in=cases).values_list("case", "kind"):
        gone[number].add(kind)
    return {number: due_days(facts, [kind for kind in CASE_KINDS if kind not in gone[number]], release.retention, day)
            for number, facts in facts_of(cases, release).items()}


def delete_due(cases: Collection[int], due: Due, release: PolicyRelease, day: date) -> int:
    """Delete what is due of these cases, one transaction for each rule; returns of how many cases."""
    wanted: dict[tuple[DataKind, str], list[int]] = defaultdict(list)
    for number in cases:
        for one in due.get(number, ()):
            if one.is_due(day) and one.rule is not None:
                wanted[one.kind, one.rule.key].append(number)
    touched: set[int] = set()
    for (kind, rule), numbers in wanted.items():
        touched |= _delete_kind(kind, rule, numbers, release, day)
    return len(touched)


@transaction.atomic
def _delete_kind(kind: DataKind, rule: str, numbers: Collection[int], release: PolicyRelease, day: date) -> set[int]:
    """Delete one kind of data of these cases by one rule, with one ledger entry; returns of which cases.

    Cases that somebody works on are left for the next sweep; what binds by now is not deleted.
    """
    locked = set(Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(
        pk__in=numbers).order_by("pk").values_list("pk", flat=True))
    still = {number: one for number, days in due_of(locked, release, day).items() for one in days
             if one.kind is kind and one.is_due(day) and one.rule is not None and one.rule.key == rule}
    if not still:
        return set()
    moment = now()
    entry = append("delete_expired", {"rule": rule, "kind": kind.value, "cases": len(still), "policy": release.hash},
                   actor=SYSTEM, case_id=None)
    rows = 0
    for number, one in still.items():
        # First the row, which the database refuses where something binds, and without which nothing can be emptied.
        assert one.on
        row = RetentionErasure(case_id=number, kind=kind, rule=rule, policy_hash=release.hash, due_on=one.on,
                               at=moment, entry=entry)
        row.save()
        gone = DELETES[kind](number)
        rows += gone.rows
        FileToDelete.objects.bulk_create([FileToDelete(erasure=row, sha256=one) for one in sorted(gone.originals)]
                                         + [FileToDelete(erasure=row, folder=one) for one in sorted(gone.folders)])
    log.info("retention_deleted", rule=rule, kind=kind.value, cases=len(still), rows=rows)
    return set(still)


def _plan(due: Due, release: PolicyRelease, day: date, *, again: date | None) -> None:
    """Note when each of these cases is looked at next."""
    rows = []
    for number, days in due.items():
        known = [one.on for one in days if one.on is not None]
        on = min(known, default=None)
        look = again or (min(max(on, day + timedelta(days=1)), day + LOOK_AGAIN) if on else day + LOOK_AGAIN)
        rows.append(RetentionDue(case_id=number, look_on=look if days else None, due_on=on, policy_hash=release.hash))
    RetentionDue.objects.bulk_update(rows, ["look_on", "due_on", "policy_hash"])
