"""The ledger as stored. An action inserts an unlinked entry; a single sequencer links entries within a second."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value

from jaga.core.terms.ledger import LedgerFaultReason
from jaga.records.models.kernel.choices import choices, one_of


class LedgerEntry(models.Model):
    """Who did what, when and why. Contains hashes, numbers and terms only: no personal data, no content."""

    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor = models.CharField(max_length=80)
    case_ref = models.BigIntegerField(null=True)  # No foreign key: the ledger outlives what it describes.
    payload = models.JSONField(default=dict)
    entry_hash = models.CharField(max_length=64)
    seq = models.BigIntegerField(null=True, unique=True)
    previous = models.CharField(max_length=64, null=True)
    hash = models.CharField(max_length=64, null=True)
    rows = models.JSONField(default=list, db_default=Value([], models.JSONField()))  # See `RowBinding`.
    mac = models.CharField(max_length=64, db_default="")  # By a key outside the database (`jaga.ledger.admission`).

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_ledger_linked_whole_or_not",
                condition=Q(seq__isnull=True, previous__isnull=True, hash__isnull=True)
                | Q(seq__isnull=False, previous__isnull=False, hash__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_ledger_unlinked", condition=Q(seq__isnull=True)),
            models.Index(fields=["case_ref"], name="records_ledger_case"),
            models.Index(fields=["id"], name="records_ledger_held_letters", condition=Q(verb="hold_letters")),
            models.Index(fields=["id"], name="records_ledger_refused_rows", condition=Q(verb="refuse_rows")),
            models.Index(
                fields=["id"],
                name="records_ledger_held_figures",
                condition=Q(verb__in=["hold_figures", "release_figures"]),
            ),
        ]


class RowBinding(models.Model):
    """Which row the hash at `place` of an entry's `rows` is of, and the salt of that hash (`jaga.records.bound_rows`).

    The salt is deleted when a later entry binds the row again, as after its words were deleted. `gone` says that the
    entry records the deletion of the row.
    """

    entry = models.BigIntegerField()  # No foreign key: it is inserted together with the entry, and outlives its row.
    place = models.IntegerField()
    part = models.CharField(max_length=40)
    number = models.BigIntegerField()
    salt = models.BinaryField(max_length=16, null=True)
    gone = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["part", "number"], name="records_rowbinding_row")]


class LedgerFault(models.Model):
    """A fault found by the sequencer: an unlinked entry set aside, or (`entry_ref` null) a head without a checkpoint.

    An entry set aside is never linked and blocks no other. The alarm stays until someone has investigated.
    """

    entry_ref = models.BigIntegerField(null=True, unique=True)  # No foreign key: it outlives what it describes.
    reason = models.CharField(max_length=20, choices=choices(LedgerFaultReason))
    found_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [one_of("reason", LedgerFaultReason)]


class LedgerCheckpoint(models.Model):
    """A signed ledger head. Truncating the ledger contradicts the last one."""

    size = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    note = models.TextField()  # The signed text, as anyone can verify it.
