"""People and their roles, as the administrator sets them up.

The installation itself and its organisations, as the administrator sets them up.

Who may report in categories that rest on certain people's word alone.

Every channel calls `check_sender`.

A reporter states their capacity; reviewers, not this module, judge whether it is true. What a channel knows of its
sender overrides the statement: an authority is known by its channel, a platform by its API key.

Chat platforms, as their configuration and adapters describe them.
"""

from dataclasses import dataclass, field

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from jaga.cases.models.cases import Case, Platform
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
from jaga.core.terms.people import HostKind, Language, OrganisationKind, Role
from jaga.core.terms.reports import Channel, ReporterCapacity
from jaga.decisions.verbs.votes import withdraw_from_work
from jaga.people.models import OfficerKey, Organisation, Person, PersonRole
from jaga.policy.limits import INTIMATE_PICTURES, UNDERAGE_ACCOUNT, WHO_MAY_REPORT
from jaga.policy.models import Category
from jaga.policy.release import PolicyRelease, default_language, jurisdiction, require_same
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.row_bindings import lock_person, roles_possible
from jaga.store.models import Installation, LedgerEntry
from jaga.store.reads import current_user
from jaga.webhooks.verbs import end_webhooks


class NameTaken(Conflict):
    """An organisation, person or platform of this name exists."""

    code = "name_taken"
    sentence = N_("The name “%(name)s” is taken.")
    remedy = N_("Choose another name, or use the existing one.")


def require_administrator(actor: Actor) -> None:
    """Raises NotPermitted for everybody else."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def required_name(field: str, text: str) -> str:
    """The stripped name. Raises InvalidInput if it is empty."""
    if not text.strip():
        raise InvalidInput(FieldError(field, "missing", N_("A name cannot be empty.")))
    return text.strip()


@transaction.atomic
def claim_installation(host_kind: HostKind, *, practice: bool, actor: Actor) -> None:
    """Mark the database as practice or production at the first start; check the mark at later starts.

    The jurisdiction is marked by the ledger's entry. Raises NotPermitted, WrongInstallation, WrongHost,
    WrongJurisdiction.
    """
    require_administrator(actor)
    row, made = Installation.objects.select_for_update().get_or_create(
        id=1, defaults={"host_kind": host_kind, "practice": practice, "created_at": now()}
    )
    if row.practice != practice:
        raise WrongInstallation
    if row.host_kind != host_kind:
        raise WrongHost(host=row.host_kind)
    if made:
        append(
            "claim_installation",
            {"practice": practice, "host": host_kind, "jurisdiction": jurisdiction().code},
            actor=actor,
            case_id=None,
        )
    elif entry := LedgerEntry.objects.filter(verb="claim_installation").order_by("pk").first():
        require_same(entry.payload["jurisdiction"])


@transaction.atomic
def create_organisation(name: str, kind: OrganisationKind, *, practice: bool = False, actor: Actor) -> Organisation:
    """Create an organisation. Raises NotPermitted, NameTaken, InvalidInput for an empty name."""
    require_administrator(actor)
    name = required_name("name", name)
    try:
        with transaction.atomic():
            made = Organisation.objects.create(name=name, kind=kind, practice=practice, created_at=now())
    except IntegrityError:
        raise NameTaken(name=name) from None
    append("create_organisation", {"organisation": made.pk, "kind": kind}, actor=actor, case_id=None)
    return made


_AUTHORITIES = (Channel.MINISTRY, Channel.POLICE, Channel.AGENCY)
_SPEAKING = (Channel.PUBLIC, Channel.APP)  # channels that the persons concerned use themselves
WHO_MAY = {
    INTIMATE_PICTURES: N_(
        "Only the person in the picture, a guardian, or an authority can report this. Say which of them reports. "
        "Whoever knows of it can tell that person about this form: it takes no name and no picture."
    ),
    UNDERAGE_ACCOUNT: N_(
        "Only a parent, a guardian, the platform, or an authority can report this. Say which of them reports. "
        "Whoever else knows of it can tell the parents about this form."
    ),
}
"""The message to somebody else who reports: who may, and what they can do instead."""
_BY_THEMSELVES = N_(
    "Nobody reports this for another. Let the person, a parent or a guardian use the public form, or ask an authority."
)
_NOT_HERE = N_(
    "This can be reported only on apps that our policy names as high-risk: %(platforms)s. On other apps, "
    "ask the app's own help."
)
_NO_PICTURES = N_(
    "For this kind of report pictures are not taken, not even their fingerprints. Say in words where it is."
)


@dataclass(frozen=True)
class RequestOrigin:
    """What a channel knows of the sender, and the capacity that the sender stated."""

    channel: Channel
    organisation_id: int | None = None
    capacity: ReporterCapacity | None = None


def capacity_of(category: str, platform: Platform | None, sender: RequestOrigin) -> ReporterCapacity | None:
    """The capacity in which the sender may report in this category.

    None if they may not, or if the category is open to everybody.
    """
    who = WHO_MAY_REPORT.get(category)
    if who is None:
        return None
    if sender.channel in _AUTHORITIES:
        return ReporterCapacity.AUTHORITY
    if sender.channel not in _SPEAKING or sender.capacity not in who or sender.capacity is ReporterCapacity.AUTHORITY:
        return None
    if sender.capacity is ReporterCapacity.PLATFORM:
        own = platform is not None and sender.organisation_id == platform.operator_id
        return ReporterCapacity.PLATFORM if own else None
    return sender.capacity


def check_sender(
    category: str, platform: Platform | None, sender: RequestOrigin, release: PolicyRelease
) -> list[FieldError]:
    """Errors that forbid a report of this category by this sender on this platform, each with a remedy."""
    if category not in WHO_MAY_REPORT or category not in release.by_key:
        return []
    errors = check_place(release.category(category), platform.name) if platform is not None else []
    if capacity_of(category, platform, sender) is None:
        for_others = sender.channel not in (*_SPEAKING, *_AUTHORITIES)
        sentence = _BY_THEMSELVES if for_others else WHO_MAY[category]
        errors.append(FieldError("capacity", "not_yours_to_report", sentence))
    return errors


def check_place(category: Category, platform: str) -> list[FieldError]:
    """Errors if this category cannot be reported on the platform of this name."""
    if category.is_on(platform):
        return []
    return [
        FieldError(
            "category", "not_on_this_platform", _NOT_HERE, {"platforms": ", ".join(category.only_on or ()) or "-"}
        )
    ]


def check_no_pictures(category: str, **given: object) -> list[FieldError]:
    """An error for each given value that is a picture or a picture's hash."""
    if category not in WHO_MAY_REPORT:
        return []
    return [FieldError(name, "not_here", _NO_PICTURES) for name, value in given.items() if value]


def capacity_in(case: Case) -> str:
    """The capacity of the case's first report with one, for a report by staff that reopens the matter; else ""."""
    return case.reports.exclude(capacity="").order_by("pk").values_list("capacity", flat=True).first() or ""


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

    Undecided matters that rest on them stop in the same transaction (`decisions.verbs.votes`). Irreversible:
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


class NoticesOnly(NotPermitted):
    """An authority's installation holds no platform credentials: it reaches operators by notice only."""

    code = "notices_only"
    sentence = N_("In an authority's installation a platform is reached by notice only.")
    remedy = N_("Use the adapter webhook, portal or manual for this platform.")


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
    hook_keys: tuple[str, ...] | None = ()  # public keys of its signed answers and batches; None keeps the current ones
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

    Raises NotPermitted, NoticesOnly, InvalidInput for an empty name, HookKeyInvalid for a key that is not public.
    """
    require_administrator(actor)
    authority = Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    if authority and not new.capabilities.by_notice:
        raise NoticesOnly
    values = {
        "display_name": required_name("display_name", new.display_name),
        "operator_id": new.operator_id,
        "adapter": new.capabilities.adapter,
        "server_name": new.server_name,
        "capabilities": declared(new.capabilities),
        "stable_id": new.capabilities.stable_id,
        "named_like": new.capabilities.named_like,
        "by_notice": new.capabilities.by_notice,
        **({} if new.hook_keys is None else {"hook_keys": _public_keys(new.hook_keys)}),
        **({} if new.watched is None else {"watched": new.watched}),
        "practice": new.practice,
        **({} if new.concurrency is None else {"concurrency": new.concurrency}),
    }
    row, made = Platform.objects.update_or_create(
        name=new.name, defaults=values, create_defaults={**values, "created_at": now()}
    )
    if made:
        append("register_platform", {"platform": row.pk, "adapter": row.adapter}, actor=actor, case_id=None)
    append_changes(actor=actor, case_id=None)
    return row
