"""What both practice worlds are made of: organisations, people with kept passwords, operators with their promises.

Making anything again changes nothing. Everything is made by the verbs, like `jaga admin` and `jaga operator` do it.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jaga.casework.operators import (
    NewCommitment,
    NewContact,
    OperatorFacts,
    appoint_contact,
    describe_operator,
    record_commitment,
)
from jaga.casework.people import NewPerson, create_organisation, create_person, issue_officer_key
from jaga.core.actors import CLI
from jaga.core.terms import OrganisationKind, Role
from jaga.records.models import Commitment, OperatorProfile, Organisation, Person


@dataclass(frozen=True)
class InventedOperator:
    """An invented operator of closed chat apps: its company, what it promised and where, and its contact person."""

    name: str
    legal_entity: str
    promise: str
    source: str
    scope: str
    made_on: date
    categories: tuple[str, ...]
    contact: str
    website: str = ""


def make_operator(invented: InventedOperator, kept: Path) -> Organisation:
    """The operator in the register, with its commitment and its contact person's sign-in."""
    operator = organisation(invented.name, OrganisationKind.OPERATOR)
    if not OperatorProfile.objects.filter(organisation=operator).exists():
        describe_operator(operator.pk, OperatorFacts(
            legal_entity=invented.legal_entity, registration_number=f"LATIHAN-{operator.pk:04d}", countries=("ID",),
            website=invented.website), actor=CLI)
    if not Commitment.objects.filter(operator=operator).exists():
        record_commitment(NewCommitment(operator.pk, invented.promise, invented.source, invented.made_on,
                                        invented.scope, invented.categories), actor=CLI)
    if not Person.objects.filter(username=invented.contact).exists():
        appoint_contact(NewContact(
            operator.pk, invented.contact, invented.contact.capitalize(), telephone="+62 21 555 0100", domicile="ID",
            representative=True, since=invented.made_on, password=password_of(invented.contact, kept)), actor=CLI)
    return operator


def organisation(name: str, kind: OrganisationKind) -> Organisation:
    """The organisation of that name, marked as practice."""
    known = Organisation.objects.filter(name=name).first()
    return known or create_organisation(name, kind, practice=True, actor=CLI)


def person(username: str, employer: Organisation, roles: tuple[Role, ...], password: str | None) -> Person:
    """The person of that name; without a password nobody signs in."""
    known = Person.objects.filter(username=username).first()
    return known or create_person(
        NewPerson(username, username.split(".")[0].capitalize(), employer.pk, roles, password), actor=CLI)


def officer(username: str, authority: Organisation, kept: Path) -> str:
    """A registered officer of an authority; returns the officer's key."""
    made = person(username, authority, (Role.OFFICER,), None)
    path = kept / f"key-{username}"
    if not path.exists():
        write(path, issue_officer_key(made.pk, actor=CLI).secret)
    return path.read_text()


def password_of(username: str, kept: Path) -> str:
    """The practice password of somebody, made at the first call and kept in a file for its owner alone."""
    return random_word(kept / f"password-{username}")


def random_word(path: Path) -> str:
    """Random words kept in a file."""
    if not path.exists():
        write(path, "-".join(secrets.token_hex(2) for _ in range(4)))
    return path.read_text()


def write(path: Path, text: str) -> None:
    """Keep a text for its owner alone."""
    path.touch(mode=0o600)
    path.write_text(text)
