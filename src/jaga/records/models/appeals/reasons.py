"""Requests for reasons on the code's page, and reasons given in person after an identity check."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.appeals import HolderCheckKind
from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.decisions import Decision
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class ReasonsAsked(models.Model):
    """The holder of a code asked for a restriction's reasons, or asked not to show them on the page.

    One per decision.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="reasons_asked")
    asked_at = models.DateTimeField()
    shown_from = models.DateTimeField()  # Drawn at random; unused in a victim-first case.
    kept_at = models.DateTimeField(null=True)


class HolderCheck(models.Model):
    """A staff member's identity check of whoever asks for the reasons, with the text to give; a second person releases
    it.

    It is handed over once. The text is never edited (`guards/appeals.sql`).
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="holder_checks")
    kind = models.CharField(max_length=20, choices=choices(HolderCheckKind))
    service = models.CharField(max_length=60, blank=True)  # A key of the policy release's services.
    how = SealedTextField()
    explanation = SealedTextField(blank=True)
    gives_data = models.BooleanField(default=False)
    gives_access = models.BooleanField(default=False)
    on_page = models.BooleanField(default=False)  # The holder wants to read it on the code's page.
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(null=True)
    why = SealedTextField(blank=True)  # Why it was refused.
    handed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("how", "explanation", "why", table="holdercheck"),
            one_of("kind", HolderCheckKind),
            models.CheckConstraint(name="records_holder_check_says_how", condition=~Q(how="")),
            models.CheckConstraint(
                name="records_holder_check_names_its_body",
                condition=Q(kind=HolderCheckKind.BODY) & ~Q(service="") | ~Q(kind=HolderCheckKind.BODY) & Q(service=""),
            ),
            models.CheckConstraint(
                name="records_reasons_released_by_a_second",
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("checked_by")),
            ),
            models.CheckConstraint(
                name="records_reasons_refused_with_a_reason",
                condition=Q(refused_by__isnull=True, refused_at__isnull=True, why="")
                | Q(refused_by__isnull=False, refused_at__isnull=False, released_at__isnull=True) & ~Q(why=""),
            ),
            models.CheckConstraint(
                name="records_reasons_handed_over_after_their_release",
                condition=Q(handed_at__isnull=True) | Q(released_at__isnull=False, handed_at__gte=F("released_at")),
            ),
            models.CheckConstraint(
                name="records_no_access_on_the_page", condition=Q(on_page=False) | Q(gives_access=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["checked_at"],
                name="records_reasons_to_release",
                condition=Q(released_at__isnull=True, refused_at__isnull=True),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.decision.case.key_owner(KeyOwner.APPEAL)
