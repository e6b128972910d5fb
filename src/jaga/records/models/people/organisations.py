"""Organisations, their people, and API keys."""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from jaga.core.terms.people import KeyScope, Language, OrganisationKind, Role
from jaga.records.models.kernel.choices import choices, one_of


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
    """Finds people for sign-in. They are created in `casework.people.people`, never here."""


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
