"""Near-duplicate texts, so that a thousand copies of one text become one row in the queue."""

from typing import ClassVar

from django.db import models

from jaga.records.models.cases.reports import Report


class Cluster(models.Model):
    """Nearly one text published by several accounts, represented by the report that showed it first.

    Only keyed hashes of the text are kept, and they are deleted with the report. A case joins by `Case.cluster` from
    the second account on. A cluster groups rows for people and decides nothing: each account is judged separately.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="cluster_led")
    # HMAC of the signature, so two workers create one cluster for equal texts.
    same = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()


class ClusterKey(models.Model):
    """One of the keyed numbers by which near-duplicate texts find each other (`screening.copies.nearness`)."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="keys")
    key = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "cluster"], name="records_cluster_by_key")]
