"""Building blocks of both practice worlds: organisations, people with stored passwords, operators with pledges.

Idempotent. Everything is made by verbs, as `jaga admin` and `jaga operator` do.
"""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from jaga.app.services.errors import write_private
from jaga.app.stopping import finished_first
from jaga.authorities.reads.orders import list_signing_keys
from jaga.core.actors import CLI
from jaga.core.standard_webhooks import PrivateKey, signing_key
from jaga.core.terms.people import Clearance, OrganisationKind, Role
from jaga.core.terms.reports import SourceKind
from jaga.operators.models import OperatorProfile, Pledge
from jaga.operators.verbs.register import (
    NewContact,
    NewPledge,
    OperatorFacts,
    appoint_contact,
    describe_operator,
    record_pledge,
)
from jaga.people.models import Organisation, Person
from jaga.people.reads.roster import ASKING
from jaga.people.verbs.api_keys import issue_officer_key, register_key_by_call_back
from jaga.people.verbs.people import (
    NewPerson,
    NewPlatform,
    actor_for,
    create_organisation,
    create_person,
    register_platform,
)
from jaga.people.verbs.second_factor import demand_no_factor
from jaga.people.verbs.trusted_flaggers import give_clearance
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import hook_keys, open_adapter
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.watch.models.watches import Watch
from jaga.watch.verbs.watches import NewWatch, propose_watch, start_watch, usable_bases
from jaga_practice import registered
from jaga_practice.languages import spoken
from jaga_practice.officers import OfficerSecrets


@dataclass(frozen=True)
class InventedOperator:
    """An invented operator of apps without API access: its company, pledge and contact persons."""

    name: str
    legal_entity: str
    promise: str
    source: str
    scope: str
    made_on: date
    categories: tuple[str, ...]
    contacts: tuple[str, ...]  # the first is its representative
    website: str = ""


def make_operator(invented: InventedOperator, kept: Path) -> Organisation:
    """Create the operator in the register, with its pledge and contact persons."""
    operator = organisation(invented.name, OrganisationKind.OPERATOR)
    since = min(invented.made_on, today())  # the machine's clock may be behind the invented calendar
    if not OperatorProfile.objects.filter(organisation=operator).exists():
        describe_operator(
            operator.pk,
            OperatorFacts(
                legal_entity=invented.legal_entity,
                registration_number=f"LATIHAN-{operator.pk:04d}",
                countries=("ID",),
                website=invented.website,
            ),
            actor=CLI,
        )
    if not Pledge.objects.filter(operator=operator).exists():
        record_pledge(
            NewPledge(operator.pk, invented.promise, invented.source, since, invented.scope, invented.categories),
            actor=CLI,
        )
    host = urlsplit(invented.website).hostname
    for name in invented.contacts:
        if not Person.objects.filter(username=name).exists():
            appoint_contact(
                NewContact(
                    operator.pk,
                    name,
                    name.capitalize(),
                    email=f"{name}@{host}" if host else "",
                    telephone="+62 21 555 0100",
                    domicile="ID",
                    representative=name == invented.contacts[0],
                    since=since,
                    password=password_of(name, kept),
                ),
                actor=CLI,
            )
            _by_password_alone(Person.objects.get(username=name))
    return operator


def platform(
    home: Path, configuration: PlatformConfiguration, shown: str, operator: Organisation, *, watched: bool = False
) -> None:
    """Store the platform's configuration, and offer it to reporters under the name `shown`."""
    save_configuration(home / "platforms.toml", configuration, KeyFile(home / "secrets" / "platforms"))
    register_platform(
        NewPlatform(
            configuration.name,
            shown,
            operator.pk,
            configuration.server_name,
            open_adapter(configuration).capabilities(),
            watched=watched,
            practice=True,
            hook_keys=hook_keys(configuration),
        ),
        actor=CLI,
    )


def watch_rooms(platform_name: str, purpose: str, proposer: str, starter: str) -> None:
    """Have two people propose and start a watch of the platform's public rooms, unless one runs."""
    if Watch.objects.filter(platform__name=platform_name, started_at__isnull=False, ended_at__isnull=True).exists():
        return
    basis = usable_bases(load_release())[0].key
    one, other = (actor_for(Person.objects.get(username=name)) for name in (proposer, starter))
    proposed = propose_watch(
        NewWatch(platform_name, SourceKind.PUBLIC_ROOMS, basis, purpose, 100_000, today() + timedelta(days=30)),
        actor=one,
    )
    start_watch(proposed.pk, actor=other)


def closed_app(home: Path, name: str, operator: Organisation) -> None:
    """Create an app without API access, whose operator's people are asked in the portal."""
    platform(
        home,
        PlatformConfiguration(
            name, "portal", f"https://{name}.example", f"{name}.example", options={"actions": "close, restore"}
        ),
        operator.name,
        operator,
    )


def organisation(name: str, kind: OrganisationKind) -> Organisation:
    """The organisation of that name, created if missing and marked as practice."""
    before = Organisation.objects.filter(name=name).first()
    return before or create_organisation(name, kind, practice=True, actor=CLI)


def person(username: str, employer: Organisation, roles: tuple[Role, ...], password: str | None) -> Person:
    """The person of that name, created if missing; without a password nobody can sign in."""
    before = Person.objects.filter(username=username).first()
    if before is not None:
        return before
    made = create_person(
        NewPerson(username, username.split(".")[0].capitalize(), employer.pk, roles, password), actor=CLI
    )
    _by_password_alone(made)
    return made


def _by_password_alone(invented: Person) -> None:
    """Exempt the person from the second factor, so that one can sign in as several people. Officers always need one."""
    if not invented.role_set() & ASKING:
        demand_no_factor(invented.pk, actor=CLI)


def clear_for_child_safety(*usernames: str) -> None:
    """Give these people the child-safety clearance, once. Final decisions take two of them."""
    for row in Person.objects.filter(username__in=usernames, clearances__isnull=True).order_by("pk"):
        give_clearance(
            row.pk, Clearance.CHILD_SAFETY, "Latihan: sudah dilatih.", today() + timedelta(days=365), actor=CLI
        )


def officer(username: str, authority: Organisation, kept: Path) -> OfficerSecrets:
    """Create a registered officer of an authority; returns the officer's keys, stored in files."""
    made = person(username, authority, (Role.OFFICER,), None)
    with finished_first():  # a database row without its file is useless
        registered.register(made, kept, password_of(username, kept))
    path = kept / f"key-{username}"
    if not path.exists():
        write(path, issue_officer_key(made.pk, actor=CLI).secret)
    signing = kept / f"signing-{username}"
    if not signing.exists():
        write(signing, PrivateKey.generate().text())
    private = signing_key(signing.read_text())
    assert isinstance(private, PrivateKey)
    if private.public.text() not in {one.public_key for one in list_signing_keys(actor=actor_for(made))}:
        called = spoken("Latihan: +62 21 5550100", "Practice: +32 2 000 0100")
        register_key_by_call_back(made.pk, private.public.text(), called, actor=CLI)
    return OfficerSecrets(path.read_text(), signing.read_text())


def password_of(username: str, kept: Path) -> str:
    """A person's practice password, created at the first call and stored in a private file."""
    return random_word(kept / f"password-{username}")


def random_word(path: Path) -> str:
    """Random words stored in a file."""
    if not path.exists():
        write(path, "-".join(secrets.token_hex(2) for _ in range(4)))
    return path.read_text()


def write(path: Path, text: str) -> None:
    """Write a private file atomically."""
    write_private(path, text.encode())
