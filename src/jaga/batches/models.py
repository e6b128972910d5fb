"""Batches: uploaded files of many rows, and the outcome of each row."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.reports import Report
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.reports import BatchFormat, BatchState, Channel
from jaga.people.models import OfficerKey, Organisation, Person
from jaga.store.models import choices, one_of


class Batch(models.Model):
    """One file of one sender. The file is sealed and identified by its hash, so it counts once."""

    sender_key = models.CharField(max_length=40)  # The owner: an outside person, or staff.
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="batches")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="batches")
    # The API key that last sent it; its valid rows count towards that key's daily quota once started.
    key = models.ForeignKey(OfficerKey, null=True, on_delete=models.SET_NULL, related_name="batches")
    channel = models.CharField(max_length=20, choices=choices(Channel))
    name = models.CharField(max_length=120)  # The sender's name for it.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    platform = models.CharField(max_length=60, blank=True)  # For rows without a platform.
    category = models.CharField(max_length=60, blank=True)
    starts_itself = models.BooleanField(default=False)  # The sender asked for it to start without confirmation.
    state = models.CharField(max_length=20, choices=choices(BatchState), default=BatchState.RECEIVED)
    format = models.CharField(max_length=20, choices=choices(BatchFormat), blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    ignored = models.JSONField(default=list)  # Columns that are not used.
    notes = models.JSONField(default=list, db_default=[])  # Remarks on how it was read: msgid and params of each.
    sample = models.JSONField(default=list)  # The first rows, until it is started.
    rows_read = models.PositiveIntegerField(default=0)  # Rows read.
    good = models.PositiveIntegerField(default=0)
    double = models.PositiveIntegerField(default=0)  # Rows that repeat another row of the file.
    refused = models.PositiveIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)
    done_to = models.PositiveIntegerField(default=0)  # The number of the last processed row.
    # Attempts since the last progress; a file that crashes its worker ends as failed.
    tries = models.PositiveIntegerField(default=0)
    why = models.JSONField(default=dict)  # For a failed batch: code, sentence, remedy, params.
    created_at = models.DateTimeField()
    validated_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    file_deleted_at = models.DateTimeField(null=True)  # Its days were over; the reports filed from it are untouched.

    class Meta:
        constraints: ClassVar = [
            one_of("channel", Channel),
            one_of("state", BatchState),
            models.CheckConstraint(name="records_batch_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)),
            models.CheckConstraint(name="records_batch_files_good_rows_only", condition=Q(filed__lte=F("good"))),
            models.CheckConstraint(
                name="records_batch_failed_with_a_reason", condition=~Q(state=BatchState.FAILED) | ~Q(why={})
            ),
            models.UniqueConstraint(fields=["sender_key", "sha256"], name="records_batch_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                name="records_batch_open",
                condition=Q(state__in=[BatchState.RECEIVED, BatchState.RUNNING]),
            ),
        ]


class BatchRow(models.Model):
    """The outcome of one row: a report, a duplicate of an earlier row, or rejected with reasons. Final once set."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="batch_row")
    repeats = models.PositiveIntegerField(null=True)  # The earlier row with the same content.
    errors = models.JSONField(default=list)  # field, code, sentence and params of each error.

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="records_batch_row_ends_once"),
            models.CheckConstraint(
                name="records_batch_row_has_one_end",
                condition=Q(report__isnull=False, repeats__isnull=True, errors=[])
                | Q(report__isnull=True, repeats__isnull=False, errors=[])
                | (Q(report__isnull=True, repeats__isnull=True) & ~Q(errors=[])),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch", "number"], name="records_batch_row_refused", condition=~Q(errors=[])),
        ]
