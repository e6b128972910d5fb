"""Erasure: the key of a case or report is destroyed, and what lies beside its texts is cleared (ADR 0083).

What is erased is first recorded (`ErasedKey`, with the ledger entry), then destroyed in the key store, then marked as
done. A process killed in between leaves a record that the worker's next round, or the next start, carries out. Whether
anything still binds a case or report is asked before: erasing cannot be undone.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.privacy.person_requests import forget_ended
from jaga.casework.privacy.related_records import clear_related, keep_indicators
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.retention import DataKind
from jaga.records import vault
from jaga.records.key_store import file, store
from jaga.records.key_store.errors import KeyStoreDiffers
from jaga.records.key_store.store import Owner
from jaga.records.models import Case, ErasedKey, KeyFingerprint, Report

MOST_AT_ONCE = 500
FROM_KEY_STORE = "key_store"
"""The rule of an erasure whose record was lost in a restore, and that the key store still knew."""
_KNOWN_TO_STORE = """
INSERT INTO records_erasedkey (kind, number, rule, at)
SELECT DISTINCT %s, o.key_number, %s, %s::timestamptz
FROM unnest(%s::bigint[], %s::bigint[]) AS gone(first, last)
JOIN {table} o ON o.key_number BETWEEN gone.first AND gone.last
ON CONFLICT DO NOTHING"""
OF_CASES = (KeyOwner.CASE, KeyOwner.APPEAL, KeyOwner.TRAINING)
"""The keys of a case: all go when the case is erased, each at its own time by the rules of the release."""
_TABLES = {KeyOwner.REPORT: "records_report", **dict.fromkeys(OF_CASES, "records_case")}
_RANGES = 5000
_agreed_with: tuple[int, int, int] | None = None  # The file in which this process last destroyed all that is recorded.
_EXPIRED = (KeyOwner.REPORT, DataKind.REPORT_TEXTS)


@dataclass(frozen=True)
class ErasedCount:
    """How many cases and reports were erased that were not erased before."""

    cases: int
    reports: int


@dataclass(frozen=True)
class AppliedAgain:
    """What a start found: erasures that the key store did not have, and those that the database did not know."""

    destroyed: int
    recorded: int


@transaction.atomic
def erase(*, cases: Collection[int] = (), reports: Collection[int] = (), rule: str, actor: Actor) -> ErasedCount:
    """Erase the texts of these cases and of these reports, by their ids. This cannot be undone.

    With a case go its appeals, blind reviews and exercises. Its reports do not: name them as well. `rule` says why in
    a word, for the ledger: a rule of the release, or the kind of request. The worker destroys the keys within seconds.
    What was erased before stays as it is; if all was, nothing is entered. Raises NotPermitted for anybody but
    supervisors, administrators and the system.
    """
    if actor != SYSTEM and not actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotPermitted
    of_cases = [
        one.key_owner(kind)
        for one in Case.objects.filter(pk__in=cases).order_by("pk").only("key_number")
        for kind in OF_CASES
    ]
    of_reports = [one.key_owner() for one in Report.objects.filter(pk__in=reports).order_by("pk").only("key_number")]
    new = _record([*of_cases, *of_reports], rule)
    done = ErasedCount(
        len({owner.number for owner in new if owner.kind is not KeyOwner.REPORT}),
        sum(owner.kind is KeyOwner.REPORT for owner in new),
    )
    if new:
        append("erase", {"rule": rule, "cases": done.cases, "reports": done.reports}, actor=actor, case_id=None)
    return done


def record_erasure(owners: Iterable[Owner], rule: str) -> int:
    """Record that these keys are erased, within the transaction of a verb that enters it into the ledger.

    The worker destroys them within seconds. Returns how many were not erased before.
    """
    return len(_record(owners, rule))


def _record(owners: Iterable[Owner], rule: str) -> list[Owner]:
    wanted = list(dict.fromkeys(owners))
    known = {
        Owner(KeyOwner(row.kind), row.number)
        for kind in KeyOwner
        for row in ErasedKey.objects.filter(
            kind=kind, number__in=[owner.number for owner in wanted if owner.kind is kind]
        )
    }
    new, moment = [owner for owner in wanted if owner not in known], now()
    ErasedKey.objects.bulk_create(
        (ErasedKey(kind=kind, number=number, rule=rule, at=moment) for kind, number in new), ignore_conflicts=True
    )
    return new


def carry_out_erasures() -> int:
    """Destroy the keys of what was erased, delete its files, and clear what lies beside, also in requests of persons.

    Returns how many were finished. Idempotent.

    Raises KeyStoreMissing, KeyStoreDamaged, KeyStoreDiffers; OSError. Then nothing is marked as done.
    """
    done = 0
    while rows := list(ErasedKey.objects.filter(done_at__isnull=True).order_by("pk")[:MOST_AT_ONCE]):
        owners = [Owner(KeyOwner(row.kind), row.number) for row in rows]
        require_own_store()
        store.destroy(owners)
        vault.erase_all(owners)
        with transaction.atomic():
            keep_indicators([row.number for row in rows if (row.kind, row.rule) == _EXPIRED])
            clear_related(owners, [row.number for row in rows if _is_forgotten(row)])
            done += ErasedKey.objects.filter(pk__in=[row.pk for row in rows], done_at__isnull=True).update(
                done_at=now()
            )
            forget_ended()
    return done


def destroy_recorded() -> int:
    """Destroy the keys of all recorded erasures that the key store still has, as after a copy of it was put back.

    Returns how many. Changes nothing in the database, so that every process can do it before it opens. Before the first
    migration nothing was erased.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [ErasedKey._meta.db_table])
        if cursor.fetchone() != (True,):
            return 0
    left = [owner for owner in _recorded() if not store.is_destroyed(owner)]
    if left:
        require_own_store()
        store.destroy(left)
    return len(left)


def destroy_recorded_again() -> int:
    """`destroy_recorded` if the key store's file was replaced since the last call, as by a copy; returns how many.

    Raises KeyStoreMissing, KeyStoreDamaged, KeyStoreDiffers; OSError.
    """
    global _agreed_with
    if store.version() == _agreed_with:
        return 0
    count = destroy_recorded()
    _agreed_with = store.version()
    return count


def require_own_store() -> None:
    """Raise KeyStoreDiffers if the key store is not the one of this database: numbers mean nothing in another."""
    recorded = KeyFingerprint.objects.filter(name=file.FINGERPRINT).values_list("fingerprint", flat=True).first()
    if recorded is not None and recorded != store.present().fingerprint:
        raise KeyStoreDiffers(path=store.folder() / file.NAME)


def apply_again(*, actor: Actor) -> AppliedAgain:
    """Make key store and database agree on what is erased, whichever of the two is older; part of each start.

    What one of them knows as erased is erased afterwards. Raises KeyStoreMissing, KeyStoreDamaged.
    """
    with transaction.atomic():
        recorded = sum(_record_from_store(kind) for kind in KeyOwner)
        destroyed = destroy_recorded()
        if recorded or destroyed:
            append("apply_erasures_again", {"destroyed": destroyed, "recorded": recorded}, actor=actor, case_id=None)
    carry_out_erasures()
    return AppliedAgain(destroyed, recorded)


def _recorded() -> Iterator[Owner]:
    for kind, number in ErasedKey.objects.values_list("kind", "number").iterator(chunk_size=10_000):
        yield Owner(KeyOwner(kind), number)


def _record_from_store(kind: KeyOwner) -> int:
    """Record what the store has destroyed and the database does not know as erased."""
    ranges, count = store.destroyed_ranges()[kind], 0
    with connection.cursor() as cursor:
        for start in range(0, len(ranges), _RANGES):
            first, last = zip(*ranges[start : start + _RANGES], strict=True)
            cursor.execute(
                _KNOWN_TO_STORE.format(table=_TABLES[kind]),
                [kind.value, FROM_KEY_STORE, now(), list(first), list(last)],
            )
            count += cursor.rowcount
    return count


def _is_forgotten(row: ErasedKey) -> bool:
    """Whether a case was erased before its periods were over, as on request: then all goes with it."""
    return row.kind == KeyOwner.CASE and row.rule not in set(DataKind)
