"""Second factors: who must have one, that nobody loses the last one, and that secrets are encrypted."""

from datetime import timedelta

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from tests.factories import World

from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Role
from jaga.people.models import FactorTries, Person, PersonRole
from jaga.people.verbs import people, second_factor
from jaga.people.verbs.second_factor import LastFactor, TooManyCodes, one_try
from jaga.store.models import LedgerEntry

MINUTE = timedelta(minutes=1)


def code_of(secret: str, later: timedelta = timedelta()) -> str:
    """The code that an app shows."""
    return pyotp.TOTP(secret).at(now() + later)


def set_up(actor: Actor) -> str:
    """Set up an app."""
    secret = pyotp.random_base32()
    second_factor.add_totp(secret, code_of(secret), actor=actor)
    return secret


def test_everybody_with_a_role_must_have_one(world: World) -> None:
    """An administrator can exempt people, but nobody who sends requests or flags, and not themselves."""
    reviewer, officer = world.reviewers[0], world.officer
    assert all(second_factor.needs_factor(actor) for actor in world.everyone)
    number = reviewer.person_id or 0
    second_factor.demand_no_factor(number, actor=CLI)
    assert not second_factor.needs_factor(reviewer)
    with pytest.raises(NotFound):
        second_factor.demand_no_factor(officer.person_id or 0, actor=CLI)
    boss = people.actor_for(
        people.create_person(
            people.NewPerson("rahma", "Rahma", reviewer.organisation_id or 0, (Role.ADMINISTRATOR,)), actor=CLI
        )
    )
    for actor, whom in ((boss, boss.person_id or 0), (reviewer, number)):
        with pytest.raises(NotPermitted):
            second_factor.demand_no_factor(whom, actor=actor)
    second_factor.demand_factor(number, actor=boss)
    assert second_factor.needs_factor(reviewer)
    with pytest.raises(NotFound):
        second_factor.demand_factor(number, actor=boss)
    verbs = list(LedgerEntry.objects.order_by("-pk").values_list("verb", flat=True)[:3])
    assert verbs == ["demand_second_factor", "create_person", "demand_no_second_factor"]


def test_an_exemption_ends_with_the_first_role_that_asks(world: World) -> None:
    """A new officer needs a factor from then on, despite the exemption."""
    number = world.officer.person_id or 0
    PersonRole.objects.filter(person_id=number).update(role=Role.AUDITOR)
    second_factor.demand_no_factor(number, actor=CLI)
    PersonRole.objects.filter(person_id=number).update(role=Role.OFFICER)
    assert second_factor.needs_factor(people.actor_for(Person.objects.get(pk=number)))


def test_the_secrets_are_sealed_in_the_database(world: World) -> None:
    """Neither the app's secret nor the seed of the backup codes is readable there or in the ledger."""
    secret = set_up(world.officer)
    rows = Authenticator.objects.filter(user_id=world.officer.person_id)
    stored = str([row.data for row in rows])
    paper = next(row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES).wrap()
    assert secret not in stored
    assert len(paper.get_unused_codes()) == second_factor.RECOVERY_CODES
    assert not any(code in stored for code in paper.get_unused_codes())
    assert all(len(code) == 12 for code in paper.get_unused_codes())
    assert secret not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))


def test_a_wrong_code_sets_up_nothing(world: World) -> None:
    """An app that was scanned wrongly must not lock the person out."""
    with pytest.raises(InvalidInput):
        second_factor.add_totp(pyotp.random_base32(), "123", actor=world.officer)
    assert not second_factor.has_factor(world.officer.person_id or 0)


def test_another_app_takes_the_place_of_the_first(world: World) -> None:
    """Somebody who must have a factor changes the phone without a gap; the backup codes stay."""
    set_up(world.officer)
    new = pyotp.random_base32()
    assert second_factor.add_totp(new, code_of(new), actor=world.officer) is False
    row = Authenticator.objects.get(user_id=world.officer.person_id, type=Authenticator.Type.TOTP)
    row.data.pop("last_step")
    row.save()
    assert row.wrap().validate_code(code_of(new))


def test_whoever_must_have_one_keeps_the_last(world: World) -> None:
    """If an exempt person removes the last factor, the backup codes are removed too."""
    set_up(world.officer)
    set_up(world.supervisor)
    for actor in (world.officer, world.supervisor):
        with pytest.raises(LastFactor):
            second_factor.remove_factor(None, actor=actor)
    second_factor.demand_no_factor(world.supervisor.person_id or 0, actor=CLI)
    second_factor.remove_factor(None, actor=world.supervisor)
    assert not Authenticator.objects.filter(user_id=world.supervisor.person_id).exists()
    for number in (None, 0, 2**70, Authenticator.objects.get(user_id=world.officer.person_id, type="totp").pk):
        with pytest.raises(NotFound):
            second_factor.remove_factor(number, actor=world.supervisor)


def test_an_administrator_helps_our_own_people_and_no_officer(world: World) -> None:
    """Staff who lost theirs set up new ones; an officer starts again with a call-back."""
    set_up(world.officer)
    set_up(world.supervisor)
    second_factor.forget_factors(world.supervisor.person_id or 0, actor=CLI)
    assert second_factor.needs_factor(world.supervisor)
    assert not Authenticator.objects.filter(user_id=world.supervisor.person_id).exists()
    with pytest.raises(NotFound):
        second_factor.forget_factors(world.officer.person_id or 0, actor=CLI)
    with pytest.raises(NotPermitted):
        second_factor.forget_factors(world.supervisor.person_id or 0, actor=world.reviewers[0])


def test_guessing_is_closed_for_a_quarter_of_an_hour(world: World) -> None:
    """After five wrong codes the sixth is not checked, for this person only; a correct one in time resets the count."""
    number, moment = world.officer.person_id or 0, now()

    def tries(right: bool, device: str = "") -> None:
        with one_try(number, device) as made:
            made.right = right

    with frozen(moment):
        for right in (*[False] * 4, True, *[False] * 5):
            tries(right)
        with pytest.raises(TooManyCodes):
            tries(True)
        tries(True, "own")
        with one_try(world.minister.person_id or 0) as other:
            other.right = True
    with frozen(moment + second_factor.CLOSED_FOR):
        tries(True)
    assert FactorTries.objects.get(person_id=number, device="").wrong == 0


def test_a_copy_of_a_passkey_is_refused(world: World) -> None:
    """On a device that counts uses, a count that does not grow means a copy; one that never counts stays at 0."""
    row = Authenticator.objects.create(
        user_id=world.officer.person_id, type=Authenticator.Type.WEBAUTHN, data={"name": "Stick", "credential": {}}
    )
    assert [second_factor.counts_passkey(row, uses) for uses in (0, 0, 3, 3, 2, 4, 0)] == [
        True,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
