"""Officers' registrations, second-factor limits, and trusted flaggers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.models.people.organisations import Organisation, Person


class OfficerRegistration(models.Model):
    """A person's registration as an authority's officer (MR5 art. 17) or a trusted flagger's representative.

    It becomes valid only after a staff member has called a telephone number found independently of the invitation: an
    invitation can be intercepted, and a keeper could accept one in another's name.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="registration")
    keeper = models.BooleanField(default=False)  # Keeps the organisation's roster.
    # null: registered on the command line.
    registered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    invitation_hash = models.BinaryField(max_length=32, null=True, unique=True)  # null once used.
    invitation_until = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    called_back_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    called_back_at = models.DateTimeField(null=True)
    called_number = models.CharField(max_length=40, blank=True)
    # The source of the number, independent of whoever sent the invitation.
    number_found_in = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    suspended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    suspended_at = models.DateTimeField(null=True)
    suspended_why = models.CharField(max_length=500, blank=True)
    removed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_call_back_names_its_number",
                condition=Q(called_back_at__isnull=True, called_back_by__isnull=True, called_number="")
                | (Q(called_back_at__isnull=False) & ~Q(called_number="") & ~Q(number_found_in="")),
            ),
            models.CheckConstraint(
                name="records_nobody_calls_themselves_back",
                condition=Q(called_back_by__isnull=True) | ~Q(called_back_by=F("person")),
            ),
            models.CheckConstraint(
                name="records_suspension_says_why",
                condition=Q(suspended_at__isnull=True) | ~Q(suspended_why=""),
            ),
            models.CheckConstraint(
                name="records_registration_ends",
                condition=Q(expires_at__gt=F("registered_at")),
            ),
        ]


class FactorTries(models.Model):
    """Consecutive wrong second-factor codes.

    Stored in the database, since six digits can be guessed and several processes answer.

    Each device on which the person has signed in has its own row, so an attacker elsewhere cannot lock it out.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="factor_tries")
    device = models.CharField(max_length=32, blank=True)  # empty: all other devices together.
    wrong = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "device"], name="records_tries_of_a_device_once"),
        ]


class FactorExemption(models.Model):
    """An administrator's exemption of a staff member from the second factor. Officers and flaggers are never exempt."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="factor_exemption")
    # null: exempted on the command line.
    exempted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    exempted_at = models.DateTimeField()


class FlaggerProfile(models.Model):
    """A trusted flagger's profile: who awarded the status, for which matters, until when (DSA art. 22)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="flagger")
    expertise = models.JSONField(default=list)  # Category keys of the policy release; only these have priority.
    awarded_by = models.CharField(max_length=200)
    awarded_on = models.DateField()
    valid_until = models.DateField()
    website = models.URLField(blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_flagger_named_by_somebody", condition=~Q(awarded_by="")),
            models.CheckConstraint(name="records_flagger_ends", condition=Q(valid_until__gte=F("awarded_on"))),
        ]


class FlaggerSuspension(models.Model):
    """A period in which a flagger's reports have no priority, with reasons (DSA art. 22(6), (7)). Kept permanently."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="flagger_suspensions")
    began_at = models.DateTimeField()
    # null: started on the command line.
    began_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.TextField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    why_ended = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation"], name="records_suspended_once_at_a_time", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="records_flagger_suspension_says_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="records_flagger_comes_back_for_a_reason", condition=Q(ended_at__isnull=True) | ~Q(why_ended="")
            ),
        ]
