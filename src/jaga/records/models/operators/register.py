"""The operator register: who runs a platform, what it promised, who represents it, and the mail that calls them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms import Language
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation, Person


class OperatorProfile(models.Model):
    """What is known of an operator beside its name."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="profile")
    slug = models.SlugField(max_length=80, unique=True)  # its address on the public pages
    legal_entity = models.CharField(max_length=200, blank=True)
    registration_number = models.CharField(max_length=80, blank=True)  # as a registered PSE
    countries = models.JSONField(default=list)  # ISO 3166-1 alpha-2, where it offers its service
    website = models.URLField(blank=True)
    changed_at = models.DateTimeField()


class Commitment(models.Model):
    """What an operator promised to do about reported accounts. A changed promise is a new row."""

    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="commitments")
    text = models.TextField()
    source = models.CharField(max_length=500)  # a letter's number, a press release, a public statement
    made_on = models.DateField()
    scope = models.TextField()  # which services, which countries, reported by whom
    categories = models.JSONField(default=list)  # keys of the policy release
    hours = models.PositiveSmallIntegerField(default=24)
    hours_urgent = models.PositiveSmallIntegerField(default=4)
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: by command
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_commitment_has_its_clock",
                                   condition=Q(hours__gt=0, hours_urgent__gt=0, hours_urgent__lte=F("hours"))),
        ]


class ContactDetails(models.Model):
    """How to reach a contact person (narahubung, MR5 art. 17 and 21: domiciled in Indonesia for data requests)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="contact_details")
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    domicile = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    representative = models.BooleanField(default=False)  # signs for the operator
    since = models.DateField()
    until = models.DateField(null=True)


class OutgoingMail(models.Model):
    """An e-mail that says only that something waits. It holds no case data and is sent at most once for its key."""

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: an office
    key = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=2, choices=choices(Language))
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)  # of the last attempt; no address in it
    address = models.EmailField(blank=True, default="", db_default="")  # empty: the contact person's of today

    class Meta:
        constraints: ClassVar = [
            one_of("language", Language),
            models.CheckConstraint(name="records_mail_goes_somewhere",
                                   condition=Q(person__isnull=False) | ~Q(address="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="records_mail_unsent", condition=Q(sent_at__isnull=True)),
        ]


class PlatformHealth(models.Model):
    """How a platform has answered lately: the circuit breaker's memory, shared by all workers."""

    platform = models.OneToOneField("records.Platform", on_delete=models.CASCADE, related_name="health")
    failures = models.PositiveIntegerField(default=0)  # in a row
    open_until = models.DateTimeField(null=True)  # nothing is sent before; then one attempt tries the ground
    last_ok_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
