"""Limits on wrong guesses of secrets, in the database: shared by all web processes and kept across restarts."""

from typing import ClassVar

from django.db import models

from jaga.core.terms.people import GuessLimit
from jaga.records.models.kernel.choices import choices, one_of


class GuessCount(models.Model):
    """Until when failed attempts for one key have used up its allowance.

    Deleted soon afterwards.

    `key` is a keyed hash of an address, network, name or device and reveals none of them.
    """

    key = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=choices(GuessLimit))
    used_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [one_of("kind", GuessLimit)]
