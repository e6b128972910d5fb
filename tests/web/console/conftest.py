"""A world with a person in every role, and their browsers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.copied_world import copied_part
from tests.factories import CALLED, World, make_world
from tests.web.console.factors import PASSWORD, exempt, show_factor

from jaga.core.actors import CLI, Actor
from jaga.core.terms.people import Language, OrganisationKind, Role
from jaga.people.models import Person
from jaga.people.verbs import officers, people
from jaga.people.verbs.people import create_organisation

__all__ = ["PASSWORD"]
ENGLISH = {"jaga_language": "en"}


@dataclass(frozen=True)
class Staff:
    """One person for each role besides the reviewers of `World`."""

    by_role: dict[Role, Actor]


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def staff(world: World) -> Staff:
    return copied_part(("staff",), _make_staff)


def _make_staff() -> Staff:
    kinds = {Role.OFFICER: OrganisationKind.POLICE, Role.FLAGGER: OrganisationKind.FLAGGER}
    employers = {
        kind: create_organisation(f"{kind.title()} Kedua", kind, practice=True, actor=CLI)
        for kind in (OrganisationKind.OPERATOR, *kinds.values())
    }

    def person(role: Role) -> Actor:
        employer = employers[kinds.get(role, OrganisationKind.OPERATOR)]
        new = people.NewPerson(f"a-{role}", f"A {role.title()}", employer.pk, (role,), PASSWORD, Language.ENGLISH)
        made = people.create_person(new, actor=CLI)
        if role in kinds:
            officers.register_officer(made.pk, CALLED, actor=CLI)
        actor = people.actor_for(made)
        exempt(actor)
        return actor

    return Staff({role: person(role) for role in Role})


@pytest.fixture
def browser_of() -> Callable[[Actor], Client]:
    """A client signed in as the actor in English, with a second factor entered just now."""

    def open_browser(actor: Actor) -> Client:
        client = Client()
        client.force_login(Person.objects.get(pk=actor.person_id), "django.contrib.auth.backends.ModelBackend")
        client.cookies["jaga_language"] = "en"
        show_factor(client, actor.person_id)
        return client

    return open_browser
