"""The operator register: platforms, pledges, contact persons, and notification mail."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.people import Language
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation, Person


class OperatorProfile(models.Model):
    """An operator's profile beyond its name."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="profile")
    slug = models.SlugField(max_length=80, unique=True)  # Its address on the public pages.
    legal_entity = models.CharField(max_length=200, blank=True)
    registration_number = models.CharField(max_length=80, blank=True)  # As a registered PSE.
    countries = models.JSONField(default=list)  # ISO 3166-1 alpha-2 codes of the countries it serves.
    website = models.URLField(blank=True)
    changed_at = models.DateTimeField()


class Pledge(models.Model):
    """An operator's pledge on reported accounts. A changed pledge is a new row."""

    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="pledges")
    text = models.TextField()
    source = models.CharField(max_length=500)  # A letter number, a press release or a public statement.
    made_on = models.DateField()
    scope = models.TextField()  # Which services and countries, and reports from whom.
    categories = models.JSONField(default=list)  # Category keys of the policy release.
    hours = models.PositiveSmallIntegerField(default=24)
    hours_urgent = models.PositiveSmallIntegerField(default=4)
    # null: entered on the command line.
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_pledge_has_its_clock",
                condition=Q(hours__gt=0, hours_urgent__gt=0, hours_urgent__lte=F("hours")),
            ),
        ]


class ContactDetails(models.Model):
    """How to reach a contact person (narahubung, MR5 art. 17 and 21: domiciled in Indonesia for data requests)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="contact_details")
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    domicile = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2.
    representative = models.BooleanField(default=False)  # Signs for the operator.
    since = models.DateField()
    until = models.DateField(null=True)


class OutgoingMail(models.Model):
    """An e-mail saying only that something waits. Contains no case data and is sent at most once per key."""

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: an office.
    key = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=2, choices=choices(Language))
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)  # Error of the last attempt, without the address.
    address = models.EmailField(blank=True, default="", db_default="")  # empty: the contact person's current address.

    class Meta:
        constraints: ClassVar = [
            one_of("language", Language),
            models.CheckConstraint(
                name="records_mail_goes_somewhere", condition=Q(person__isnull=False) | ~Q(address="")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="records_mail_unsent", condition=Q(sent_at__isnull=True)),
        ]


class PlatformHealth(models.Model):
    """A platform's recent responses: the circuit breaker state shared by all workers."""

    platform = models.OneToOneField("records.Platform", on_delete=models.CASCADE, related_name="health")
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    open_until = models.DateTimeField(null=True)  # No calls before this time; then a single trial call.
    last_ok_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
