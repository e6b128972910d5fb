"""The installation itself: whose it is, whether it is for practice, the fingerprints of its keys, and its epochs."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import HostKind
from jaga.records.models.kernel.choices import choices, one_of


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
    mark = models.CharField(max_length=32, blank=True, default="", db_default="")
    """Also in the file beside the database that says how far the ledger went (`records.ledger_mark`)."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_installation_is_one", condition=models.Q(id=1)),
            one_of("host_kind", HostKind),
        ]


class Epoch(models.Model):
    """The database was put back to an earlier state, and an administrator said so; the first is number 2."""

    number = models.PositiveIntegerField(unique=True)
    began_at = models.DateTimeField()
    size = models.BigIntegerField()  # of the ledger that was put back
    last_at = models.DateTimeField(null=True)  # of its last entry: what came later until `began_at` is lost
    known = models.BigIntegerField()  # how far the lost ledger provably went; 0 where nobody knows
    numbers = models.JSONField()  # by a table's name: its last number before, and the first that is given from then on
    by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT)
    reason = models.TextField()
    note = models.TextField()  # `ledger.checkpoints.EpochNote`, signed


class LostCode(models.Model):
    """A code of a letter that can have gone out and whose rows are lost: whoever types it is told so."""

    hash = models.BinaryField(max_length=32, unique=True)  # as a statement's or a hearing's is found
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT)
