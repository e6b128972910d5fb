"""Second factors at the same moment: a code is valid once, with real threads and connections."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.db import connection
from tests.casework.actions.test_at_once import at_once, world
from tests.factories import World
from tests.web.console.factors import exempt, paper_of, signs_in, with_app

from jaga.people.reads.roster import cookie_name, new_cookie

__all__ = ["world"]  # the fixture
STEP, CODE = "/console/second-factor/", "second_factor_code"


@pytest.fixture(autouse=True)
def nothing_remembered(settings: Any) -> Iterator[None]:
    """As in several processes: none knows what another has cached."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    yield
    cache.clear()


@pytest.mark.parametrize("kind", ["app", "paper"])
def test_one_code_on_four_devices_opens_one_session(world: World, kind: str) -> None:
    """Each device counts its own attempts, so they do not wait for each other."""
    person = world.reviewers[0]
    app = with_app(person)
    code = app.code() if kind == "app" else app.paper[0]
    clients = [signs_in(person) for _ in range(4)]
    for client in clients:
        client.cookies[cookie_name(person.name)] = new_cookie(person.name)
    sends: list[Callable[[], int]] = [
        lambda client=client: int(client.post(STEP, {CODE: code}).status_code) for client in clients
    ]  # type: ignore[misc]
    assert sorted(at_once(*sends)) == [302, 422, 422, 422]


def test_a_code_used_while_the_list_is_first_shown_stays_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page records that the list was shown and does not undo the use of a code."""
    person = world.reviewers[0]
    exempt(person)
    app = with_app(person)
    owner, other = signs_in(person), signs_in(person)
    owner.post(STEP, {CODE: app.paper[1]})
    marked, used = RecoveryCodes.mark_as_viewed, []

    def use() -> None:
        used.append(other.post(STEP, {CODE: app.paper[0]}).status_code)
        connection.close()

    thread = Thread(target=use)

    def mark(codes: RecoveryCodes) -> None:
        """The other thread has a second to use a code between reading and storing."""
        thread.start()
        thread.join(1)
        marked(codes)

    monkeypatch.setattr(RecoveryCodes, "mark_as_viewed", mark)
    assert owner.get("/console/factors/codes/").status_code == 200
    thread.join(30)
    assert used == [302]
    assert app.paper[0] not in paper_of(person)
