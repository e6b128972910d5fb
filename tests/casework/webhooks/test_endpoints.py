"""Webhooks: queued in the transaction of their event, retried for days, dead messages visible."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.factories import ACCOUNT, World, carry_through, make_world, new_report, new_request, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.standard_webhooks import WebhookPublicKey, verify, verifying_key
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import DeliveryState, HookEvent
from jaga.core.terms.reports import Channel
from jaga.people.verbs import officers
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.verbs import triage
from jaga.store.models import Installation
from jaga.webhooks.models import WebhookDelivery, WebhookEndpoint
from jaga.webhooks.verbs import (
    MOST_ENDPOINTS,
    WAITS,
    EndpointDisabled,
    NewEndpoint,
    NotDead,
    TooManyEndpoints,
    delivered,
    disable_endpoint,
    endpoint_gone,
    forget_delivered,
    not_delivered,
    redeliver,
    register_endpoint,
    take_deliveries,
)

URL = "https://contoh.example/hook"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def a_sent_report(world: World) -> int:
    """A report accepted from a police officer's key, and filed."""
    officer = world.officer
    new = replace(
        new_report(),
        channel=Channel.POLICE,
        organisation_id=officer.organisation_id,
        officer_id=officer.person_id,
        reference="P-9",
        source="organisation",
    )
    accepted = intake.accept_report(new, actor=officer)
    file_waiting()
    return accepted.report_id


def bodies() -> list[dict[str, object]]:
    """The queued messages in order."""
    return [json.loads(row.body) for row in WebhookDelivery.objects.order_by("pk")]


def test_the_sender_is_told_of_filing_decision_and_verified_end(world: World) -> None:
    """Each in the transaction of its cause, with numbers and terms, and without texts and names."""
    register_endpoint(NewEndpoint(URL), actor=world.officer)
    register_endpoint(NewEndpoint(URL), actor=world.minister)  # of another organisation: is told of nothing
    number = a_sent_report(world)
    case = Case.objects.get()
    triage.triage_case(case.pk, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(case.pk, DecisionKind.CLOSE, reviewer)
    carry_through(case.pk)
    told = bodies()
    assert [one["type"] for one in told] == ["report.filed", "report.decided", "report.verified"]
    assert {one["data"]["report_id"] for one in told} == {number}  # type: ignore[index]
    assert [one["data"]["decision"] for one in told] == [None, "close", "close"]  # type: ignore[index]
    assert [one["data"]["state"] for one in told] == ["received", "acting", "resolved"]  # type: ignore[index]
    said = json.dumps(told)
    assert ACCOUNT not in said
    assert "open BO" not in said
    assert WebhookDelivery.objects.exclude(endpoint__holder_id=world.officer.person_id).count() == 0


def test_requests_are_told_as_requests_and_only_what_was_asked_for(world: World) -> None:
    """The event's name says what it concerns; an endpoint gets only the events that it named."""
    register_endpoint(NewEndpoint(URL, (HookEvent.REQUEST_DECIDED,)), actor=world.officer)
    requests.file_request(new_request(), actor=world.officer)
    case = Case.objects.get()
    triage.triage_case(case.pk, actor=SYSTEM)
    vote(case.pk, DecisionKind.DISMISS, world.reviewers[0])
    assert [one["type"] for one in bodies()] == ["request.decided"]


def test_a_reporter_of_the_public_is_told_by_no_webhook(world: World) -> None:
    """They have their receipt; nobody else is notified about their report."""
    register_endpoint(NewEndpoint(URL), actor=world.officer)
    intake.file_report(new_report(), actor=SYSTEM)
    assert bodies() == []


def _one_waiting(world: World) -> tuple[int, int]:
    endpoint = register_endpoint(NewEndpoint(URL), actor=world.officer).endpoint_id
    a_sent_report(world)
    return endpoint, WebhookDelivery.objects.get().pk


def test_a_message_that_was_taken_is_sent_by_nobody_else(world: World) -> None:
    """Two workers never send the same message at once; if a worker died, the next one takes over after two minutes."""
    _one_waiting(world)
    (hook,) = take_deliveries()
    assert take_deliveries() == []
    with frozen(now() + timedelta(minutes=3)):
        assert [one.hook_id for one in take_deliveries()] == [hook.hook_id]


def test_it_is_signed_by_a_key_of_the_endpoint(world: World) -> None:
    """The public key is returned at registration; the private key is encrypted and readable in no table."""
    from jaga.core.standard_webhooks import sign

    _one_waiting(world)
    (hook,) = take_deliveries()
    row = WebhookEndpoint.objects.get()
    key = verifying_key(row.public_key)
    assert isinstance(key, WebhookPublicKey)
    assert verify(key, sign(hook.keys, hook.hook_id, now(), hook.body), hook.body, now=now()).id == hook.hook_id
    assert b"whsk_" not in bytes(row.sealed_key)


def test_a_library_that_knows_shared_secrets_only_verifies_it(world: World) -> None:
    """The PyPI package of the standard's authors verifies it with the secret shown at registration."""
    from standardwebhooks import Webhook, WebhookVerificationError

    from jaga.core.standard_webhooks import sign

    made = register_endpoint(NewEndpoint(URL), actor=world.officer)
    other = register_endpoint(NewEndpoint(URL), actor=world.officer)
    a_sent_report(world)
    hook = next(one for one in take_deliveries() if one.endpoint_id == made.endpoint_id)
    headers = sign(hook.keys, hook.hook_id, now(), hook.body)
    assert [one.partition(",")[0] for one in headers["webhook-signature"].split()] == ["v1a", "v1"]
    assert Webhook(made.secret).verify(hook.body, headers) == json.loads(hook.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(hook.body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(other.secret).verify(hook.body, headers)
    assert made.secret.encode() not in bytes(WebhookEndpoint.objects.get(pk=made.endpoint_id).sealed_key)
    assert made.secret not in repr(made)


def test_it_is_tried_for_days_and_then_dead_in_sight(world: World) -> None:
    """With growing random pauses; a person can send it again with the same id."""
    _, delivery = _one_waiting(world)
    hook_id = WebhookDelivery.objects.get().hook_id
    with pytest.raises(NotDead):
        redeliver(delivery, actor=world.officer)
    moment = began = now()
    for wait in WAITS:
        with frozen(moment):
            assert len(take_deliveries()) == 1
            not_delivered(delivery, "http_500")
            row = WebhookDelivery.objects.get()
            assert 0.8 * wait <= row.next_attempt_at - moment <= 1.2 * wait
            moment = row.next_attempt_at
    assert moment - began > timedelta(days=2.5)
    with frozen(moment):
        not_delivered(delivery, "http_500")
    row = WebhookDelivery.objects.get()
    assert (row.state, row.failure) == (DeliveryState.DEAD, "http_500")
    with frozen(moment + timedelta(days=9)):
        assert take_deliveries() == []
    with pytest.raises(NotFound):
        redeliver(delivery, actor=world.minister)
    redeliver(delivery, actor=world.officer)
    assert [one.hook_id for one in take_deliveries()] == [hook_id]


def test_what_arrived_is_forgotten_after_a_month(world: World) -> None:
    """Nobody needs it; dead messages stay."""
    _, delivery = _one_waiting(world)
    delivered(delivery)
    assert forget_delivered() == 0
    with frozen(now() + timedelta(days=31)):
        assert forget_delivered() == 1


def test_a_key_that_cannot_be_opened_ends_its_endpoint_alone(world: World) -> None:
    """If the secret outside the database was replaced, the others continue, and the holder registers this one again."""
    endpoint, _ = _one_waiting(world)
    register_endpoint(NewEndpoint(URL), actor=world.officer)
    WebhookEndpoint.objects.filter(pk=endpoint).update(sealed_key=b"sealed under another key")
    a_sent_report(world)
    assert len(take_deliveries()) == 1
    assert WebhookEndpoint.objects.get(pk=endpoint).disabled_why == "key_lost"
    assert {row.state for row in WebhookDelivery.objects.filter(endpoint_id=endpoint)} == {DeliveryState.DEAD}


@pytest.mark.parametrize("how", ["removed", "gone"])
def test_an_endpoint_out_of_use_gets_nothing(world: World, how: str) -> None:
    """By its holder or because the receiver asked for it; waiting messages are dead, and no new ones are queued."""
    endpoint, delivery = _one_waiting(world)
    with pytest.raises(NotFound):
        disable_endpoint(endpoint, actor=world.minister)
    if how == "removed":
        disable_endpoint(endpoint, actor=world.officer)
    else:
        endpoint_gone(endpoint, actor=SYSTEM)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.failure) == (DeliveryState.DEAD, f"endpoint_{how}")
    with pytest.raises(EndpointDisabled):
        redeliver(delivery, actor=world.officer)
    a_sent_report(world)
    assert WebhookDelivery.objects.count() == 1


def test_whoever_may_see_nothing_is_told_nothing(world: World) -> None:
    """Messages for a suspended person are sent when the suspension ends; after the end of access none are."""
    endpoint, _ = _one_waiting(world)
    number = world.officer.person_id or 0
    officers.suspend(number, "kunci dicuri", actor=CLI)
    a_sent_report(world)
    assert take_deliveries() == []
    officers.lift_suspension(number, actor=CLI)
    assert len(take_deliveries()) == 2
    officers.remove(number, actor=CLI)
    assert WebhookEndpoint.objects.get(pk=endpoint).disabled_why == "access_ended"
    assert {row.state for row in WebhookDelivery.objects.all()} == {DeliveryState.DEAD}
    a_sent_report(world)
    assert WebhookDelivery.objects.count() == 2


@pytest.mark.parametrize(
    "url",
    [
        "",
        "contoh.example",
        "ftp://contoh.example/",
        "https://",
        "https://a:b@contoh.example/",
        "https://contoh.example/#x",
        "https://contoh.example:0/",
        "https://contoh.example/ a",
        "https://contoh.example/\n",
        "https://[::1/",
        "data:1",
        "http://contoh.example/",
        "http://127.0.0.1/",
        "https://cont\u00f6h.example/",
        "https://x/" + "a" * 500,
    ],
)
def test_addresses_that_are_none_or_not_encrypted_are_refused(world: World, url: str) -> None:
    """At registration, field by field; the host is looked up when it is called."""
    with pytest.raises(InvalidInput) as refused:
        register_endpoint(NewEndpoint(url), actor=world.officer)
    assert refused.value.errors[0].field == "url"
    register_endpoint(NewEndpoint(URL), actor=world.officer)


def test_only_a_practice_installation_calls_this_machine(world: World) -> None:
    """And plain HTTP to nobody else."""
    Installation.objects.update_or_create(
        id=1, defaults={"host_kind": "operator", "practice": True, "created_at": now()}
    )
    register_endpoint(NewEndpoint("http://127.0.0.1:9000/hook"), actor=world.officer)
    with pytest.raises(InvalidInput):
        register_endpoint(NewEndpoint("http://contoh.example/"), actor=world.officer)


def test_nobody_has_more_than_a_few_endpoints(world: World) -> None:
    """Each report would be announced that many times."""
    for _ in range(MOST_ENDPOINTS):
        last = register_endpoint(NewEndpoint(URL), actor=world.officer).endpoint_id
    with pytest.raises(TooManyEndpoints):
        register_endpoint(NewEndpoint(URL), actor=world.officer)
    disable_endpoint(last, actor=CLI)
    register_endpoint(NewEndpoint(URL), actor=world.officer)
