"""Owners whose keys are destroyed."""

from typing import ClassVar

from django.db import models

from jaga.core.terms.privacy import KeyOwner
from jaga.records.models.kernel.choices import choices, one_of


class ErasedKey(models.Model):
    """A case or report that was erased: its key is destroyed within seconds, or by the next start.

    Never changed, except that `done_at` is set once, when the key is gone and what lay beside it is cleared. After a
    restore to before the erasure the row is missing, and comes back from the key store
    (`casework.privacy.erasure.apply_again`). It says by which rule, never what was erased.
    """

    kind = models.CharField(max_length=20, choices=choices(KeyOwner))
    number = models.BigIntegerField()  # The owner's `key_number`.
    rule = models.CharField(max_length=60)  # A rule of the release, a kind of request, or "key_store".
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", KeyOwner),
            models.UniqueConstraint(fields=["kind", "number"], name="records_erased_once"),
            models.CheckConstraint(name="records_erased_by_a_rule", condition=~models.Q(rule="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_erasure_open", condition=models.Q(done_at__isnull=True)),
        ]
