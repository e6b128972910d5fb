"""Reports from inside the apps: how far each platform was read, and which reports were seen."""

from typing import ClassVar

from django.db import models

from jaga.records.models.cases.platforms import Platform
from jaga.records.models.cases.reports import Report


class InAppCursor(models.Model):
    """Where the reading of a platform's own reports goes on. Holds no content."""

    platform = models.OneToOneField(Platform, on_delete=models.CASCADE, related_name="in_app_cursor")
    cursor = models.TextField()
    read_at = models.DateTimeField()


class InAppSeen(models.Model):
    """One report of the platform's own, by its number there: taken in once, whatever restarts or is read twice.

    `report` is null where it could not become one, for instance since it is about an account of another server.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="in_app_seen")
    own_id = models.CharField(max_length=200)
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="in_app")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "own_id"], name="records_in_app_seen_once"),
        ]
