"""The roster: who may invite, call back, renew, suspend and remove whom, and when a registration is active."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from tests.casework.people.test_second_factor import code_of
from tests.factories import CALLED, World

from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import Conflict, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms.people import OrganisationKind, RegistrationStatus, Role
from jaga.people.models import OfficerRegistration, Person, PersonRole
from jaga.people.reads.roster import keeps_roster, registration_status
from jaga.people.verbs import api_keys, invitations, officers, people, second_factor
from jaga.people.verbs.officers import CallBack, NewOfficer, NotTheKeepers
from jaga.people.verbs.people import NameTaken, NewPerson, NotAFlaggersRole, create_organisation
from jaga.people.verbs.registration import NotInStanding, note_use
from jaga.store.models import LedgerEntry

PASSWORD = "seekor kucing di atas meja"


@pytest.fixture
def keeper(world: World) -> Actor:
    """The police's officer who keeps its roster."""
    officers.appoint_keeper(world.officer.person_id or 0, actor=CLI)
    return world.officer


@pytest.fixture
def administrator(world: World) -> Actor:
    made = people.create_person(
        NewPerson("rahma", "Rahma", world.supervisor.organisation_id or 0, (Role.ADMINISTRATOR,)), actor=CLI
    )
    return people.actor_for(made)


def newcomer(keeper: Actor, name: str = "tono") -> NewOfficer:
    return NewOfficer(keeper.organisation_id or 0, name, name.title())


def accept(secret: str) -> Person:
    """Set a password, then an app."""
    person = invitations.accept_invitation(secret, PASSWORD)
    own = pyotp.random_base32()
    assert second_factor.add_totp(own, code_of(own), actor=people.actor_for(person))
    return person


def test_an_invited_officer_counts_after_our_call_and_no_earlier(keeper: Actor, administrator: Actor) -> None:
    """Link, password with factor, telephone call, half a year; each step alone is not enough."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    assert registration_status(made.person_id) is RegistrationStatus.INVITED
    accepted = accept(made.secret)
    assert registration_status(accepted.pk) is RegistrationStatus.NOT_CALLED_BACK
    assert accepted.check_password(PASSWORD)
    assert second_factor.factors_of(people.actor_for(accepted)).recovery_left == second_factor.RECOVERY_CODES
    with pytest.raises(NotInStanding, match="not telephoned"):
        officers.check_registration(made.person_id)
    officers.record_call_back(made.person_id, CALLED, actor=administrator)
    officers.check_registration(made.person_id)
    with frozen(now() + officers.LIFETIME):
        assert registration_status(made.person_id) is RegistrationStatus.EXPIRED
        officers.renew(made.person_id, actor=CLI)
        assert registration_status(made.person_id) is RegistrationStatus.ACTIVE
    verbs = list(LedgerEntry.objects.order_by("-pk").values_list("verb", flat=True)[:6])
    assert verbs == [
        "renew_officer",
        "record_call_back",
        "add_second_factor",
        "accept_invitation",
        "invite_officer",
        "create_person",
    ]
    assert PASSWORD not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))
    assert CALLED.number not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))


def test_a_link_opens_once_until_it_ends_and_not_after_a_newer_one(keeper: Actor) -> None:
    """Used, replaced, expired, removed or invented links get the same answer."""
    first = officers.invite(newcomer(keeper), actor=keeper)
    second = officers.invite_again(first.person_id, actor=keeper)
    removed = officers.invite(newcomer(keeper, "susi"), actor=keeper)
    officers.remove(removed.person_id, actor=keeper)
    for secret in (first.secret, removed.secret, "", "x" * 43):
        with pytest.raises(officers.InvitationEnded):
            invitations.open_invitation(secret)
    with frozen(now() + officers.INVITATION_LIFETIME), pytest.raises(officers.InvitationEnded):
        accept(second.secret)
    accept(second.secret)
    with pytest.raises(officers.InvitationEnded):
        accept(second.secret)
    with pytest.raises(officers.AlreadyAccepted):
        officers.invite_again(first.person_id, actor=keeper)


def test_a_call_never_counts_for_whoever_accepts_later(keeper: Actor, administrator: Actor) -> None:
    """A keeper may have the link: a call before it was used says nothing about who uses it."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    with pytest.raises(officers.NotAcceptedYet):
        officers.record_call_back(made.person_id, CALLED, actor=administrator)
    assert registration_status(accept(made.secret).pk) is RegistrationStatus.NOT_CALLED_BACK
    called = officers.invite(newcomer(keeper, "susi"), CALLED, actor=administrator)
    taken = officers.invite_again(called.person_id, actor=keeper)
    assert registration_status(accept(taken.secret).pk) is RegistrationStatus.NOT_CALLED_BACK


def test_a_weak_password_uses_no_link_up(keeper: Actor) -> None:
    """Nothing is stored, and the link stays valid."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    with pytest.raises(InvalidInput) as refused:
        invitations.accept_invitation(made.secret, "kucing")
    assert {error.field for error in refused.value.errors} == {"password"}
    accept(made.secret)


def test_a_password_alone_accepts_nothing(keeper: Actor, administrator: Actor) -> None:
    """Without a factor there is nobody to call back; a new link invalidates the old one's password."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    person = invitations.accept_invitation(made.secret, PASSWORD)
    with pytest.raises(officers.InvitationEnded):
        invitations.open_invitation(made.secret)
    assert registration_status(person.pk) is RegistrationStatus.INVITED
    with pytest.raises(officers.NotAcceptedYet):
        officers.record_call_back(person.pk, CALLED, actor=administrator)
    again = officers.invite_again(person.pk, actor=keeper)
    assert not Person.objects.get(pk=person.pk).has_usable_password()
    assert registration_status(accept(again.secret).pk) is RegistrationStatus.NOT_CALLED_BACK


def test_a_new_link_ends_a_factor_that_was_added_just_before_it(keeper: Actor) -> None:
    """If somebody uses the old link to add a factor while the new one is made, it would lock out the right person."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    invitations.accept_invitation(made.secret, PASSWORD)
    again = officers.invite_again(made.person_id, actor=keeper)
    secret = pyotp.random_base32()
    second_factor.add_totp(
        secret, pyotp.TOTP(secret).at(now()), actor=people.actor_for(Person.objects.get(pk=made.person_id))
    )
    officers.invite_again(made.person_id, actor=keeper)
    assert not Authenticator.objects.filter(user_id=made.person_id).exists()
    with pytest.raises(officers.InvitationEnded):
        invitations.open_invitation(again.secret)


def test_a_keeper_makes_officers_of_the_own_organisation_and_nothing_more(world: World, keeper: Actor) -> None:
    """No keeper, no other organisation, no call-back, no administrator's verb; an officer without the roster can do
    nothing.
    """
    own, foreign = newcomer(keeper), replace(newcomer(keeper), organisation_id=world.minister.organisation_id or 0)
    number = world.minister.person_id or 0
    refused: list[tuple[Callable[[], object], type[JagaError]]] = [
        (lambda: officers.invite(replace(own, keeper=True), CALLED, actor=keeper), NotPermitted),
        (lambda: officers.invite(own, CALLED, actor=keeper), NotPermitted),
        (lambda: officers.invite(foreign, actor=keeper), NotFound),
        (lambda: officers.invite(own, actor=world.minister), NotPermitted),
        (lambda: officers.invite(own, actor=world.supervisor), NotPermitted),
        (lambda: officers.renew(number, actor=keeper), NotFound),
        (lambda: officers.remove(number, actor=keeper), NotFound),
        (lambda: officers.suspend(number, "curiga", actor=keeper), NotFound),
        (lambda: officers.record_call_back(number, CALLED, actor=keeper), NotPermitted),
        (lambda: officers.lift_suspension(number, actor=keeper), NotPermitted),
        (lambda: officers.appoint_keeper(number, actor=keeper), NotPermitted),
        (lambda: officers.register_officer(number, CALLED, actor=keeper), NotPermitted),
        (lambda: officers.renew(keeper.person_id or 0, actor=keeper), NotTheKeepers),
        (lambda: officers.remove(keeper.person_id or 0, actor=keeper), NotTheKeepers),
    ]
    before = LedgerEntry.objects.count()
    for attempt, kind in refused:
        with pytest.raises(kind):
            attempt()
    assert LedgerEntry.objects.count() == before
    made = officers.invite(own, actor=keeper)
    assert Person.objects.get(pk=made.person_id).role_set() == {Role.OFFICER}
    with pytest.raises(NameTaken):
        officers.invite(own, actor=keeper)


def test_a_keeper_who_is_suspended_or_expired_keeps_no_roster(world: World, keeper: Actor) -> None:
    """Somebody without a valid registration cannot bring in others."""
    officers.suspend(keeper.person_id or 0, "kunci dicuri", actor=CLI)
    with pytest.raises(NotPermitted):
        officers.invite(newcomer(keeper), actor=keeper)
    officers.lift_suspension(keeper.person_id or 0, actor=CLI)
    officers.invite(newcomer(keeper), actor=keeper)
    with frozen(now() + officers.LIFETIME), pytest.raises(NotPermitted):
        officers.invite(newcomer(keeper, "susi"), actor=keeper)


def test_the_first_keeper_is_invited_after_a_call_only(world: World, administrator: Actor) -> None:
    """An invitation needs a number and where it was found; with them the keeper's registration is valid at once."""
    new = NewOfficer(world.minister.organisation_id or 0, "rini", "Rini", keeper=True)
    for call in (None, CallBack("", "buku alamat"), CallBack("021-555 0100", " "), CallBack("lewat surel", "surel")):
        with pytest.raises(InvalidInput):
            officers.invite(new, call, actor=administrator)
    made = officers.invite(new, CALLED, actor=administrator)
    assert registration_status(accept(made.secret).pk) is RegistrationStatus.ACTIVE
    assert keeps_roster(people.actor_for(Person.objects.get(pk=made.person_id)))


def test_suspension_says_why_and_ends_by_an_administrator(world: World, keeper: Actor) -> None:
    """It takes effect at once, and the reason is shown."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    accept(made.secret)
    officers.record_call_back(made.person_id, CALLED, actor=CLI)
    for why in (" ", "a\x00b", "a" * (officers.MOST_WHY + 1)):
        with pytest.raises(InvalidInput):
            officers.suspend(made.person_id, why, actor=keeper)
    officers.suspend(made.person_id, "cuti panjang", actor=keeper)
    assert registration_status(made.person_id) is RegistrationStatus.SUSPENDED
    officers.lift_suspension(made.person_id, actor=CLI)
    assert registration_status(made.person_id) is RegistrationStatus.ACTIVE


def test_removal_ends_sign_in_and_keys_at_once(keeper: Actor) -> None:
    """The removal is final: the row stays, and nobody can undo it."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    accept(made.secret)
    key = api_keys.issue_officer_key(made.person_id, actor=CLI)
    officers.remove(made.person_id, actor=keeper)
    person = Person.objects.get(pk=made.person_id)
    assert not person.is_active
    assert person.keys.get(pk=key.key_id).revoked_at is not None
    assert registration_status(made.person_id) is RegistrationStatus.UNREGISTERED
    for attempt in (officers.renew, officers.lift_suspension, officers.invite_again):
        with pytest.raises(NotFound):
            attempt(made.person_id, actor=CLI)
    with pytest.raises(IntegrityError, match="stays removed"), transaction.atomic():
        OfficerRegistration.objects.filter(person=person).update(removed_at=None)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        OfficerRegistration.objects.filter(person=person).delete()


def test_beginning_anew_ends_everything_and_needs_another_call(keeper: Actor) -> None:
    """For a lost phone, password, factors and keys end; the new link alone restores nothing."""
    made = officers.invite(newcomer(keeper), actor=keeper)
    accept(made.secret)
    officers.record_call_back(made.person_id, CALLED, actor=CLI)
    api_keys.issue_officer_key(made.person_id, actor=CLI)
    again = officers.invite_again(made.person_id, actor=CLI)
    person = Person.objects.get(pk=made.person_id)
    assert not person.has_usable_password()
    assert not second_factor.has_factor(person.pk)
    assert not Authenticator.objects.filter(user_id=person.pk).exists()
    assert not person.keys.filter(revoked_at__isnull=True).exists()
    assert registration_status(person.pk) is RegistrationStatus.INVITED
    assert registration_status(accept(again.secret).pk) is RegistrationStatus.NOT_CALLED_BACK


def test_nobody_calls_themselves_back(world: World) -> None:
    """Not by the verb, if an authority's administrator is an officer as well, nor in the database."""
    officer = world.officer.person_id or 0
    both = replace(world.officer, roles=frozenset({Role.OFFICER, Role.ADMINISTRATOR}))
    with pytest.raises(NotTheKeepers):
        officers.record_call_back(officer, CALLED, actor=both)
    with pytest.raises(IntegrityError, match="nobody_calls_themselves_back"), transaction.atomic():
        OfficerRegistration.objects.filter(person_id=officer).update(called_back_by=officer)
    with pytest.raises(IntegrityError, match="call_back_names_its_number"), transaction.atomic():
        OfficerRegistration.objects.filter(person_id=officer).update(called_number="")
    with pytest.raises(IntegrityError, match="suspension_says_why"), transaction.atomic():
        OfficerRegistration.objects.filter(person_id=officer).update(suspended_at=now())


def test_whoever_asks_or_flags_gets_no_other_role_by_any_way(world: World) -> None:
    """The verb refuses, and so does the database."""
    flagger = create_organisation("Pelapor Contoh", OrganisationKind.FLAGGER, actor=CLI)
    with pytest.raises(NotAFlaggersRole):
        people.create_person(NewPerson("lia", "Lia", flagger.pk, (Role.REVIEWER,)), actor=CLI)
    made = officers.invite(NewOfficer(flagger.pk, "lia", "Lia"), CALLED, actor=CLI)
    assert Person.objects.get(pk=made.person_id).role_set() == {Role.FLAGGER}
    for person, role in ((made.person_id, Role.OFFICER), (world.officer.person_id, Role.REVIEWER)):
        with pytest.raises(IntegrityError, match="cannot be"), transaction.atomic():
            PersonRole.objects.create(person_id=person, role=role)


def test_an_officer_who_was_entered_on_the_server_waits_for_the_call(world: World) -> None:
    """A second registration is refused, and so is somebody who is not an officer."""
    made = people.create_person(
        NewPerson("joko", "Joko", world.officer.organisation_id or 0, (Role.OFFICER,)), actor=CLI
    )
    assert registration_status(made.pk) is RegistrationStatus.UNREGISTERED
    officers.register_officer(made.pk, actor=CLI)
    assert registration_status(made.pk) is RegistrationStatus.NOT_CALLED_BACK
    with pytest.raises(Conflict):
        officers.register_officer(made.pk, CALLED, actor=CLI)
    with pytest.raises(NotFound):
        officers.register_officer(world.supervisor.person_id or 0, actor=CLI)


def test_use_is_noted_to_the_hour(world: World) -> None:
    """Not at every step, and never backwards in time."""
    officer, start = world.officer.person_id or 0, now()

    def noted() -> timedelta:
        at = OfficerRegistration.objects.get(person_id=officer).last_used_at
        assert at is not None
        return at - start

    for minutes, seen in ((0, 0), (59, 0), (61, 61)):
        with frozen(start + timedelta(minutes=minutes)):
            note_use(officer)
        assert noted() == timedelta(minutes=seen)
