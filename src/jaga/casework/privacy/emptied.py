"""What is deleted for each kind of data: rows, words that are emptied, and files. Always of closed cases, in the
transaction that records the deletion (`casework.privacy.sweep`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection, models
from django.db.models import Q

from jaga.casework.privacy.erasure import record_erasure
from jaga.casework.screening.expired_indicators import delete_indicators_of
from jaga.core.cases import CaseState
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.retention import DataKind
from jaga.records.access.cases.originals import stored_originals_of
from jaga.records.boxed_text import DELETED
from jaga.records.models import (
    NO_INDICATORS,
    Appeal,
    AppealReply,
    BanEvasionMatch,
    BlindReview,
    Case,
    CaseLabel,
    Disclosure,
    Evidence,
    GoldenCase,
    HearingAnswer,
    HolderCheck,
    Report,
    ReporterIdentity,
    Signal,
    SourceKey,
    TrainingAnswer,
    TurnKey,
    WorkingCopy,
)

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
