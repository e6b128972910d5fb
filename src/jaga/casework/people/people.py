"""Organisations, people, keys and platforms: what the administrator sets up."""

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
    """An authority's installation holds no platform's credentials: it reaches operators by notice only."""

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
"""Characters of a password that differ from each other, whatever its length."""


@transaction.atomic
def claim_installation(host_kind: HostKind, *, practice: bool, actor: Actor) -> None:
    """Mark the database as practice or real at its first start; later starts only check. Raises WrongInstallation."""
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
    """A new organisation. Raises NameTaken, InvalidInput for an empty name."""
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
    """Whom to create; `password` is checked against the validators and stored with argon2."""

    username: str
    display_name: str
    organisation_id: int
    roles: tuple[Role, ...]
    password: str | None = None
    language: Language = Language.INDONESIAN


class NotAnAuthoritysRole(NotPermitted):
    """No authority holds a switch: its people ask, and the operator's own people judge."""

    code = "not_an_authoritys_role"
    sentence = N_("Somebody of an authority can only be an officer or an auditor here.")
    remedy = N_("Give the role to somebody of the operator.")


class NotAFlaggersRole(NotPermitted):
    """A trusted flagger reports; it judges nothing."""

    code = "not_a_flaggers_role"
    sentence = N_("Somebody of a trusted flagger can only report or audit here.")
    remedy = N_("Give the role to somebody of the operator.")


def _named(field: str, text: str) -> str:
    """The name without the space around it. Raises InvalidInput where nothing is left of it."""
    if not text.strip():
        raise InvalidInput(FieldError(field, "missing", N_("A name cannot be empty.")))
    return text.strip()


def _check_roles(new: NewPerson) -> None:
    """An operator's installation is run, and its cases are judged, by nobody who sends it requests."""
    kind = OrganisationKind(Organisation.objects.get(pk=new.organisation_id).kind)
    authority = Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    if set(new.roles) - roles_possible(kind, authority_installation=authority):
        raise NotAFlaggersRole if kind is OrganisationKind.FLAGGER else NotAnAuthoritysRole


def check_password(person: Person, password: str) -> None:
    """Raises InvalidInput, with what is weak about it."""
    try:
        validate_password(password, person)
    except ValidationError as refused:
        raise InvalidInput(*(FieldError("password", "weak_password", text) for text in refused.messages)) from None
    if len(set(password.casefold())) < LEAST_DIFFERENT:  # thirteen times the same letter is long, and guessed first
        raise InvalidInput(FieldError("password", "weak_password", N_(
            "The password has fewer than %(least)s different characters."), {"least": LEAST_DIFFERENT}))


@transaction.atomic
def create_person(new: NewPerson, *, actor: Actor) -> Person:
    """A person with roles. Without a password (officers who only use keys) sign-in is impossible.

    Raises NameTaken, and NotAnAuthoritysRole where somebody of an authority would become more than an officer.
    """
    _administrator(actor)
    return enrol(new, actor=actor)


def enrol(new: NewPerson, *, actor: Actor) -> Person:
    """As `create_person`, for verbs that have checked what their actor may do. Call it within their transaction."""
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
    """From now on this person can neither sign in nor use a key; open sessions end. What they did stays theirs.

    What is undecided and rests on them stops in the same transaction (`casework.withdrawals.votes`). Reversible only by
    creating a new person.
    """
    _administrator(actor)
    end_access(person_id, actor=actor)


@transaction.atomic
def end_role(person_id: int, role: Role, *, actor: Actor) -> None:
    """Take a role from a person. What is undecided and took that role stops, as in `deactivate_person`.

    Not reversible: create a person with other roles. Raises NotPermitted, and NotFound where they do not hold it.
    """
    _administrator(actor)
    hold_alone(person_id)
    ended, _ = PersonRole.objects.filter(person_id=person_id, role=role).delete()
    if not ended:
        raise NotFound
    enter("end_role", {"person": person_id, "role": role}, actor=actor, case_id=None)
    withdraw_from_work(person_id, actor=actor)


def end_access(person_id: int, *, actor: Actor) -> None:
    """As `deactivate_person`, for verbs that have checked what their actor may do, within their transaction."""
    hold_alone(person_id)
    Person.objects.filter(pk=person_id).update(is_active=False)
    OfficerKey.objects.filter(officer_id=person_id, revoked_at__isnull=True).update(revoked_at=now())
    end_webhooks(person_id, actor=actor)
    enter("deactivate_person", {"person": person_id}, actor=actor, case_id=None)
    withdraw_from_work(person_id, actor=actor)


@transaction.atomic
def change_password(person_id: int, password: str, *, actor: Actor) -> None:
    """A new password; sessions that were open with the old one end. Raises InvalidInput for a weak one."""
    _administrator(actor)
    person = Person.objects.get(pk=person_id)
    check_password(person, password)
    person.set_password(password)
    person.save(update_fields=["password"])
    enter("change_password", {"person": person_id}, actor=actor, case_id=None)


@dataclass(frozen=True)
class NewPlatform:
    """A chat platform as the worker's configuration and its adapter describe it. No credentials."""

    name: str
    display_name: str
    operator_id: int
    server_name: str
    capabilities: Capabilities
    watched: bool | None = None  # None: as it was; a new one is not
    practice: bool = False
    hook_keys: tuple[str, ...] = ()  # public keys of the platform's signed answers
    concurrency: int | None = None  # how many accounts are worked on there at a time; None: as it was


def _public_keys(texts: tuple[str, ...]) -> list[str]:
    """Public keys only: with a shared secret the web server could forge what it verifies. Raises HookKeyInvalid."""
    keys = [verifying_key(text) for text in texts]
    if not all(isinstance(key, WebhookPublicKey) for key in keys):
        raise HookKeyInvalid(why="a platform's answers are verified with a public key, whpk_…, and no secret")
    return [key.text() for key in keys]


def declared(capabilities: Capabilities) -> dict[str, dict[str, object]]:
    """An adapter's declaration as it is stored on the platform's row."""
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
    """Create the platform, or bring what its adapter declares up to date. Repeating it changes nothing more.

    Raises InvalidInput for an empty name, HookKeyInvalid where a key for its signed answers is no public key.
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
    """The person as an actor, with the roles held now."""
    now_held = oneself(person.pk) if person.is_active else None
    return Actor(person.username, person.pk, person.organisation_id, now_held.roles if now_held else frozenset())
