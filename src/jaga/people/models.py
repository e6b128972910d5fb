"""Organisations, their people, and API keys.

Officers' registrations, second-factor limits, and trusted flaggers.

A person's preferences, drafts, and the case they have open.

None of it affects decisions. Drafts and presence are deleted automatically (`queue.verbs.leases`,
`queue.verbs.leases`).
"""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from jaga.core.terms.people import KeyScope, Language, OrganisationKind, Role, Theme
from jaga.store.models import choices, one_of


class Organisation(models.Model):
    """An operator, a ministry, the police or another agency."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=choices(OrganisationKind))
    practice = models.BooleanField(default=False)  # Fictitious, and marked so wherever its name appears.
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("kind", OrganisationKind)]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people for sign-in. They are created in `people.verbs.people`, never here."""


class Person(AbstractBaseUser):
    """Anyone who signs in or holds a key. Reporters and account holders are never among them."""

    username = models.CharField(max_length=80, unique=True)
    display_name = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    language = models.CharField(max_length=2, choices=choices(Language), default=Language.INDONESIAN)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = PersonManager()

    USERNAME_FIELD = "username"

    class Meta:
        constraints: ClassVar = [one_of("language", Language)]

    def __str__(self) -> str:
        return self.display_name

    def role_set(self) -> frozenset[Role]:
        """The roles this person holds."""
        held: Iterable[str] = self.roles.values_list("role", flat=True)
        return frozenset(Role(role) for role in held)


class PersonRole(models.Model):
    """One role of one person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=choices(Role))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "role"], name="records_role_held_once"),
            one_of("role", Role),
        ]


class OfficerKey(models.Model):
    """An API key of a registered officer (MR5 art. 17), a flagger, or a staff importer.

    Only its keyed hash is stored. `scopes` holds `core.terms.people.KeyScope` values; the database rejects any other.
    """

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=12)  # The first characters, to tell keys apart.
    key_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    scopes = models.JSONField(default=list)
    label = models.CharField(max_length=80, blank=True)  # The owner's description of its use.
    per_minute = models.PositiveIntegerField(default=600)  # Calls per web server process.
    per_day = models.PositiveIntegerField(default=20_000)  # Reports and requests, from midnight UTC.
    last_used_at = models.DateTimeField(null=True)  # To within a few minutes.

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_key_opens_known_scopes",
                condition=Q(scopes__contained_by=[scope.value for scope in KeyScope]),
            ),
        ]


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


class Preferences(models.Model):
    """A person's preferences. No row means the defaults of `people.reads.roster`."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="preferences")
    keys_on = models.BooleanField(default=True)
    theme = models.CharField(max_length=10, choices=choices(Theme), default=Theme.AUTO)
    greyscale = models.BooleanField(default=True)
    blur = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=60, default="Asia/Jakarta")  # Every row names one.

    class Meta:
        constraints: ClassVar = [one_of("theme", Theme)]
