"""Published figures of closed periods."""

from typing import ClassVar

from django.db import models

from jaga.core.terms.figures import PeriodKind
from jaga.records.models.kernel.choices import choices, one_of


class PublishedPeriod(models.Model):
    """One published day or month in Jakarta time: rounded counts only.

    Append-only.

    `content` comes from `transparency.closing`; the exact counts are not kept.
    """

    kind = models.CharField(max_length=5, choices=choices(PeriodKind))
    first_day = models.DateField()
    closed_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", PeriodKind),
            models.UniqueConstraint(fields=["kind", "first_day"], name="records_period_is_published_once"),
        ]
