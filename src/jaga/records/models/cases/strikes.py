"""Strikes: counted violations that expire. They inform the policy's suggestion and decide nothing."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.models.cases.decisions import Decision
from jaga.records.models.cases.platforms import Subject


class Strike(models.Model):
    """A decision that counts against an account until it expires or is overturned."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="strikes")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="strike")
    category = models.CharField(max_length=60)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_strike_expires", condition=Q(expires_at__gt=F("given_at"))),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subject", "expires_at"], name="records_strike_counts", condition=Q(withdrawn_at__isnull=True)
            ),
        ]
