"""The history of how cases entered and left the victim-first procedure. Append-only."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.cases import VictimCause, VictimState
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.platforms import Subject
from jaga.records.models.kernel.choices import choices, one_of


class VictimTurn(models.Model):
    """A case was proposed for the victim-first procedure, confirmed in it, or taken off it.

    `subject`: the account the case was then about, by which earlier findings about an account are looked up.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="victim_turns")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="victim_turns")
    state = models.CharField(max_length=20, choices=choices(VictimState))
    cause = models.CharField(max_length=20, choices=choices(VictimCause))
    report = models.ForeignKey("records.Report", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", VictimState),
            one_of("cause", VictimCause),
            models.CheckConstraint(name="records_victim_turn_leads_somewhere", condition=~Q(state="none")),
            models.CheckConstraint(
                name="records_people_alone_confirm_and_lift",
                condition=Q(state__in=["confirmed", "lifted"], cause="votes") | Q(state="proposed") & ~Q(cause="votes"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subject", "-id"],
                name="records_victim_found_of",
                condition=Q(state__in=["confirmed", "lifted"]),
            ),
        ]
