"""Organisations, their people, and the keys of registered officers."""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from jaga.core.terms import Language, OrganisationKind, Role
from jaga.records.models.choices import choices, one_of


class Organisation(models.Model):
    """An operator, a ministry, the police or another agency."""

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=choices(OrganisationKind))
    practice = models.BooleanField(default=False)  # invented, and shown as such wherever its name stands
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("kind", OrganisationKind)]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people for sign-in. People are made by `casework.people`, never here."""


class Person(AbstractBaseUser):
    """Anybody who signs in or holds a key. Reporters and account holders are never among them."""

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
        """The roles that this person holds."""
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
    """A registered officer's key to the API (MR5 art. 17: a registered contact). Only its keyed hash is kept."""

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=12)  # the first characters, so that people can tell their keys apart
    key_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
