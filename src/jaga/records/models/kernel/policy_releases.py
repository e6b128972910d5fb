"""Policy releases that were put before people, who adopted them, and which release each process works under."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.policy import AdoptionKind, AdoptionState
from jaga.records.models.kernel.choices import choices, one_of

CONFIRMED_LATER = (AdoptionKind.RETURN, AdoptionKind.EMERGENCY)
"""In force at once by one person; a second confirms."""
_EFFECTIVE = (AdoptionState.IN_FORCE, AdoptionState.REPLACED)


class StoredRelease(models.Model):
    """The files of a release under its hash. Never changed and never deleted: old decisions rest on it."""

    hash = models.CharField(max_length=64, unique=True)  # `policy.reading.content_hash` over the files.
    name = models.CharField(max_length=100)
    version = models.CharField(max_length=20)
    dated = models.DateField()
    files = models.TextField()  # Canonical JSON: text by file name.
    stored_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_stored_release_has_a_hash", condition=Q(hash__regex=SHA256_WHOLE)),
        ]


class ReleaseAdoption(models.Model):
    """One release put before people, and what they decided. Only its end is ever added."""

    kind = models.CharField(max_length=20, choices=choices(AdoptionKind))
    state = models.CharField(max_length=20, choices=choices(AdoptionState))
    release = models.ForeignKey(StoredRelease, on_delete=models.PROTECT, related_name="adoptions")
    # In force when it was proposed, and what the difference was shown to; null: the first.
    before = models.ForeignKey(StoredRelease, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    proposed_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirm_until = models.DateTimeField(null=True)  # null: the first, which nobody confirms.
    confirmed_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("records.Person", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)  # Refused or lapsed.
    note = models.TextField(blank=True)  # Why it was refused.

    class Meta:
        constraints: ClassVar = [
            one_of("kind", AdoptionKind),
            one_of("state", AdoptionState),
            models.UniqueConstraint(
                fields=["state"], name="records_one_release_in_force", condition=Q(state=AdoptionState.IN_FORCE)
            ),
            models.UniqueConstraint(
                fields=["state"], name="records_one_release_proposed", condition=Q(state=AdoptionState.PROPOSED)
            ),
            models.UniqueConstraint(
                fields=["kind"], name="records_one_bootstrap", condition=Q(kind=AdoptionKind.BOOTSTRAP)
            ),
            models.CheckConstraint(
                name="records_adoption_proposed_by_a_person",
                condition=(
                    Q(kind=AdoptionKind.BOOTSTRAP, proposed_by__isnull=True, confirm_until__isnull=True)
                    | (
                        ~Q(kind=AdoptionKind.BOOTSTRAP)
                        & Q(proposed_by__isnull=False, confirm_until__isnull=False, before__isnull=False)
                    )
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_confirmed_by_another",
                condition=(
                    Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                    | (
                        Q(confirmed_by__isnull=False, confirmed_at__isnull=False, kind__in=CONFIRMED_LATER)
                        | Q(
                            confirmed_by__isnull=False,
                            confirmed_at__isnull=False,
                            kind=AdoptionKind.ADOPTION,
                            confirmed_at__lte=F("confirm_until"),
                        )
                    )
                    & ~Q(confirmed_by=F("proposed_by"))
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_takes_two",
                condition=(~Q(kind=AdoptionKind.ADOPTION, state__in=_EFFECTIVE) | Q(confirmed_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="records_adoption_has_its_times",
                condition=(
                    Q(
                        state=AdoptionState.PROPOSED,
                        in_force_at__isnull=True,
                        replaced_at__isnull=True,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state=AdoptionState.IN_FORCE,
                        in_force_at__isnull=False,
                        replaced_at__isnull=True,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state=AdoptionState.REPLACED,
                        in_force_at__isnull=False,
                        replaced_at__isnull=False,
                        ended_at__isnull=True,
                    )
                    | Q(
                        state__in=(AdoptionState.REFUSED, AdoptionState.LAPSED),
                        in_force_at__isnull=True,
                        replaced_at__isnull=True,
                        ended_at__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="records_adoption_refused_with_a_reason",
                condition=(~Q(state=AdoptionState.REFUSED) | (Q(ended_by__isnull=False) & ~Q(note=""))),
            ),
            models.CheckConstraint(name="records_adoption_has_a_reason", condition=~Q(reason="")),
        ]


class ReleaseInUse(models.Model):
    """Which release a running process works under, and which one its folder holds. Old rows are deleted."""

    process = models.CharField(max_length=120, unique=True)  # Part, machine and process number.
    hash = models.CharField(max_length=64, blank=True)  # Empty: the adopted release could not be loaded.
    folder_hash = models.CharField(max_length=64, blank=True)  # Empty: the folder could not be read.
    seen_at = models.DateTimeField()
