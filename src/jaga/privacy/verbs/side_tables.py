"""Rows beside the cases that nobody needs after some days, and that nothing else deletes.

Each function deletes a portion and returns how many rows; `forget_side_rows` runs them all. `swept.SWEPT` is the
table of their periods.

What is deleted for each kind of data: rows, words that are emptied, and files. Always of closed cases, in the
transaction that records the deletion (`privacy.verbs.sweep`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from django.db import connection, models, transaction
from django.db.models import Model, Q, QuerySet

from jaga.actions.models import AlarmMessage
from jaga.appeals.models import Appeal, AppealReply, Disclosure, HolderCheck, RestoredAccess
from jaga.batches.models import Batch, BatchRow
from jaga.cases.models.cases import Case, CaseLabel, Signal, TurnKey
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.cases.reads.reports import stored_originals_of
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.outside import DeliveryState
from jaga.core.terms.privacy import DataKind, KeyOwner
from jaga.core.terms.reports import BatchState
from jaga.decisions.models import HearingAnswer
from jaga.operators.models import OutgoingMail
from jaga.privacy.verbs.erasure import record_erasure
from jaga.quality.models import BlindReview, Exposure, GoldenCase, TrainingAnswer
from jaga.reporting.models import SetAsideValue, SourceKey
from jaga.signals.models import NO_INDICATORS, BanEvasionMatch, WorkingCopy
from jaga.signals.verbs.shared_indicators import delete_indicators_of
from jaga.store import vault
from jaga.store.kernel import jobs as job_tables
from jaga.store.reads import clock_in_doubt
from jaga.store.sealed_text import DELETED
from jaga.webhooks.models import KeyUse, WebhookDelivery

# A source that matches no other: how many independent sources there were stays as it was counted.
_NOBODY = (
    "UPDATE records_report SET contact_key = NULL, network_key = NULL, source_key = CASE WHEN organisation_id IS"
    " NULL THEN sha256(uuid_send(gen_random_uuid())) ELSE source_key END"
    " WHERE case_id = %s AND (contact_key IS NOT NULL OR network_key IS NOT NULL)"
)

_OF_REPORTS = ("text", "excerpt", "published", "place")


@dataclass
class Deleted:
    """What was deleted of one case: how many rows, and the files that go after the commit."""

    rows: int = 0
    originals: set[str] = field(default_factory=set)  # SHA-256
    folders: set[str] = field(default_factory=set)  # of exports


def _rows(*found: models.QuerySet[models.Model]) -> Deleted:
    return Deleted(sum(query.delete()[0] for query in found))


def _emptied(rows: Iterable[models.Model], *names: str) -> int:
    """Empty these words; what must not be empty says that it was deleted. Returns how many rows."""
    count = 0
    for row in rows:
        full = [name for name in names if getattr(row, name) and getattr(row, name) != DELETED]
        for name in full:
            setattr(row, name, _emptied_for(row, name))
        if full:
            type(row)._base_manager.filter(pk=row.pk).update(**{name: getattr(row, name) for name in full})
            count += 1
    return count


def _identity(case: int) -> Deleted:
    gone = _rows(ReporterIdentity.objects.filter(report__case=case))
    with connection.cursor() as cursor:
        cursor.execute(_NOBODY, [case])
        gone.rows += cursor.rowcount
    return gone


def _report_texts(case: int) -> Deleted:
    gone = _rows(Signal.objects.filter(case=case))
    gone.rows += Report.objects.filter(case=case).exclude(reference="", called_as="").update(reference="", called_as="")
    gone.rows += _delete_report_texts(case)
    return gone


def _pictures(case: int) -> Deleted:
    return _files(stored_originals_of([case]))


def _files(originals: models.QuerySet[Evidence]) -> Deleted:
    """These originals and the copies that were drawn of them. The rows stay: hash, size and day prove what there
    was.
    """
    numbers = list(originals.values_list("pk", flat=True))
    hashes = set(originals.values_list("sha256", flat=True)) | set(
        WorkingCopy.objects.filter(evidence__in=numbers).exclude(sha256="").values_list("sha256", flat=True)
    )
    return Deleted(len(numbers), hashes)


def _decision(case: int) -> Deleted:
    return Deleted(_delete_case_texts(case))


def _appeal(case: int) -> Deleted:
    gone = _files(Evidence.objects.filter(appeal__decision__case=case))
    gone.rows += _emptied(
        Appeal.objects.filter(decision__case=case), "text", "reasons", "helper", "check_note", "question"
    )
    gone.rows += _emptied(AppealReply.objects.filter(appeal__decision__case=case), "text", "reasons")
    gone.rows += _emptied(HearingAnswer.objects.filter(hearing__case=case), "text")
    gone.rows += _emptied(HolderCheck.objects.filter(decision__case=case), "how", "explanation", "why")
    _delete_appeal_texts(case)
    return gone


def _indicators(case: int) -> Deleted:
    # That its reports were read (`IndicatorScan`) stays: otherwise the next triage would store everything again.
    gone = _rows(SourceKey.objects.filter(case=case), TurnKey.objects.filter(case=case))
    gone.rows += delete_indicators_of(case)
    # Whoever judges an open case still sees which of its own indicators led to the earlier one.
    matches = BanEvasionMatch.objects.filter(Q(case=case) | Q(earlier_case=case, case__state=CaseState.RESOLVED))
    gone.rows += matches.exclude(evidence=NO_INDICATORS).update(evidence=NO_INDICATORS)
    return gone


def _training(case: int) -> Deleted:
    gone = _rows(CaseLabel.objects.filter(case=case))
    gone.rows += _emptied(GoldenCase.objects.filter(case=case), "reasons")
    gone.rows += _emptied(BlindReview.objects.filter(case=case), "reasons", "note")
    gone.rows += _emptied(TrainingAnswer.objects.filter(golden__case=case), "reasons")
    _delete_training_texts(case)
    return gone


def _exports(case: int) -> Deleted:
    folders = set(Disclosure.objects.filter(case=case).values_list("folder", flat=True))
    return Deleted(len(folders), folders=folders)


def _emptied_for(row: models.Model, name: str) -> str:
    """What replaces this text: the same words for all, sealed where the column is (ADR 0083)."""
    seal = getattr(row._meta.get_field(name), "sealed_for", None)
    return DELETED if seal is None else seal(row.key_owner(), DELETED)  # type: ignore[attr-defined]


def _delete_report_texts(case: int) -> int:
    """Delete what reporters wrote and what was written to them; returns how many reports.

    The keys go, and with them every copy; the texts are overwritten as well.
    """
    reports = list(Report.objects.filter(case=case))
    record_erasure([report.key_owner() for report in reports], DataKind.REPORT_TEXTS)
    for row in reports:
        full = {name: _emptied_for(row, name) for name in _OF_REPORTS if getattr(row, name)}
        if full:
            Report.objects.filter(pk=row.pk).update(**full)
    return len(reports)


def _delete_case_texts(case: int) -> int:
    """Delete the words of votes, decisions, statements, notices and notes; returns how many keys."""
    return _delete_key(case, KeyOwner.CASE, DataKind.DECISION)


def _delete_appeal_texts(case: int) -> int:
    """Delete in all copies what holders wrote and what they were answered; returns how many keys."""
    return _delete_key(case, KeyOwner.APPEAL, DataKind.APPEAL)


def _delete_training_texts(case: int) -> int:
    """Delete in all copies the reasons of blind reviews and exercises; returns how many keys."""
    return _delete_key(case, KeyOwner.TRAINING, DataKind.TRAINING)


def _delete_key(case: int, kind: KeyOwner, rule: DataKind) -> int:
    return record_erasure([Case.objects.get(pk=case).key_owner(kind)], rule)


DELETES: Mapping[DataKind, Callable[[int], Deleted]] = {
    DataKind.REPORTER_IDENTITY: _identity,
    DataKind.REPORT_TEXTS: _report_texts,
    DataKind.PICTURES: _pictures,
    DataKind.DECISION: _decision,
    DataKind.APPEAL: _appeal,
    DataKind.INDICATORS: _indicators,
    DataKind.TRAINING: _training,
    DataKind.EXPORTS: _exports,
}
"""By kind, the function that deletes it of one case."""


MOST_AT_ONCE = 1000
BATCHES_AT_ONCE = 10
MAIL_KEPT = timedelta(days=30)  # its words and addresses, after it was sent or given up
JOBS_KEPT = timedelta(days=30)  # that failed; finished ones are deleted at once
EXPOSURE_KEPT = timedelta(days=90)
QUOTA_KEPT = timedelta(days=30)
DEAD_HOOKS_KEPT = timedelta(days=90)
ACCESS_KEPT = timedelta(days=184)  # a new password that its holder did not collect within the time of an appeal
BATCHES_KEPT = timedelta(days=90)  # after its end, or if it was never started, its arrival
VALUES_KEPT = timedelta(days=90)  # raw bytes of a platform's value that nobody settled; the record stays
INVITATION_KEPT = timedelta(days=37)  # a week's validity, and thirty days in which the page says that it lapsed
SESSION_KEPT = timedelta(hours=12)  # SESSION_COOKIE_AGE

NOWHERE = "deleted@example.invalid"
"""Stands where a mail must have an address."""


def _delete(found: QuerySet[Model]) -> int:
    return found.model._base_manager.filter(pk__in=list(found.values_list("pk", flat=True)[:MOST_AT_ONCE])).delete()[0]


def forget_sign_in() -> int:
    """Sessions that are over, what was noted of their devices, and codes of invitations that lapsed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_forget_sign_in(%s, %s)", [now(), MOST_AT_ONCE])
        return int(cursor.fetchone()[0])


def forget_jobs() -> int:
    """Jobs that failed or were given up; `rescue` has queued their work again long before."""
    return job_tables.delete_ended(now() - JOBS_KEPT, MOST_AT_ONCE)


def forget_mail() -> int:
    """Empty mails that were sent, or given up; that one was sent, and why, stays."""
    before = now() - MAIL_KEPT
    old = list(
        OutgoingMail.objects.filter(
            Q(sent_at__lt=before) | Q(sent_at__isnull=True, next_attempt_at__isnull=True, created_at__lt=before)
        )
        .exclude(body="")
        .values_list("pk", "person")[:MOST_AT_ONCE]
    )
    for person, address in ((True, ""), (False, NOWHERE)):
        OutgoingMail.objects.filter(pk__in=[pk for pk, who in old if (who is not None) is person]).update(
            subject="", body="", address=address
        )
    alarms = (
        AlarmMessage.objects.filter(Q(sent_at__lt=before) | Q(dropped_at__lt=before))
        .exclude(address__in=("", NOWHERE))
        .values_list("pk", flat=True)[:MOST_AT_ONCE]
    )
    return len(old) + AlarmMessage.objects.filter(pk__in=list(alarms)).update(address=NOWHERE)


def forget_exposure() -> int:
    """How long people looked at what, once it counts for no limit any more."""
    return _delete(Exposure.objects.filter(ended_at__lt=now() - EXPOSURE_KEPT))


def forget_quotas() -> int:
    """Quotas of past days."""
    return _delete(KeyUse.objects.filter(day__lt=(now() - QUOTA_KEPT).date()))


def forget_dead_hooks() -> int:
    """Messages that no receiver took, and nobody resent."""
    return _delete(WebhookDelivery.objects.filter(state=DeliveryState.DEAD, ended_at__lt=now() - DEAD_HOOKS_KEPT))


def forget_access() -> int:
    """New passwords that nobody collected; the holder can still have the account restored by the platform."""
    return 0 if clock_in_doubt() else _delete(RestoredAccess.objects.filter(created_at__lt=now() - ACCESS_KEPT))


def forget_values() -> int:
    """Values of platforms that nobody settled and that were last seen long ago; of settled ones the bytes are gone."""
    return _delete(SetAsideValue.objects.filter(last_seen_at__lt=now() - VALUES_KEPT, settled_at__isnull=True))


def forget_batch_files() -> int:
    """Files of batches that ended or were never started, and what was refused in them. What was filed is in reports.

    The file goes before the row says so: a kill in between leaves a row whose file is deleted again.
    """
    before, done = now() - BATCHES_KEPT, 0
    old = Batch.objects.filter(
        Q(ended_at__lt=before) | Q(ended_at__isnull=True, created_at__lt=before), file_deleted_at__isnull=True
    ).exclude(state__in=(BatchState.RECEIVED, BatchState.RUNNING))
    for number in old.order_by("pk").values_list("pk", flat=True)[:BATCHES_AT_ONCE]:
        with transaction.atomic():
            batch = old.select_for_update().filter(pk=number).first()
            if batch is None:
                continue
            if not Batch.objects.filter(sha256=batch.sha256, file_deleted_at__isnull=True).exclude(pk=number).exists():
                vault.erase(batch.sha256, None)
            BatchRow.objects.filter(batch=batch, report__isnull=True, repeats__isnull=True).delete()
            Batch.objects.filter(pk=number).update(file_deleted_at=now(), sample=[], notes=[])
            done += 1
    return done


FORGETS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "sessions": forget_sign_in,
        "jobs": forget_jobs,
        "mail": forget_mail,
        "exposure": forget_exposure,
        "quotas": forget_quotas,
        "dead_hooks": forget_dead_hooks,
        "restored_access": forget_access,
        "batches": forget_batch_files,
        "set_aside_values": forget_values,
    }
)
"""By the name of the period in `swept.SWEPT`."""


def forget_side_rows() -> int:
    """Delete a portion of each; returns how many rows. Periodic task. A wrong clock loses at most what is said here,
    nothing of a case.
    """
    return sum(forget() for forget in FORGETS.values())
