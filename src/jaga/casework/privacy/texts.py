"""How texts are deleted: the only place of retention that knows how they are stored."""

from django.db import models

from jaga.casework.privacy.erasure import record_erasure
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.retention import DataKind
from jaga.records.boxed_text import DELETED
from jaga.records.models import Case, Report

__all__ = ["DELETED", "delete_appeal_texts", "delete_case_texts", "delete_report_texts", "delete_training_texts",
           "emptied_for"]
_OF_REPORTS = ("text", "excerpt", "published", "place")


def emptied_for(row: models.Model, name: str) -> str:
    """What replaces this text: the same words for all, sealed where the column is (ADR 0083)."""
    seal = getattr(row._meta.get_field(name), "sealed_for", None)
    return DELETED if seal is None else seal(row.key_owner(), DELETED)  # type: ignore[attr-defined]


def delete_report_texts(case: int) -> int:
    """Delete what reporters wrote and what was written to them; returns how many reports.

    The keys go, and with them every copy; the texts are overwritten as well.
    """
    reports = list(Report.objects.filter(case=case))
    record_erasure([report.key_owner() for report in reports], DataKind.REPORT_TEXTS)
    for row in reports:
        full = {name: emptied_for(row, name) for name in _OF_REPORTS if getattr(row, name)}
        if full:
            Report.objects.filter(pk=row.pk).update(**full)
    return len(reports)


def delete_case_texts(case: int) -> int:
    """Delete the words of votes, decisions, statements, notices and notes; returns how many keys."""
    return _delete_key(case, KeyOwner.CASE, DataKind.DECISION)


def delete_appeal_texts(case: int) -> int:
    """Delete in all copies what holders wrote and what they were answered; returns how many keys."""
    return _delete_key(case, KeyOwner.APPEAL, DataKind.APPEAL)


def delete_training_texts(case: int) -> int:
    """Delete in all copies the reasons of blind reviews and exercises; returns how many keys."""
    return _delete_key(case, KeyOwner.TRAINING, DataKind.TRAINING)


def _delete_key(case: int, kind: KeyOwner, rule: DataKind) -> int:
    return record_erasure([Case.objects.get(pk=case).key_owner(kind)], rule)
