"""Backlogs: files of public content that are screened and filed block by block."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.records.models.cases.platforms import Platform
from jaga.records.models.watch.watches import Watch


class Backlog(models.Model):
    """One file of one platform, under one policy release and engine. The file itself stays where it is.

    `watch` is the one that permits it, which two people started.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="backlogs")
    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="backlogs")
    name = models.CharField(max_length=120)  # The file's name, without its folder.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    columns = models.JSONField()  # Names of the columns for text, id, account and moment.
    policy_hash = models.CharField(max_length=64)
    engine = models.CharField(max_length=300)  # `app.screening.blocks.version`.
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    receipt = models.TextField(blank=True, default="")  # The signed promise of the entry that finished it.

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_backlog_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)),
            models.UniqueConstraint(
                fields=["platform", "sha256", "columns", "policy_hash", "engine"], name="records_backlog_once"
            ),
            models.CheckConstraint(
                name="records_backlog_finished_with_receipt", condition=Q(finished_at__isnull=True) ^ ~Q(receipt="")
            ),
        ]


class BacklogBlock(models.Model):
    """Some lines of a backlog, taken by one worker at a time. Its effects and `done_at` are one commit."""

    backlog = models.ForeignKey(Backlog, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()  # Of its bytes in the file.
    size = models.PositiveIntegerField()
    input_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)  # Counted before the work begins.
    why = models.CharField(max_length=80, blank=True, default="")  # The error that ended the last try, if one did.
    poisoned_at = models.DateTimeField(null=True)  # It ended its worker too often, and is left alone.
    done_at = models.DateTimeField(null=True)
    output_hash = models.CharField(max_length=64, blank=True, default="")
    root = models.CharField(max_length=64, blank=True, default="")  # Of the Merkle tree over its rows.
    rows_read = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)  # Rows without a readable text.
    copies = models.PositiveIntegerField(default=0)  # Rows whose text occurred before in the block.
    flagged = models.PositiveIntegerField(default=0)  # Rows from the policy's line on.
    unusable = models.PositiveIntegerField(default=0)  # Flagged rows without an account of the platform.
    repeated = models.PositiveIntegerField(default=0)  # Flagged rows that the account had published word for word.
    filed = models.PositiveIntegerField(default=0)  # Reports.
    # Flagged rows that wait for people to judge the same words of other accounts.
    waiting = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["backlog", "number"], name="records_backlog_block_once"),
            models.CheckConstraint(
                name="records_backlog_block_done_or_poison",
                condition=Q(done_at__isnull=True) | Q(poisoned_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_backlog_block_done_with_hashes",
                condition=Q(done_at__isnull=True) | Q(output_hash__regex=SHA256_WHOLE, root__regex=SHA256_WHOLE),
            ),
            models.CheckConstraint(
                name="records_backlog_block_adds_up",
                condition=Q(
                    flagged=F("unusable") + F("repeated") + F("filed") + F("waiting"), rows_read__gte=F("flagged")
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["backlog", "number"],
                name="records_backlog_block_open",
                condition=Q(done_at__isnull=True, poisoned_at__isnull=True),
            ),
        ]
