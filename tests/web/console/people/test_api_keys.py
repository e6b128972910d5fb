"""API keys and undelivered webhooks, for administrators."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World
from tests.web.console.conftest import Staff

from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.outside import DeliveryState
from jaga.core.terms.people import Role
from jaga.people.models import OfficerKey
from jaga.people.reads.api_keys import KeyRevoked, officer_by_key
from jaga.webhooks.models import WebhookDelivery, WebhookEndpoint
from jaga.webhooks.verbs import WAITS, NewEndpoint, not_delivered, register_endpoint, take_deliveries, test_endpoint

send_test = test_endpoint
send_test.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def browser(world: World, staff: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    return browser_of(staff.by_role[Role.ADMINISTRATOR])


def _form(world: World, **changes: object) -> dict[str, object]:
    return {
        "holder": str(world.officer.person_id),
        "scopes": ["reports:write"],
        "label": "Impor",
        "days": "30",
        "per_minute": "100",
        "per_day": "500",
        **changes,
    }


def test_a_key_is_made_shown_once_and_taken_back(world: World, browser: Client) -> None:
    """The page shows its rights and validity; afterwards only its first characters are known."""
    made = browser.post("/console/api-keys/", _form(world))
    (secret,) = re.findall(r"jaga_[\w-]{43}", made.content.decode())
    holder = officer_by_key(secret)
    assert {scope.value for scope in holder.scopes} == {"reports:write"}
    assert (holder.per_minute, holder.per_day) == (100, 500)
    row = OfficerKey.objects.get()
    assert row.expires_at - row.created_at == timedelta(days=30)
    listed = browser.get("/console/api-keys/").content.decode()
    assert secret not in listed
    assert secret[:10] in listed
    assert browser.post(f"/console/api-keys/{row.pk}/revoke/").status_code == 302
    with pytest.raises(KeyRevoked):
        officer_by_key(secret)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("holder", ""),
        ("holder", "999999"),
        ("days", "0"),
        ("days", "x"),
        ("days", "9999"),
        ("per_minute", "-1"),
        ("per_day", "99999999999999"),
        ("label", "x" * 81),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(world: World, browser: Client, field: str, value: str) -> None:
    """The form keeps what was entered."""
    answer = browser.post("/console/api-keys/", _form(world, **{field: value}))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.content.decode()
    assert not OfficerKey.objects.exists()


def test_a_key_opens_no_more_than_its_holder_may(world: World, browser: Client) -> None:
    """A supervisor's key may file reports; requests need an officer's."""
    form = _form(world, holder=str(world.supervisor.person_id), scopes=["requests:write"])
    assert browser.post("/console/api-keys/", form).status_code == 422
    assert browser.post("/console/api-keys/", {**form, "holder": str(world.reviewers[0].person_id)}).status_code == 422
    assert browser.post("/console/api-keys/", {**form, "scopes": []}).status_code == 200
    assert "requests:write" not in OfficerKey.objects.get().scopes


def test_dead_letters_are_seen_and_sent_again(world: World, browser: Client) -> None:
    """The page shows why a webhook was not delivered and a button to retry; an address can be disabled."""
    endpoint = register_endpoint(NewEndpoint("https://contoh.example/hook"), actor=world.officer).endpoint_id
    delivery, moment = send_test(endpoint, actor=world.officer), now()
    for _ in range(len(WAITS) + 1):
        with frozen(moment):
            take_deliveries()
            not_delivered(delivery, "http_503")
        moment += timedelta(days=2)
    page = browser.get("/console/webhooks/").content.decode()
    assert "http_503" in page
    assert "https://contoh.example/hook" in page
    assert browser.post(f"/console/webhooks/deliveries/{delivery}/redeliver/").status_code == 302
    assert WebhookDelivery.objects.get().state == DeliveryState.WAITING
    assert browser.post(f"/console/webhooks/deliveries/{delivery}/redeliver/").status_code == 409
    assert browser.post(f"/console/webhooks/{endpoint}/disable/").status_code == 302
    assert WebhookEndpoint.objects.get().disabled_at is not None
