"""In-app reports: the read position per platform, and reports already seen."""

from typing import ClassVar

from django.db import models

from jaga.records.models.cases.platforms import Platform
from jaga.records.models.cases.reports import Report


class InAppCursor(models.Model):
    """Where reading of a platform's own reports continues. Holds no content."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, related_name="in_app_cursor")
    cursor = models.TextField()
    read_at = models.DateTimeField()


class InAppSeen(models.Model):
    """One in-app report by its number on the platform: filed once despite restarts and repeated reads.

    `report` is null if it could not become a report, for instance because it is about an account of another server.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="in_app_seen")
    own_id = models.CharField(max_length=200)
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="in_app")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "own_id"], name="records_in_app_seen_once"),
        ]
