"""Organisations, people and platforms, as the administrator sets them up."""

from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jaga.casework.kernel.eligibility import hold_alone, roles_possible
from jaga.casework.kernel.ledger import enter
from jaga.casework.webhooks.endpoints import end_webhooks
from jaga.casework.withdrawals.votes import withdraw_from_work
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import (
    N_,
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    NotPermitted,
    WrongHost,
    WrongInstallation,
)
from jaga.core.platforms import Capabilities
from jaga.core.standard_webhooks import HookKeyInvalid, WebhookPublicKey, verifying_key
from jaga.core.terms import HostKind, Language, OrganisationKind, Role
from jaga.records.access.base.current_user import oneself
from jaga.records.models import Installation, OfficerKey, Organisation, Person, PersonRole, Platform


class NoHandsHere(NotPermitted):
    """An authority's installation holds no platform credentials: it reaches operators by notice only."""

    code = "no_hands_here"
    sentence = N_("In an authority's installation a platform is reached by notice only.")
    remedy = N_("Use the adapter webhook, portal or manual for this platform.")


class NameTaken(Conflict):
    """An organisation, person or platform of this name exists."""

    code = "name_taken"
    sentence = N_("The name “%(name)s” is taken.")
    remedy = N_("Choose another name, or use the existing one.")


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


LEAST_DIFFERENT = 5
"""Least number of different characters in a password of any length."""


@transaction.atomic
def claim_installation(host_kind: HostKind, *, practice: bool, actor: Actor) -> None:
    """Mark the database as practice or production at the first start; check the mark at later starts.

    Raises NotPermitted, WrongInstallation, WrongHost.
    """
    _administrator(actor)
    row, made = Installation.objects.select_for_update().get_or_create(
        id=1, defaults={"host_kind": host_kind, "practice": practice, "created_at": now()}
    )
    if row.practice != practice:
        raise WrongInstallation
    if row.host_kind != host_kind:
        raise WrongHost(host=row.host_kind)
    if made:
        enter("claim_installation", {"practice": practice, "host": host_kind}, actor=actor, case_id=None)


@transaction.atomic
def create_organisation(name: str, kind: OrganisationKind, *, practice: bool = False, actor: Actor) -> Organisation:
    """Create an organisation. Raises NotPermitted, NameTaken, InvalidInput for an empty name."""
    _administrator(actor)
    name = _named("name", name)
    try:
        with transaction.atomic():
            made = Organisation.objects.create(name=name, kind=kind, practice=practice, created_at=now())
    except IntegrityError:
        raise NameTaken(name=name) from None
    enter("create_organisation", {"organisation": made.pk, "kind": kind}, actor=actor, case_id=None)
    return made


@dataclass(frozen=True)
class NewPerson:
    """A person to create. `password` is checked by the validators and stored as an Argon2 hash."""

    username: str
    display_name: str
    organisation_id: int
    roles: tuple[Role, ...]
    password: str | None = None
    language: Language = Language.INDONESIAN


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


def _named(field: str, text: str) -> str:
    """The stripped name. Raises InvalidInput if it is empty."""
    if not text.strip():
        raise InvalidInput(FieldError(field, "missing", N_("A name cannot be empty.")))
    return text.strip()


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
        raise InvalidInput(FieldError("password", "weak_password", N_(
            "The password has fewer than %(least)s different characters."), {"least": LEAST_DIFFERENT}))


@transaction.atomic
def create_person(new: NewPerson, *, actor: Actor) -> Person:
    """Create a person with roles.

    Without a password (officers who only use API keys) they cannot sign in.

    Raises NotPermitted, NameTaken, InvalidInput, NotAnAuthoritysRole, NotAFlaggersRole.
    """
    _administrator(actor)
    return enrol(new, actor=actor)


def enrol(new: NewPerson, *, actor: Actor) -> Person:
    """`create_person` for verbs that have checked their actor's permission. Call it in their transaction."""
    _check_roles(new)
    person = Person(
        username=_named("username", new.username),
        display_name=_named("display_name", new.display_name),
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
    enter("create_person", {"person": person.pk, "roles": sorted(set(new.roles))}, actor=actor, case_id=None)
    return person


@transaction.atomic
def deactivate_person(person_id: int, *, actor: Actor) -> None:
    """Deactivate a person: sign-in, sessions and keys end at once.

    Records of what they did stay.

    Undecided matters that rest on them stop in the same transaction (`casework.withdrawals.votes`). Irreversible:
    create a new person. Raises NotPermitted.
    """
    _administrator(actor)
    end_access(person_id, actor=actor)


@transaction.atomic
def end_role(person_id: int, role: Role, *, actor: Actor) -> None:
    """Take a role from a person.

    Undecided matters that required it stop, as in `deactivate_person`.

    Irreversible: create a person with other roles. Raises NotPermitted, NotFound if they lack the role.
    """
    _administrator(actor)
    hold_alone(person_id)
    ended, _ = PersonRole.objects.filter(person_id=person_id, role=role).delete()
    if not ended:
        raise NotFound
    enter("end_role", {"person": person_id, "role": role}, actor=actor, case_id=None)
    withdraw_from_work(person_id, actor=actor)


def end_access(person_id: int, *, actor: Actor) -> None:
    """`deactivate_person` for verbs that have checked their actor's permission. Call it in their transaction."""
    hold_alone(person_id)
    Person.objects.filter(pk=person_id).update(is_active=False)
    OfficerKey.objects.filter(officer_id=person_id, revoked_at__isnull=True).update(revoked_at=now())
    end_webhooks(person_id, actor=actor)
    enter("deactivate_person", {"person": person_id}, actor=actor, case_id=None)
    withdraw_from_work(person_id, actor=actor)


@transaction.atomic
def change_password(person_id: int, password: str, *, actor: Actor) -> None:
    """Set a new password; sessions opened with the old one end. Raises NotPermitted, InvalidInput for a weak one."""
    _administrator(actor)
    person = Person.objects.get(pk=person_id)
    check_password(person, password)
    person.set_password(password)
    person.save(update_fields=["password"])
    enter("change_password", {"person": person_id}, actor=actor, case_id=None)


@dataclass(frozen=True)
class NewPlatform:
    """A chat platform as its configuration and adapter describe it. Contains no credentials."""

    name: str
    display_name: str
    operator_id: int
    server_name: str
    capabilities: Capabilities
    watched: bool | None = None  # None keeps the current value; False for a new platform
    practice: bool = False
    hook_keys: tuple[str, ...] = ()  # public keys that verify the platform's signed answers
    concurrency: int | None = None  # accounts processed at the same time; None keeps the current value


def _public_keys(texts: tuple[str, ...]) -> list[str]:
    """The public keys. A shared secret would let the web server forge what it verifies. Raises HookKeyInvalid."""
    keys = [verifying_key(text) for text in texts]
    if not all(isinstance(key, WebhookPublicKey) for key in keys):
        raise HookKeyInvalid(why="a platform's answers are verified with a public key, whpk_…, and no secret")
    return [key.text() for key in keys]


def declared(capabilities: Capabilities) -> dict[str, dict[str, object]]:
    """An adapter's capabilities as stored on the platform's row."""
    return {
        step.value: {
            "supported": capability.supported,
            "reversible": capability.reversible,
            "lost_on_undo": list(capability.lost_on_undo),
            "note": capability.note,
            **({"help": capability.help.value} if step == "restrict" else {}),
        }
        for step, capability in capabilities.steps.items()
    }


@transaction.atomic
def register_platform(new: NewPlatform, *, actor: Actor) -> Platform:
    """Create a platform, or update it from its adapter's declaration.

    Idempotent.

    Raises NotPermitted, NoHandsHere, InvalidInput for an empty name, HookKeyInvalid for a key that is not public.
    """
    _administrator(actor)
    authority = Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    if authority and not new.capabilities.by_notice:
        raise NoHandsHere
    told = {
        "display_name": _named("display_name", new.display_name),
        "operator_id": new.operator_id,
        "adapter": new.capabilities.adapter,
        "server_name": new.server_name,
        "capabilities": declared(new.capabilities),
        "stable_id": new.capabilities.stable_id,
        "named_like": new.capabilities.named_like,
        "by_notice": new.capabilities.by_notice,
        "hook_keys": _public_keys(new.hook_keys),
        **({} if new.watched is None else {"watched": new.watched}),
        "practice": new.practice,
        **({} if new.concurrency is None else {"concurrency": new.concurrency}),
    }
    row, made = Platform.objects.update_or_create(
        name=new.name, defaults=told, create_defaults={**told, "created_at": now()}
    )
    if made:
        enter("register_platform", {"platform": row.pk, "adapter": row.adapter}, actor=actor, case_id=None)
    return row


def actor_for(person: Person) -> Actor:
    """The person as an actor with their current roles; without roles if deactivated."""
    now_held = oneself(person.pk) if person.is_active else None
    return Actor(person.username, person.pk, person.organisation_id, now_held.roles if now_held else frozenset())
