"""Unusable values received from platforms, and the health of each worker task per platform."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.actions import PlatformTask, SetAsideKind
from jaga.records.models.cases.platforms import Platform
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class PlatformTaskHealth(models.Model):
    """The health of one worker task on one platform, shared by all workers.

    Action steps keep theirs in `PlatformHealth`; here only their faults are counted.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="task_health")
    task = models.CharField(max_length=20, choices=choices(PlatformTask))
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    faults = models.PositiveIntegerField(default=0)  # Unusable answers since the beginning.
    not_kept = models.PositiveIntegerField(default=0)  # Values set aside beyond the number kept.
    retry_at = models.DateTimeField(null=True)  # The task does not call the platform before.
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "task"], name="records_task_health_once"),
            one_of("task", PlatformTask),
        ]


class SetAsideValue(models.Model):
    """A value from a platform on which nothing can be decided, with its encrypted raw bytes.

    A supervisor settles it after review; the bytes are then erased and only the record remains.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="set_aside")
    kind = models.CharField(max_length=20, choices=choices(SetAsideKind))
    why = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the raw bytes.
    size = models.PositiveIntegerField()  # Of all raw bytes; only the first of very many are kept.
    sealed = models.BinaryField()  # Empty once settled.
    times = models.PositiveIntegerField(default=1)  # How often it was received.
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    settled_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "kind", "digest"], name="records_set_aside_once"),
            one_of("kind", SetAsideKind),
            models.CheckConstraint(
                name="records_set_aside_settled_whole",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False, sealed=b""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["platform"], name="records_set_aside_open", condition=Q(settled_at__isnull=True)),
        ]


class PeriodicTaskFault(models.Model):
    """A periodic task of the worker that failed: it restarts automatically while the others go on."""

    name = models.CharField(max_length=40, unique=True)
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    last_failed_at = models.DateTimeField()
    why = models.CharField(max_length=200)
