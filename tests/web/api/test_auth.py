"""Who may call the API, and what a refused caller is told."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.web.api.conftest import World

from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.terms.people import Role
from jaga.people.models import OfficerKey, Person, PersonRole
from jaga.people.verbs.api_keys import KEY_LIFETIME, revoke_officer_key

ROUTES = [
    ("get", "/requests"),
    ("post", "/requests"),
    ("get", "/requests/1"),
    ("get", "/categories"),
    ("get", "/legal-bases?category=fraud"),
    ("get", "/platforms"),
    ("get", "/referrals"),
    ("post", "/reports"),
    ("post", "/reports/batch"),
    ("get", "/reports"),
    ("get", "/reports/1"),
    ("get", "/reports/1/proof"),
    ("post", "/batches"),
    ("get", "/batches"),
    ("get", "/batches/1"),
    ("post", "/batches/1/start"),
    ("post", "/batches/1/cancel"),
    ("get", "/batches/1/rows"),
    ("get", "/batches/1/refused.csv"),
    ("get", "/batches/1/reports.csv"),
    ("post", "/orders"),
    ("get", "/orders"),
    ("get", "/orders/1"),
    ("post", "/orders/1/withdrawal"),
    ("get", "/requests/1/clarifications"),
    ("post", "/requests/1/clarifications"),
    ("post", "/webhooks"),
    ("get", "/webhooks"),
    ("get", "/webhooks/1"),
    ("delete", "/webhooks/1"),
    ("post", "/webhooks/1/test"),
    ("get", "/webhooks/1/deliveries"),
    ("post", "/webhook-deliveries/1/redeliver"),
]


def test_every_route_is_in_the_matrix(client: Client) -> None:
    """A new route without a line here fails the test."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    known = {(method, path.split("?")[0]) for method, path in ROUTES}
    served = {
        (method, re.sub(r"\{\w+\}", "1", path.removeprefix("/api/v1"))) for path in paths for method in paths[path]
    }
    assert served == known


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer jaga_no", "Bearer \xff\x00"])
def test_no_route_answers_without_a_key(client: Client, db: None, method: str, path: str, header: str | None) -> None:
    """Without a valid key the answer is a 401 with a remedy."""
    headers = {} if header is None else {"Authorization": header}
    answer = getattr(client, method)(f"/api/v1{path}", headers=headers)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] in ("key_missing", "key_unknown")
    assert answer.json()["remedy"]


def test_a_session_opens_nothing(world: World, client: Client) -> None:
    """A console session is not an API key, so a page written by somebody else cannot call the API."""
    client.force_login(
        Person.objects.get(pk=world.police.person_id), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/api/v1/requests").status_code == 401


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] == "get" and "/1" not in route[1]])
def test_a_police_key_opens_every_list(world: World, method: str, path: str) -> None:
    """The same set-up as the refusals, with a valid key."""
    assert getattr(world.police, method)(path).status_code == 200


def test_every_authority_sees_its_own_referrals(world: World) -> None:
    """Any authority may be a receiver; each sees the referrals to its own organisation (test_requests)."""
    for caller in (world.police, world.ministry, world.agency):
        assert caller.get("/referrals").json()["items"] == []


def test_a_revoked_key_opens_nothing(world: World) -> None:
    """The refusal says that the key was revoked, and what to do."""
    assert world.police.get("/requests").status_code == 200
    revoke_officer_key(world.police.key_id, actor=CLI)
    answer = world.police.get("/requests")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")


def test_a_key_ends_by_itself(world: World) -> None:
    """A key works until its last moment and not after."""
    ends = OfficerKey.objects.get(pk=world.police.key_id).expires_at
    assert abs(now() + KEY_LIFETIME - ends) < timedelta(hours=1)
    with frozen(ends - timedelta(seconds=1)):
        assert world.police.get("/requests").status_code == 200
    with frozen(ends):
        answer = world.police.get("/requests")
    assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")


@pytest.mark.parametrize("left", ["inactive", "role"])
def test_an_officer_who_left_is_refused(world: World, left: str) -> None:
    """A key is refused as soon as its officer is no longer in good standing."""
    if left == "inactive":
        Person.objects.filter(pk=world.police.person_id).update(is_active=False)
    else:
        PersonRole.objects.filter(person_id=world.police.person_id, role=Role.OFFICER).delete()
    answer = world.police.get("/requests")
    assert (answer.status_code, answer.json()["code"]) == (401, "officer_not_registered")
    assert world.colleague.get("/requests").status_code == 200
