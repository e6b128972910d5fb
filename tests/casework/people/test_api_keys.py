"""API keys: who may hold which scopes, and what became of keys from before scopes existed."""

from dataclasses import replace

import pytest
from tests.factories import World, in_review, make_world, new_report, rows, vote

from jaga.cases.models.decisions import Letter
from jaga.core.actors import CLI, Actor
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import KeyScope, OrganisationKind, Role
from jaga.core.terms.reports import Channel
from jaga.people.models import OfficerKey, PersonRole
from jaga.people.reads.api_keys import OfficerNotRegistered, holder_may, officer_by_key
from jaga.people.verbs import people
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key, revoke_officer_key
from jaga.people.verbs.people import create_organisation
from jaga.reporting.verbs import intake
from jaga.webhooks.models import WebhookEndpoint
from jaga.webhooks.verbs import NewEndpoint, register_endpoint

REQUESTS = {KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def _flagger() -> Actor:
    organisation = create_organisation("Pelapor Contoh", OrganisationKind.FLAGGER, practice=True, actor=CLI)
    new = people.NewPerson("laras", "Laras", organisation.pk, (Role.FLAGGER,))
    return people.actor_for(people.create_person(new, actor=CLI))


def test_each_kind_of_holder_gets_its_own_rights_and_endpoints(world: World) -> None:
    """An officer sends requests, a flagger flags, a member of staff imports reports of the public."""
    seen = {}
    for actor in (world.officer, _flagger(), world.supervisor):
        holder = officer_by_key(issue_officer_key(actor.person_id or 0, actor=CLI).secret)
        seen[holder.channel] = bool(holder.scopes & REQUESTS)
        assert KeyScope.REPORTS_WRITE in holder.scopes
    assert seen == {Channel.POLICE: True, Channel.FLAGGER: False, Channel.PUBLIC: False}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.SUPERVISOR}))
def test_nobody_else_of_ours_holds_a_key(role: Role) -> None:
    """A reviewer decides on what others send, so they get no key."""
    assert holder_may(OrganisationKind.OPERATOR, [role]) == frozenset()


def test_what_cannot_be_is_refused_and_stores_nothing(world: World) -> None:
    """By whom, for whom, with which scopes, within which limits."""
    before = rows()
    officer = world.officer.person_id or 0
    with pytest.raises(NotPermitted):
        issue_officer_key(officer, actor=world.supervisor)
    with pytest.raises(NotPermitted):
        issue_officer_key(world.reviewers[0].person_id or 0, actor=CLI)
    with pytest.raises(NotFound):
        issue_officer_key(0, actor=CLI)
    for terms in (
        KeyTerms(frozenset()),
        KeyTerms(days=0),
        KeyTerms(days=366),
        KeyTerms(per_minute=0),
        KeyTerms(per_day=-1),
        KeyTerms(label="x" * 81),
    ):
        with pytest.raises(InvalidInput):
            issue_officer_key(officer, terms, actor=CLI)
    with pytest.raises(InvalidInput):
        issue_officer_key(world.supervisor.person_id or 0, KeyTerms(frozenset(REQUESTS)), actor=CLI)
    assert rows() == before


def test_a_key_is_worth_what_its_holder_may_do_today(world: World) -> None:
    """Scopes of a key do not outlive the role that they came from."""
    secret = issue_officer_key(world.officer.person_id or 0, actor=CLI).secret
    assert officer_by_key(secret).scopes >= REQUESTS
    PersonRole.objects.filter(person_id=world.officer.person_id).delete()
    with pytest.raises(OfficerNotRegistered):
        officer_by_key(secret)


def test_with_the_last_key_go_the_addresses_that_keys_set_up(world: World) -> None:
    """A thief of the key could have registered an address and would still receive everything."""
    holder = world.officer.person_id or 0
    old, new = issue_officer_key(holder, actor=CLI), issue_officer_key(holder, actor=CLI)
    register_endpoint(NewEndpoint("https://contoh.example/hook"), actor=world.officer)
    revoke_officer_key(old.key_id, actor=CLI)
    assert WebhookEndpoint.objects.get().disabled_at is None
    revoke_officer_key(new.key_id, actor=CLI)
    assert WebhookEndpoint.objects.get().disabled_why == "access_ended"
    register_endpoint(NewEndpoint("https://contoh.example/hook"), actor=world.minister)
    revoke_officer_key(new.key_id, actor=CLI)
    assert WebhookEndpoint.objects.filter(disabled_at=None).count() == 1


def test_its_use_is_noted_to_a_few_minutes(world: World) -> None:
    """So a forgotten key can be noticed."""
    secret = issue_officer_key(world.officer.person_id or 0, actor=CLI).secret
    assert OfficerKey.objects.get().last_used_at is None
    officer_by_key(secret)
    noted = OfficerKey.objects.get().last_used_at
    assert noted is not None
    officer_by_key(secret)
    assert OfficerKey.objects.get().last_used_at == noted


def test_reporters_by_key_get_the_reporters_letter(world: World) -> None:
    """A report of an officer is not a request, so its letter has no letter number."""
    intake.file_report(
        replace(
            new_report(),
            channel=Channel.POLICE,
            organisation_id=world.officer.organisation_id,
            officer_id=world.officer.person_id,
            source="organisation",
        ),
        actor=world.officer,
    )
    case = in_review()
    vote(case, DecisionKind.DISMISS, world.reviewers[0])
    assert {letter.key for letter in Letter.objects.all()} == {"reporter_dismiss"}
