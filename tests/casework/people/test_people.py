"""Administration: names are unique, passwords are validated, keys are shown once."""

from datetime import timedelta
from typing import Any

import pytest
from tests.factories import World, rows

from jaga.app import settings as product
from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import Step
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.people.models import OfficerKey, Organisation, Person
from jaga.people.verbs import api_keys, people
from jaga.people.verbs.people import NameTaken, NewPlatform, claim_installation, create_organisation, register_platform
from jaga.store.codes import officer_key_hash


def test_only_an_administrator_sets_up(world: World) -> None:
    """Every other actor is refused and nothing changes."""
    organisation = Organisation.objects.all()[0].pk
    before = rows()
    for actor in (PUBLIC, SYSTEM, world.supervisor, world.officer):
        for verb in (
            lambda actor=actor: create_organisation("X", OrganisationKind.AGENCY, actor=actor),
            lambda actor=actor: people.create_person(people.NewPerson("x", "X", organisation, ()), actor=actor),
            lambda actor=actor: api_keys.issue_officer_key(world.officer.person_id or 0, actor=actor),
            lambda actor=actor: claim_installation(HostKind.OPERATOR, practice=True, actor=actor),
        ):
            with pytest.raises(NotPermitted):
                verb()
    assert rows() == before


def test_a_name_is_taken_once(world: World) -> None:
    """A second organisation or person of the same name is refused."""
    organisation = Organisation.objects.get(name="Polisi Contoh")
    before = rows()
    with pytest.raises(NameTaken):
        create_organisation("Polisi Contoh", OrganisationKind.POLICE, actor=CLI)
    with pytest.raises(NameTaken):
        people.create_person(people.NewPerson("sinta", "S", organisation.pk, ()), actor=CLI)
    assert rows() == before


@pytest.mark.parametrize("password", ["pendek", "password1234", "dahlia-dahlia"])
def test_a_weak_password_is_refused(world: World, password: str) -> None:
    """Short, common, or the person's own name."""
    organisation = Organisation.objects.all()[0].pk
    with pytest.raises(InvalidInput) as refusal:
        people.create_person(people.NewPerson("dahlia-dahlia", "D", organisation, (), password=password), actor=CLI)
    assert {error.code for error in refusal.value.errors} == {"weak_password"}
    assert not Person.objects.filter(username="dahlia-dahlia").exists()


def test_a_password_is_stored_with_argon2(world: World, settings: Any) -> None:
    """As configured for production; the stored form does not contain the password; without one, sign-in is
    impossible.
    """
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    organisation = Organisation.objects.all()[0].pk
    made = people.create_person(people.NewPerson("d", "D", organisation, (), password="kuda lumping 41"), actor=CLI)
    assert made.password.startswith("argon2$")
    assert made.check_password("kuda lumping 41")
    assert not Person.objects.get(username="budi").has_usable_password()


def test_an_officers_key_is_found_by_its_hash_and_ends(world: World) -> None:
    """Only the keyed hash is stored; the key expires after half a year, or when it is revoked."""
    moment = now()
    with frozen(moment):
        issued = api_keys.issue_officer_key(world.officer.person_id or 0, actor=CLI)
    row = OfficerKey.objects.get()
    assert bytes(row.key_hash) == officer_key_hash(issued.secret)
    assert issued.secret not in str(OfficerKey.objects.values())
    assert row.expires_at == moment + timedelta(days=180)
    api_keys.revoke_officer_key(row.pk, actor=CLI)
    assert OfficerKey.objects.get().revoked_at is not None


def test_a_key_is_only_for_an_officer_of_an_authority(world: World) -> None:
    """A reviewer gets none."""
    with pytest.raises(NotPermitted):
        api_keys.issue_officer_key(world.reviewers[0].person_id or 0, actor=CLI)


def test_registering_a_platform_again_updates_what_it_can_do(world: World) -> None:
    """One row with the newest capabilities."""
    operator = Platform.objects.get().operator_id
    declared = Capabilities("synapse", {Step.CLOSE: Capability(True, False, ("devices",), "x")})
    register_platform(NewPlatform("obrolan", "Obrolan Baru", operator, "localhost", declared), actor=CLI)
    row = Platform.objects.get()
    assert row.display_name == "Obrolan Baru"
    assert row.capabilities == {
        "close": {"supported": True, "reversible": False, "lost_on_undo": ["devices"], "note": "x"}
    }


def test_somebody_who_left_holds_no_role(world: World) -> None:
    """An inactive person can do nothing, whatever roles are stored."""
    person = Person.objects.get(username="sinta")
    person.is_active = False
    assert people.actor_for(person) == Actor("sinta", person.pk, person.organisation_id, frozenset())
    assert world.reviewers[0].roles == {Role.REVIEWER}


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.CONTACT])
def test_nobody_of_an_authority_judges_or_administers(world: World, role: Role) -> None:
    """Nobody of an authority can act in an operator's installation, whatever other roles they have; an operator's
    person may have the role.
    """
    police, operator = (Organisation.objects.get(name=name).pk for name in ("Polisi Contoh", "Operator Contoh"))
    before = rows()
    for roles in ((role,), (Role.OFFICER, role)):
        with pytest.raises(people.NotAnAuthoritysRole):
            people.create_person(people.NewPerson("x", "X", police, roles), actor=CLI)
    assert rows() == before
    people.create_person(people.NewPerson("x", "X", operator, (role,)), actor=CLI)
    people.create_person(people.NewPerson("y", "Y", police, (Role.OFFICER, Role.AUDITOR)), actor=CLI)


def test_an_authority_that_hosts_has_people_of_its_own(world: World) -> None:
    """In an authority's own installation its people decide on its requests."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    police = Organisation.objects.get(name="Polisi Contoh").pk
    people.create_person(people.NewPerson("x", "X", police, (Role.REVIEWER,)), actor=CLI)


def test_whoever_leaves_opens_nothing_any_more(world: World) -> None:
    """Sign-in, keys and leases end; the person and what they did stay on record."""
    officer = Person.objects.get(pk=world.officer.person_id)
    api_keys.issue_officer_key(officer.pk, actor=CLI)
    with pytest.raises(NotPermitted):
        people.deactivate_person(officer.pk, actor=world.supervisor)
    people.deactivate_person(officer.pk, actor=CLI)
    officer.refresh_from_db()
    assert not officer.is_active
    assert people.actor_for(officer).roles == frozenset()
    assert not OfficerKey.objects.filter(officer=officer, revoked_at__isnull=True).exists()


def test_a_new_password_is_weighed_like_the_first(world: World) -> None:
    """A weak password changes nothing; a good one replaces the old."""
    reviewer = Person.objects.get(pk=world.reviewers[0].person_id)
    with pytest.raises(InvalidInput):
        people.change_password(reviewer.pk, "123456789012", actor=CLI)
    with pytest.raises(NotPermitted):
        people.change_password(reviewer.pk, "kuda-nil-berenang-17", actor=world.reviewers[0])
    people.change_password(reviewer.pk, "kuda-nil-berenang-17", actor=CLI)
    reviewer.refresh_from_db()
    assert reviewer.check_password("kuda-nil-berenang-17")


@pytest.mark.parametrize("name", ["", " ", "\n\t"])
def test_nobody_and_no_organisation_is_without_a_name(world: World, name: str) -> None:
    """A name of spaces is refused."""
    with pytest.raises(InvalidInput):
        create_organisation(name, OrganisationKind.OPERATOR, actor=CLI)
    organisation = Organisation.objects.get(kind=OrganisationKind.OPERATOR).pk
    for username, shown in ((name, "Ayu"), ("ayu", name)):
        with pytest.raises(InvalidInput):
            people.create_person(people.NewPerson(username, shown, organisation, (Role.REVIEWER,)), actor=CLI)


@pytest.mark.parametrize("password", ["a" * 13, "abababababababab", "AaAaAaAaAaAaAa", "1a1a1a1a1a1a1a1a"])
def test_a_long_password_of_few_characters_is_weak(world: World, password: str) -> None:
    """Length alone is not enough."""
    organisation = Organisation.objects.get(kind=OrganisationKind.OPERATOR).pk
    with pytest.raises(InvalidInput):
        people.create_person(people.NewPerson("ayu", "Ayu", organisation, (Role.ADMINISTRATOR,), password), actor=CLI)


def test_a_platform_that_is_registered_again_is_watched_as_before(world: World) -> None:
    """Until somebody changes it."""
    row = Platform.objects.get(name=world.platform)
    for asked_for, watched in ((None, True), (False, False), (None, False), (True, True)):
        register_platform(
            NewPlatform(
                row.name,
                row.display_name,
                row.operator_id,
                row.server_name,
                Capabilities("synapse", {}),
                watched=asked_for,
                practice=True,
            ),
            actor=CLI,
        )
        assert Platform.objects.get(name=world.platform).watched is watched
