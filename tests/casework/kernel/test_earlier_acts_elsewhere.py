"""Lapsed acts other than votes: proposed models, prepared letters, call-backs, requests, invitations and others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.casework.authorities import test_disclosures, test_held_requests
from tests.casework.batches import test_batches
from tests.casework.operator_world import asked, make_operator
from tests.casework.people.test_officers import accept, newcomer
from tests.casework.screening.test_model_registry import START, second
from tests.factories import CATEGORY, World

from jaga.authorities.verbs import disclosures, held_requests
from jaga.core.actors import CLI, Actor
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Role
from jaga.core.terms.reports import BatchState
from jaga.operators.verbs import escalation
from jaga.people.verbs import officers, people
from jaga.people.verbs.officers import InvitationEnded, appoint_keeper
from jaga.policy import release
from jaga.policy.release import load_release
from jaga.screening.models.measures import measured, without_model
from jaga.signals.models import LearntModel
from jaga.signals.verbs import model_registry


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Put another release into force."""
    changed = replace(load_release(), hash="1" * 64)
    return lambda: monkeypatch.setattr(release, "_shipped", lambda: changed)


def deactivate(actor: Actor) -> None:
    people.deactivate_person(actor.person_id or 0, actor=CLI)


def proposed(world: World) -> int:
    good = measured([0.9, 0.8, 0.2, 0.1], [True, True, False, False], 0.5)
    poor = without_model([True, True, False, False], 0.5, 0.5)
    return model_registry.propose_model(
        model_registry.NewModel(CATEGORY, b"invented", "0" * 64, "grams-1", START, 60, 60, good, poor, None),
        actor=second(world),
    ).pk


@pytest.mark.parametrize("lapses", ["person", "release", ""])
def test_a_model_is_approved_while_its_proposal_counts(world: World, newer: Callable[[], None], lapses: str) -> None:
    """Not after its proposer has left, nor under another release."""
    model = proposed(world)
    if lapses == "person":
        deactivate(second(world))
    if lapses == "release":
        newer()
    if lapses:
        with pytest.raises(model_registry.ProposalLapsed):
            model_registry.approve_model(model, actor=world.supervisor)
    else:
        model_registry.approve_model(model, actor=world.supervisor)
    assert LearntModel.objects.filter(state="approved").exists() is not bool(lapses)


def test_a_letter_is_not_released_after_its_signer_left(world: World) -> None:
    """The letter is dropped and prepared again by another person."""
    notice = asked(world, make_operator())
    letter = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=second(world))
    deactivate(second(world))
    with pytest.raises(escalation.EscalationRefused) as refused:
        escalation.release_letter(letter, actor=world.supervisor)
    assert refused.value.code == "escalation_preparer_lapsed"
    escalation.drop_letter(letter, actor=world.supervisor)
    escalation.release_letter(
        escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor), actor=world.supervisor
    )


def test_a_held_request_is_not_released_on_a_call_of_somebody_who_left(world: World) -> None:
    """The person who releases it must telephone again."""
    number = test_held_requests.held(world)
    held_requests.record_held_call(number, test_held_requests.CALL, actor=second(world))
    deactivate(second(world))
    with pytest.raises(held_requests.CallLapsed):
        held_requests.release(number, test_held_requests.asks(), "budi", actor=world.supervisor)
    held_requests.record_held_call(number, test_held_requests.CALL, actor=world.supervisor)
    held_requests.release(number, test_held_requests.asks(), "budi", actor=world.supervisor)


@pytest.mark.parametrize(
    "take",
    [
        lambda number: officers.suspend(number, "Kuncinya dicuri.", actor=CLI),
        lambda number: officers.remove(number, actor=CLI),
        lambda number: people.end_role(number, Role.OFFICER, actor=CLI),
    ],
)
def test_nothing_is_exported_on_the_word_of_an_officer_who_may_ask_no_more(
    world: World, take: Callable[[int], Any]
) -> None:
    """Suspended, removed or without the role; another officer of the authority must ask again."""
    request = test_disclosures.full_case(world)
    take(world.officer.person_id or 0)
    with pytest.raises(disclosures.RequestLapsed):
        disclosures.make_export(request, actor=world.supervisor)


def test_an_invitation_ends_with_whoever_gave_it(world: World) -> None:
    """An unused link then opens nothing."""
    number = world.officer.person_id or 0
    appoint_keeper(number, actor=CLI)
    made = officers.invite(newcomer(world.officer), actor=world.officer)
    officers.remove(number, actor=CLI)
    with pytest.raises(InvitationEnded):
        accept(made.secret)


def test_a_file_of_reports_stops_with_whoever_started_it(world: World) -> None:
    """Also for a member of staff, who has no registration that could end."""
    batch = test_batches.sent(actor=world.supervisor, start=True).batch_id
    deactivate(world.supervisor)
    stopped = test_batches.worked(batch)
    assert (stopped.state, stopped.filed) == (BatchState.CANCELLED, 0)
