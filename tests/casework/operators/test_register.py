"""The operator register: pledges, contact persons, and who may change them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import World, rows

from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput, NotFound, NotPermitted, WrongHost
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import Step
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.operators.models import ContactDetails, OperatorProfile, Pledge
from jaga.operators.verbs import register as operators
from jaga.operators.verbs.register import NewContact, NewPledge, OperatorFacts
from jaga.people.models import Organisation, Person
from jaga.people.verbs.people import (
    NewPlatform,
    NoticesOnly,
    claim_installation,
    create_organisation,
    register_platform,
)
from jaga.policy.local_time import today


def operator() -> int:
    return Organisation.objects.get(name="Operator Contoh").pk


def promise(**changes: Any) -> NewPledge:
    new = NewPledge(
        operator(),
        "Kami menutup akun yang dilaporkan.",
        "Siaran pers 7/2026",
        today(),
        "Indonesia",
        ("prostitution_advertising",),
    )
    return replace(new, **changes)


def test_a_commitment_is_recorded_and_ended_but_never_changed(world: World) -> None:
    """A new pledge is a new row; the old one keeps its words and gets a last day."""
    made = operators.record_pledge(promise(), actor=world.supervisor)
    assert (made.hours, made.hours_urgent, made.recorded_by_id) == (24, 4, world.supervisor.person_id)
    operators.end_pledge(made.pk, today(), actor=world.supervisor)
    operators.record_pledge(promise(hours=12), actor=world.supervisor)
    assert list(Pledge.objects.order_by("pk").values_list("hours", "ended_on")) == [(24, today()), (12, None)]
    with pytest.raises(NotFound):
        operators.end_pledge(made.pk, today(), actor=world.supervisor)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " "}, "text"),
        ({"source": ""}, "source"),
        ({"scope": ""}, "scope"),
        ({"categories": ()}, "categories"),
        ({"categories": ("weather",)}, "categories"),
        ({"made_on": today() + timedelta(days=2)}, "made_on"),
        ({"hours": 0}, "hours"),
        ({"hours_urgent": 30}, "hours"),
        ({"text": "a\x00b"}, "text"),
    ],
)
def test_a_promise_without_its_parts_is_refused_by_field(world: World, changes: dict[str, Any], field: str) -> None:
    """Each missing part is named, and nothing is stored."""
    before = rows()
    with pytest.raises(InvalidInput) as refused:
        operators.record_pledge(promise(**changes), actor=world.supervisor)
    assert field in {error.field for error in refused.value.errors}
    assert rows() == before
    operators.record_pledge(promise(), actor=world.supervisor)


def test_only_keepers_write_and_only_of_operators(world: World) -> None:
    """Reviewers and officers are refused; a ministry has no pledges here."""
    for actor in (*world.reviewers, world.officer, world.minister):
        with pytest.raises(NotPermitted):
            operators.record_pledge(promise(), actor=actor)
    ministry = Organisation.objects.get(kind=OrganisationKind.MINISTRY).pk
    with pytest.raises(NotFound):
        operators.record_pledge(promise(operator_id=ministry), actor=world.supervisor)
    assert not Pledge.objects.exists()


def test_an_operator_is_described_and_corrected(world: World) -> None:
    """One row for each operator; a second description replaces the first, and two cannot share an address."""
    operators.describe_operator(operator(), OperatorFacts(countries=("ID",)), actor=CLI)
    row = operators.describe_operator(
        operator(), OperatorFacts("obrolan", "PT Obrolan", "PSE-1", ("SG", "ID")), actor=CLI
    )
    assert (row.slug, row.countries) == ("obrolan", ["ID", "SG"])
    assert OperatorProfile.objects.count() == 1
    other = create_organisation("Operator Lain", OrganisationKind.OPERATOR, actor=CLI)
    with pytest.raises(operators.SlugTaken):
        operators.describe_operator(other.pk, OperatorFacts("obrolan"), actor=CLI)
    for facts in (
        OperatorFacts(countries=("Indonesia",)),
        OperatorFacts(website="javascript:alert(1)"),
        OperatorFacts(slug="Dua Kata"),
        OperatorFacts(slug="x" * 81),
        OperatorFacts(website=f"https://contoh.example/{'a' * 200}"),
    ):
        with pytest.raises(InvalidInput):
            operators.describe_operator(operator(), facts, actor=CLI)


def test_a_long_name_still_makes_an_address(world: World) -> None:
    """It is cut to the column's length, and not after a hyphen."""
    named = create_organisation(f"{'a' * 79} Obrolan", OrganisationKind.OPERATOR, actor=CLI)
    assert operators.describe_operator(named.pk, OperatorFacts(), actor=CLI).slug == "a" * 79


def test_a_contact_person_is_appointed_and_dismissed(world: World) -> None:
    """They have only the contact's role; after dismissal they cannot sign in, and their name stays."""
    made = operators.appoint_contact(
        NewContact(operator(), "rani", "Rani", "rani@contoh.example", "+62 811 0000 000", "ID", True), actor=CLI
    )
    assert made.role_set() == {Role.CONTACT}
    operators.dismiss_contact(made.pk, actor=world.supervisor)
    assert not Person.objects.get(pk=made.pk).is_active
    assert ContactDetails.objects.get().until == today()
    with pytest.raises(NotFound):
        operators.dismiss_contact(made.pk, actor=world.supervisor)


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "rani"},
        {"email": "rani@\u3002.id"},
        {"email": f"rani@{'.'.join(['b' * 60] * 5)}.id"},
        {"telephone": "call me"},
        {"domicile": "Indonesia"},
        {"username": "R"},
        {"display_name": ""},
    ],
)
def test_a_contact_with_unusable_details_is_refused(world: World, changes: dict[str, str]) -> None:
    """A wrong mail address would look as if the operator did not answer."""
    with pytest.raises(InvalidInput):
        operators.appoint_contact(replace(NewContact(operator(), "rani", "Rani"), **changes), actor=CLI)
    assert not ContactDetails.objects.exists()


def test_an_authority_registers_no_acting_adapter(db: None) -> None:
    """In an authority's installation a platform that Jaga can act on is refused; a notice platform is not."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    owner = create_organisation("Operator Jauh", OrganisationKind.OPERATOR, actor=CLI)
    able = {step: Capability(True) for step in Step}

    def register(by_notice: bool) -> None:
        told = Capabilities("portal", able, by_notice=by_notice)
        register_platform(NewPlatform("jauh", "Jauh", owner.pk, "jauh", told), actor=CLI)

    with pytest.raises(NoticesOnly):
        register(by_notice=False)
    register(by_notice=True)
    with pytest.raises(WrongHost):
        claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
