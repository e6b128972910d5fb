"""People and their roles, as the administrator sets them up."""

from dataclasses import dataclass, field

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jaga.casework.kernel.eligibility import lock_person, roles_possible
from jaga.casework.kernel.ledger import append
from jaga.casework.people.organisations import NameTaken, require_administrator, required_name
from jaga.casework.webhooks.endpoints import end_webhooks
from jaga.casework.withdrawals.votes import withdraw_from_work
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import (
    N_,
    FieldError,
    InvalidInput,
    NotFound,
    NotPermitted,
)
from jaga.core.terms.people import HostKind, Language, OrganisationKind, Role
from jaga.policy.jurisdiction import default_language
from jaga.records.access.base.current_user import current_user
from jaga.records.models import Installation, OfficerKey, Organisation, Person, PersonRole

LEAST_DIFFERENT = 5
"""Least number of different characters in a password of any length."""


@dataclass(frozen=True)
class NewPerson:
    """A person to create. `password` is checked by the validators and stored as an Argon2 hash."""

    username: str
    display_name: str
    organisation_id: int
    roles: tuple[Role, ...]
    password: str | None = None
    language: Language = field(default_factory=default_language)


class NotAnAuthoritysRole(NotPermitted):
    """An authority's people send requests; the operator's own people judge them."""

    code = "not_an_authoritys_role"
    sentence = N_("Somebody of an authority can only be an officer or an auditor here.")
    remedy = N_("Give the role to somebody of the operator.")


class NotAFlaggersRole(NotPermitted):
    """A trusted flagger reports and judges nothing."""

    code = "not_a_flaggers_role"
    sentence = N_("Somebody of a trusted flagger can only report or audit here.")
    remedy = N_("Give the role to somebody of the operator.")


def _check_roles(new: NewPerson) -> None:
    """Refuse roles that this kind of organisation cannot have: whoever sends requests judges no cases."""
    kind = OrganisationKind(Organisation.objects.get(pk=new.organisation_id).kind)
    authority = Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    if set(new.roles) - roles_possible(kind, authority_installation=authority):
        raise NotAFlaggersRole if kind is OrganisationKind.FLAGGER else NotAnAuthoritysRole


def check_password(person: Person, password: str) -> None:
    """Raise InvalidInput with the weaknesses of the password."""
    try:
        validate_password(password, person)
    except ValidationError as refused:
        raise InvalidInput(*(FieldError("password", "weak_password", text) for text in refused.messages)) from None
    # a repeated letter passes the length check but is guessed first
    if len(set(password.casefold())) < LEAST_DIFFERENT:
        raise InvalidInput(
            FieldError(
                "password",
                "weak_password",
                N_("The password has fewer than %(least)s different characters."),
                {"least": LEAST_DIFFERENT},
            )
        )


@transaction.atomic
def create_person(new: NewPerson, *, actor: Actor) -> Person:
    """Create a person with roles.

    Without a password (officers who only use API keys) they cannot sign in.

    Raises NotPermitted, NameTaken, InvalidInput, NotAnAuthoritysRole, NotAFlaggersRole.
    """
    require_administrator(actor)
    return enrol(new, actor=actor)


def enrol(new: NewPerson, *, actor: Actor) -> Person:
    """`create_person` for verbs that have checked their actor's permission. Call it in their transaction."""
    _check_roles(new)
    person = Person(
        username=required_name("username", new.username),
        display_name=required_name("display_name", new.display_name),
        organisation_id=new.organisation_id,
        language=new.language,
        created_at=now(),
    )
    if new.password is None:
        person.set_unusable_password()
    else:
        check_password(person, new.password)
        person.set_password(new.password)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        raise NameTaken(name=new.username) from None
    PersonRole.objects.bulk_create(PersonRole(person=person, role=role) for role in sorted(set(new.roles)))
    append("create_person", {"person": person.pk, "roles": sorted(set(new.roles))}, actor=actor, case_id=None)
    return person


@transaction.atomic
def deactivate_person(person_id: int, *, actor: Actor) -> None:
    """Deactivate a person: sign-in, sessions and keys end at once.

    Records of what they did stay.

    Undecided matters that rest on them stop in the same transaction (`casework.withdrawals.votes`). Irreversible:
    create a new person. Raises NotPermitted.
    """
    require_administrator(actor)
    end_access(person_id, actor=actor)


@transaction.atomic
def end_role(person_id: int, role: Role, *, actor: Actor) -> None:
    """Take a role from a person.

    Undecided matters that required it stop, as in `deactivate_person`.

    Irreversible: create a person with other roles. Raises NotPermitted, NotFound if they lack the role.
    """
    require_administrator(actor)
    lock_person(person_id)
    held = PersonRole.objects.filter(person_id=person_id, role=role).first()
    if held is None:
        raise NotFound
    gone = ("personrole", held.pk)
    held.delete()
    append("end_role", {"person": person_id, "role": role}, actor=actor, case_id=None, rows=[gone])
    withdraw_from_work(person_id, actor=actor)


def end_access(person_id: int, *, actor: Actor) -> None:
    """`deactivate_person` for verbs that have checked their actor's permission. Call it in their transaction."""
    lock_person(person_id)
    Person.objects.filter(pk=person_id).update(is_active=False)
    OfficerKey.objects.filter(officer_id=person_id, revoked_at__isnull=True).update(revoked_at=now())
    end_webhooks(person_id, actor=actor)
    append("deactivate_person", {"person": person_id}, actor=actor, case_id=None)
    withdraw_from_work(person_id, actor=actor)


@transaction.atomic
def change_password(person_id: int, password: str, *, actor: Actor) -> None:
    """Set a new password; sessions opened with the old one end. Raises NotPermitted, InvalidInput for a weak one."""
    require_administrator(actor)
    person = Person.objects.get(pk=person_id)
    check_password(person, password)
    person.set_password(password)
    person.save(update_fields=["password"])
    append("change_password", {"person": person_id}, actor=actor, case_id=None)


def actor_for(person: Person) -> Actor:
    """The person as an actor with their current roles; without roles if deactivated."""
    now_held = current_user(person.pk) if person.is_active else None
    return Actor(person.username, person.pk, person.organisation_id, now_held.roles if now_held else frozenset())
