"""What was made public of a closed period."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import PeriodKind
from jaga.records.models.kernel.choices import choices, one_of


class PublishedPeriod(models.Model):
    """One day or one month in Jakarta, as it was made public: rounded counts and nothing else. Appended, never edited.

    `content` is what `transparency.closing` made of it; the exact counts are kept nowhere.
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
