"""Texts that were seen before, so that a thousand copies of one become one line in the queue."""

from typing import ClassVar

from django.db import models

from jaga.records.models.cases.reports import Report


class Cluster(models.Model):
    """Nearly one text, published by several accounts. The report that showed it first stands for it.

    Of the text itself nothing is kept here but keyed hashes; all of it goes with the report. A case belongs to one by
    `Case.cluster`, from the second account on. It groups lines for people and decides nothing: each account is judged
    by itself.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="cluster_led")
    same = models.BinaryField(max_length=32, unique=True)  # HMAC of the signature: two workers make one of equal texts
    made_at = models.DateTimeField()


class ClusterKey(models.Model):
    """One of the numbers by which nearly equal texts find each other (`screening.copies.nearness`), keyed."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="keys")
    key = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "cluster"], name="records_cluster_by_key")]
