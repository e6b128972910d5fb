"""Erasure: the key of a case or report is destroyed, and what lies beside its texts is cleared (ADR 0083).

What is erased is first recorded (`ErasedKey`, with the ledger entry), then destroyed in the key store, then marked as
done. A process killed in between leaves a record that the worker's next round, or the next start, carries out. Whether
anything still binds a case or report is asked before: erasing cannot be undone.

Which originals of the evidence store cannot be read.

One person postpones the deletions of a case, with a reason and an end.

The erasure that a released answer grants: of one report, or of everything held about an account.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, models, transaction
from django.db.models import Q

from jaga.authorities.models import HeldRequest, Order
from jaga.batches.models import Batch
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.reads.reports import is_deleted, is_lapsed
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotPermitted
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import DataKind, KeyOwner, PersonRequestKind
from jaga.operators.models import OperatorLetter
from jaga.policy.limits import LONGEST_POSTPONEMENT_DAYS
from jaga.policy.local_time import day_of, end_of_day_of_local_time, today
from jaga.privacy.models import ErasedKey, PersonAnswer, PersonRequest, RetentionPostponement
from jaga.privacy.reads.holder_data import cases_about
from jaga.privacy.verbs.person_requests import forget_ended
from jaga.privacy.verbs.related_records import clear_related, keep_indicators
from jaga.signals.models import LearntModel, WorkingCopy
from jaga.store import vault
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required
from jaga.store.key_store import file, store
from jaga.store.key_store.store import Owner
from jaga.store.key_store.tree import Erased, KeyStoreDiffers
from jaga.store.models import KeyFingerprint
from jaga.store.reads import ClockInDoubt, clock_in_doubt

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


_AT_ONCE = 200
_WITHOUT_OWNER = (
    (LearntModel, "sha256"),
    (HeldRequest, "body_sha256"),
    (Order, "letter_sha256"),
    (Order, "body_sha256"),
)


class _Row(NamedTuple):
    sha256: str
    owner: Owner | None
    belongs_to: str


@dataclass(frozen=True)
class DamagedOriginal:
    """An original that cannot be read: where its file is or belongs, and what it is of, such as `K000123`."""

    sha256: str
    path: Path
    belongs_to: str


def damaged_originals() -> Iterator[DamagedOriginal]:
    """Read every original that a row names, and yield those that are missing or changed. Erased ones are passed over.

    Reads the whole evidence store, so it takes long.
    """
    for row in _rows():
        with suppress(Erased):
            if not vault.is_whole(row.sha256, row.owner):
                yield DamagedOriginal(row.sha256, vault.path_of(row.sha256, row.owner), row.belongs_to)


def _rows() -> Iterator[_Row]:
    """The rows that name a content whose file is kept."""

    def of(rows: models.QuerySet[Any], column: str, *related: str) -> Iterator[Any]:
        named = rows.filter(**{f"{column}__gt": ""}).select_related(*related)
        return named.order_by("pk").iterator(chunk_size=_AT_ONCE)

    kept = Evidence.objects.exclude(is_deleted()).exclude(is_lapsed())
    for row in of(kept, "sha256", "report", "case"):
        yield _Row(row.sha256, row.key_owner(), row.case.reference)
    for copy in of(WorkingCopy.objects.filter(evidence__in=kept), "sha256", "evidence__report", "evidence__case"):
        yield _Row(copy.sha256, copy.key_owner(), copy.evidence.case.reference)
    for letter in of(OperatorLetter.objects.all(), "pdf_sha256", "notice__case"):
        yield _Row(letter.pdf_sha256, letter.notice.case.key_owner(), f"letter {letter.number}")
    for batch in of(Batch.objects.filter(file_deleted_at__isnull=True), "sha256"):
        yield _Row(batch.sha256, None, f"batch {batch.pk}")
    for model, column in _WITHOUT_OWNER:
        for one in of(model._default_manager.all(), column):
            yield _Row(getattr(one, column), None, f"{model._meta.verbose_name} {one.pk}")


MAX_REASON = 1000


class PostponedBefore(Conflict):
    """Nobody postpones the same case twice: that would be keeping it for ever, alone."""

    code = "postponed_before"
    sentence = N_("You postponed the deletions of this case before.")
    remedy = N_("If data must be kept longer, ask for a legal hold, which a second person confirms.")


@transaction.atomic
def postpone_deletions(case_id: int, reason: str, until: date | None, *, actor: Actor) -> None:
    """Keep everything of the case through the day `until`, at most `limits.LONGEST_POSTPONEMENT_DAYS` from now.

    What was deleted already stays deleted. Raises NotPermitted, NotFound, InvalidInput, PostponedBefore.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    errors = check_required(
        "reason",
        reason,
        least=10,
        most=MAX_REASON,
        needed=N_("Say why in a sentence of at least %(least)s characters."),
    )
    moment = now()
    last = day_of(moment + timedelta(days=LONGEST_POSTPONEMENT_DAYS)) - timedelta(days=1)
    if until is None or not today() <= until <= last:
        errors.append(
            FieldError(
                "until",
                "out_of_bounds",
                N_("Choose a day from today to %(last)s. For longer, ask for a legal hold."),
                {"last": last.isoformat()},
            )
        )
    if errors:
        raise InvalidInput(*errors)
    assert until
    if RetentionPostponement.objects.filter(case=case, by=person).exists():
        raise PostponedBefore
    RetentionPostponement.objects.create(
        case=case, by_id=person, at=moment, reason=reason.strip(), ends_at=end_of_day_of_local_time(until)
    )
    append("postpone_retention", {"until": until.isoformat()}, actor=actor, case_id=case.pk)


RULE = "person_request"
"""The rule that stands in the record of the erasure."""


MOST_A_DAY = 100
"""The guard of `records_erasedkey` knows this number too: whoever breaks into the web part cannot erase everything."""


class ErasuresOfTheDay(Conflict):
    """So many erasures were granted in the last 24 hours that no more are."""

    code = "erasures_of_the_day"
    sentence = N_("%(most)s erasures were granted in the last 24 hours, and a day may have no more.")
    remedy = N_(
        "If people granted them, release this answer tomorrow. If not, read the ledger: somebody may have broken in."
    )


def lock_cases_of(row: PersonRequest, subject_id: int | None) -> None:
    """Lock the cases that such an erasure is about, until the transaction ends."""
    of = Q(reports=row.report_id) if row.report_id is not None else Q(pk__in=_cases(subject_id))
    list(
        Case.objects.filter(pk__in=Case.objects.filter(of).values("pk"))
        .order_by("pk")
        .select_for_update()
        .values_list("pk")
    )


def _cases(subject_id: int | None) -> list[int]:
    return cases_about(subject_id) if subject_id is not None else []


def erase_for(row: PersonRequest, subject_id: int | None, *, actor: Actor) -> None:
    """Erase what the request is about, in the caller's transaction; the keys are destroyed within seconds.

    With a receipt that report alone; else the cases of the account and what was reported in them, and cases in which it
    was decided together with another: nothing binds those any more, and their words are about both. Reports of the
    other account stay. What proves that something was decided stays without words.

    Where nothing is held there is nothing to do: the answer is the same, so that nobody learns from it whether an
    account is on record. Raises ErasuresOfTheDay; ClockInDoubt, since by a wrong day nothing binds any more.
    """
    if clock_in_doubt():
        raise ClockInDoubt
    if (
        PersonAnswer.objects.filter(
            request__kind=PersonRequestKind.ERASURE, granted=True, released_at__gt=now() - timedelta(days=1)
        ).count()
        > MOST_A_DAY
    ):
        raise ErasuresOfTheDay(most=MOST_A_DAY)
    if row.report_id is not None:
        erase(reports=[row.report_id], rule=RULE, actor=actor)
        return
    cases = _cases(subject_id)
    reports = Report.objects.filter(Q(case__subject=subject_id) | Q(subject=subject_id), case__in=cases)
    erase(cases=cases, reports=list(reports.values_list("pk", flat=True)), rule=RULE, actor=actor)
