"""What platforms sent that cannot be used, and how each task of the worker fares on each platform."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms import PlatformTask, SetAsideKind
from jaga.records.models.cases.platforms import Platform
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class PlatformTaskHealth(models.Model):
    """How one task of the worker has fared on one platform. Shared by all workers; another platform's is another row.

    The steps of actions have a memory of their own (`PlatformHealth`); of them only the faults are counted here.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="task_health")
    task = models.CharField(max_length=20, choices=choices(PlatformTask))
    failures = models.PositiveIntegerField(default=0)  # in a row
    faults = models.PositiveIntegerField(default=0)  # answers that could not be used, since the beginning
    not_kept = models.PositiveIntegerField(default=0)  # values set aside beyond the number that is kept
    retry_at = models.DateTimeField(null=True)  # the task leaves the platform alone before
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "task"], name="records_task_health_once"),
            one_of("task", PlatformTask),
        ]


class SetAsideValue(models.Model):
    """Something that a platform sent and on which nothing can be decided, with its raw bytes, sealed.

    A supervisor settles it once it was looked at; then the bytes are erased, and that it came is still on record.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="set_aside")
    kind = models.CharField(max_length=20, choices=choices(SetAsideKind))
    why = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the raw bytes
    size = models.PositiveIntegerField()  # of all raw bytes; of very many only the first are kept
    sealed = models.BinaryField()  # empty once it is settled
    times = models.PositiveIntegerField(default=1)  # that it came
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
                | Q(settled_at__isnull=False, settled_by__isnull=False, sealed=b"")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["platform"], name="records_set_aside_open", condition=Q(settled_at__isnull=True)),
        ]


class RoundFault(models.Model):
    """A round of the worker that failed: it is started anew by itself, and the others go on meanwhile."""

    name = models.CharField(max_length=40, unique=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_failed_at = models.DateTimeField()
    why = models.CharField(max_length=200)
