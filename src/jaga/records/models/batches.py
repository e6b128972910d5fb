"""Batches: files of many rows, and what became of each row."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.digests import SHA256_WHOLE
from jaga.core.terms import BatchFormat, BatchState, Channel
from jaga.records.models.cases.reports import Report
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import OfficerKey, Organisation, Person


class Batch(models.Model):
    """One file of one sender. The file itself is sealed; its hash is its identity, so that it counts once."""

    sender_key = models.CharField(max_length=40)  # whose it is: an outside person's, or ours
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="batches")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="batches")
    # That sent it last, by the API: its good rows count in this key's day once they are started.
    key = models.ForeignKey(OfficerKey, null=True, on_delete=models.SET_NULL, related_name="batches")
    channel = models.CharField(max_length=20, choices=choices(Channel))
    name = models.CharField(max_length=120)  # what the sender calls it
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    platform = models.CharField(max_length=60, blank=True)  # for rows that name none
    category = models.CharField(max_length=60, blank=True)
    starts_itself = models.BooleanField(default=False)  # the sender said so when it was sent: no second word is needed
    state = models.CharField(max_length=20, choices=choices(BatchState), default=BatchState.RECEIVED)
    format = models.CharField(max_length=20, choices=choices(BatchFormat), blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    ignored = models.JSONField(default=list)  # columns that mean nothing here
    notes = models.JSONField(default=list, db_default=[])  # of how it was read: sentence and params of each
    sample = models.JSONField(default=list)  # the first rows, until it is started
    seen = models.PositiveIntegerField(default=0)  # rows that were looked at
    good = models.PositiveIntegerField(default=0)
    double = models.PositiveIntegerField(default=0)  # rows that repeat another of the file
    refused = models.PositiveIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)
    done_to = models.PositiveIntegerField(default=0)  # the number of the last row that was dealt with
    tries = models.PositiveIntegerField(default=0)  # since it last came on; a file that kills its worker ends as failed
    why = models.JSONField(default=dict)  # of a failed one: code, sentence, remedy, params
    created_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("channel", Channel),
            one_of("state", BatchState),
            models.CheckConstraint(name="records_batch_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)),
            models.CheckConstraint(name="records_batch_files_good_rows_only", condition=Q(filed__lte=F("good"))),
            models.CheckConstraint(name="records_batch_failed_with_a_reason",
                                   condition=~Q(state=BatchState.FAILED) | ~Q(why={})),
            models.UniqueConstraint(fields=["sender_key", "sha256"], name="records_batch_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_batch_open",
                         condition=Q(state__in=[BatchState.RECEIVED, BatchState.RUNNING])),
        ]


class BatchRow(models.Model):
    """What became of one row: a report, a repetition of an earlier row, or refused for reasons. A row ends once."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    report = models.OneToOneField(Report, null=True, on_delete=models.PROTECT, related_name="batch_row")
    repeats = models.PositiveIntegerField(null=True)  # the row that said it first
    errors = models.JSONField(default=list)  # field, code, sentence, params of each

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
