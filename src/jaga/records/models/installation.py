"""The installation itself: whose it is, whether it is for practice, and the fingerprints of its keys."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import HostKind
from jaga.records.models.choices import choices, one_of


class KeyFingerprint(models.Model):
    """One row for each key that lies outside the database (`app.keys`): what tells it from another, and since when."""

    name = models.CharField(max_length=40, unique=True)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hex
    since = models.DateTimeField()


class Installation(models.Model):
    """One row. A practice database is marked for ever, so that it can never serve as a real one."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    host_kind = models.CharField(max_length=20, choices=choices(HostKind), default=HostKind.OPERATOR)
    practice = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_installation_is_one", condition=models.Q(id=1)),
            one_of("host_kind", HostKind),
        ]
