"""The published log: its heads, and who has cosigned them. The files are in a folder, not in the database."""

from typing import ClassVar

from django.db import models


class PublishedLog(models.Model):
    """A log under one name. A restoration of the database begins the next one.

    It has the entries from `first_seq` on; that entry (`begin_log`) is leaf 0.
    """

    number = models.PositiveIntegerField(unique=True)
    origin = models.CharField(max_length=250, unique=True)
    first_seq = models.BigIntegerField()
    began_at = models.DateTimeField()


class PublishedHead(models.Model):
    """A signed head.

    It added the entries up to `last_seq` in their order, then empty ones up to `size`, so that every position can be
    computed again.
    """

    log = models.ForeignKey(PublishedLog, on_delete=models.PROTECT, related_name="heads")
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    last_seq = models.BigIntegerField()
    state = models.BinaryField()  # `ledger.tlog.merkle.CompactRange`: all that the next head needs of this one.
    due_at = models.DateTimeField()  # The full hour.
    signed_at = models.DateTimeField()
    note = models.TextField()  # The checkpoint with the log's own signature.
    witnessed_at = models.DateTimeField(null=True)  # When enough witnesses had cosigned.

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["log", "size"], name="records_one_head_of_a_size"),
            models.UniqueConstraint(fields=["log", "due_at"], name="records_one_head_an_hour"),
        ]
        indexes: ClassVar = [models.Index(fields=["log", "last_seq"], name="records_head_of_an_entry")]


class HeadCosignature(models.Model):
    """A witness's signature line under a head, checked when it came."""

    head = models.ForeignKey(PublishedHead, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=300)  # The key as one line (vkey).
    line = models.TextField()
    cosigned_at = models.DateTimeField()  # The witness's own clock.
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["head", "witness"], name="records_one_cosignature_each"),
        ]


class HeadTimestamp(models.Model):
    """A time stamp of a head by an authority outside (RFC 3161), checked when it came."""

    head = models.OneToOneField(PublishedHead, on_delete=models.PROTECT, related_name="timestamp")
    stamp = models.BinaryField()  # The whole answer, as `openssl ts -verify` reads it.
    stamped_at = models.DateTimeField()  # The authority's clock.
    received_at = models.DateTimeField()
