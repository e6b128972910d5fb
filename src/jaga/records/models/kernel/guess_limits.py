"""How often a secret was guessed wrongly, in the database: the same for every web process, and kept over a restart."""

from typing import ClassVar

from django.db import models

from jaga.core.terms import GuessLimit
from jaga.records.models.kernel.choices import choices, one_of


class GuessCount(models.Model):
    """Until when wrong tries of one key have used up its allowance. A row is deleted soon after that moment is over.

    `key` is a keyed hash of an address, a network, a name or a device: nothing of them can be read from it.
    """

    key = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=10, choices=choices(GuessLimit))
    used_until = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [one_of("kind", GuessLimit)]
