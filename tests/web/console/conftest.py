"""A world with a person in every role, and browsers of theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.factories import World, make_world

from jaga.casework import people
from jaga.core.actors import CLI, Actor
from jaga.core.terms import Language, OrganisationKind, Role
from jaga.records.models import Person

PASSWORD = "a-long-practice-password"
ENGLISH = {"jaga_language": "en"}


@dataclass(frozen=True)
class Staff:
    """One person for each role beside the reviewers of `World`."""

    by_role: dict[Role, Actor]


@pytest.fixture(scope="session", autouse=True)
def _a_folder_for_static_files() -> None:
    """The live server starts before any test's own settings, and WhiteNoise warns where there is no folder."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def staff(world: World) -> Staff:
    operator = people.create_organisation("Operator Kedua", OrganisationKind.OPERATOR, practice=True, actor=CLI)

    def person(role: Role) -> Actor:
        new = people.NewPerson(f"a-{role}", f"A {role.title()}", operator.pk, (role,), PASSWORD, Language.ENGLISH)
        return people.actor_for(people.create_person(new, actor=CLI))

    return Staff({role: person(role) for role in Role})


@pytest.fixture
def browser_of() -> Callable[[Actor], Client]:
    """A client in which the actor is signed in, reading English."""

    def open_browser(actor: Actor) -> Client:
        client = Client()
        client.force_login(Person.objects.get(pk=actor.person_id), "django.contrib.auth.backends.ModelBackend")
        client.cookies["jaga_language"] = "en"
        return client

    return open_browser
