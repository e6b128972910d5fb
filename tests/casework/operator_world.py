"""A platform reached by notice, its operator's contact persons, and a controllable clock."""

from dataclasses import dataclass
from datetime import date

from tests.copied_world import copied_part
from tests.factories import World, copied_case, decided_closure, the_action

from jaga.actions.verbs import attempts
from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.platforms import Capabilities, Capability, Handover
from jaga.core.terms.cases import Step
from jaga.core.terms.people import OrganisationKind, Role
from jaga.operators.models import ContactDetails, Notice
from jaga.operators.verbs import notices
from jaga.people.models import Organisation
from jaga.people.verbs import people
from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform

ASKABLE = (Step.ASK, Step.DELIVER, Step.RESTRICT, Step.CLOSE, Step.RESTORE)


def asking(adapter: str = "portal", *, observes: bool = False) -> Capabilities:
    """The capabilities that a notice adapter declares."""
    steps = {step: Capability(step in ASKABLE or (observes and step is Step.OBSERVE)) for step in Step}
    return Capabilities(adapter, steps, by_notice=True)


@dataclass(frozen=True)
class Operator:
    """The operator's people, and those of another operator."""

    platform: str
    contact: Actor
    colleague: Actor
    stranger: Actor


def make_operator(
    name: str = "mengobrol", adapter: str = "portal", *, observes: bool = False, keys: tuple[str, ...] = ()
) -> Operator:
    """A notice platform run by an operator with two contact persons; and a contact person of another operator."""
    return copied_part(
        ("operator", name, adapter, observes, keys), lambda: _make_operator(name, adapter, observes, keys)
    )


def _make_operator(name: str, adapter: str, observes: bool, keys: tuple[str, ...]) -> Operator:
    ours = create_organisation(f"PSE {name}", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    others = create_organisation(f"PSE lain {name}", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    register_platform(
        NewPlatform(name, name.title(), ours.pk, "", asking(adapter, observes=observes), practice=True, hook_keys=keys),
        actor=CLI,
    )
    return Operator(
        name, contact(f"narahubung-{name}", ours), contact(f"rekan-{name}", ours), contact(f"orang-lain-{name}", others)
    )


def contact(username: str, organisation: Organisation) -> Actor:
    """A contact person who can be reached by mail."""
    person = people.create_person(
        people.NewPerson(username, username.title(), organisation.pk, (Role.CONTACT,)), actor=CLI
    )
    ContactDetails.objects.create(person=person, email=f"{username}@example.id", domicile="ID", since=date(2026, 1, 1))
    return people.actor_for(person)


def asked(world: World, operator: Operator, *, received: bool = False, **changes: object) -> Notice:
    """A decided closure whose notice was sent."""
    people = tuple(reviewer.person_id for reviewer in world.reviewers[:2])
    changes = {"platform": operator.platform, "account": "tamu-77", **changes}
    return Notice.objects.get(
        pk=copied_case(
            f"asked for by {people}, {received}",
            changes,
            lambda: handed_over(the_action(decided_closure(world, **changes)).pk, received=received).pk,
        )
    )


def handed_over(action_id: int, *, received: bool = False) -> Notice:
    """What the worker does for an action on such a platform."""
    attempts.start_attempt(action_id, actor=SYSTEM)
    notice_id = notices.notice_for(action_id, actor=SYSTEM)
    notices.record_delivery(notice_id, Handover(received), actor=SYSTEM)
    return Notice.objects.get(pk=notice_id)


def platform(operator: Operator) -> Platform:
    return Platform.objects.get(name=operator.platform)
