"""The installation: owner, practice or real, key fingerprints, and epochs."""

from typing import ClassVar

from django.db import models

from jaga.core.terms.people import HostKind
from jaga.records.models.kernel.choices import choices, one_of


class KeyFingerprint(models.Model):
    """The fingerprint of one key outside the database (`app.keys`), and when it was first seen."""

    name = models.CharField(max_length=40, unique=True)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hex.
    since = models.DateTimeField()


class Installation(models.Model):
    """A single row. A practice database is marked permanently, so it can never serve as a real one."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    host_kind = models.CharField(max_length=20, choices=choices(HostKind), default=HostKind.OPERATOR)
    practice = models.BooleanField()
    created_at = models.DateTimeField()
    mark = models.CharField(max_length=32, blank=True, default="", db_default="")
    """Also in the ledger mark file beside the database (`records.ledger_mark`)."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_installation_is_one", condition=models.Q(id=1)),
            one_of("host_kind", HostKind),
        ]


class Epoch(models.Model):
    """A restoration of the database to an earlier state, confirmed by an administrator. The first is number 2."""

    number = models.PositiveIntegerField(unique=True)
    began_at = models.DateTimeField()
    size = models.BigIntegerField()  # Size of the restored ledger.
    last_at = models.DateTimeField(null=True)  # Time of its last entry: data from then until `began_at` is lost.
    proven = models.BigIntegerField()  # How far the lost ledger provably went; 0 if unknown.
    numbers = models.JSONField()  # By table name: its last id before, and the first id issued afterwards.
    by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT)
    reason = models.TextField()
    note = models.TextField()  # `ledger.checkpoints.EpochNote`, signed.


class LostCode(models.Model):
    """The code of a letter that may have been sent but whose rows are lost; entering it shows that."""

    hash = models.BinaryField(max_length=32, unique=True)  # The lookup hash of a statement's or hearing's code.
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT)
