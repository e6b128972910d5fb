"""The installation itself: one row that says whose it is and whether it is for practice."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import HostKind
from jaga.records.models.choices import choices, one_of


class Installation(models.Model):
    """One row. A practice database is marked for ever, so that it can never serve as a real one."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    host_kind = models.CharField(max_length=20, choices=choices(HostKind), default=HostKind.OPERATOR)
    practice = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_installation_is_one", condition=models.Q(id=1)),
            one_of("host_kind", HostKind),
        ]
