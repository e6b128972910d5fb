"""Outgoing webhooks: register addresses for news, and list undelivered messages (docs/webhooks-out.md)."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from jaga.core.errors import N_, InvalidInput
from jaga.core.terms.outside import DeliveryState, HookEvent
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import Text, at_most, read_json, understood
from jaga.web.api.problems import Cursor, Limit, Page, Problem, cut
from jaga.webhooks.reads import DeliveryView, EndpointView, access_endpoint, list_deliveries, list_endpoints
from jaga.webhooks.verbs import LONGEST_URL, NewEndpoint, disable_endpoint, redeliver, register_endpoint
from jaga.webhooks.verbs import test_endpoint as send_test

router = Router(tags=["webhooks"])
_MOST_BYTES = 16 * 1024
State = Annotated[DeliveryState | None, Field(description=N_("Only messages in this state, e.g. dead. Default: all."))]
_READ = {401: Problem, 403: Problem, 429: Problem}
_ONE = {**_READ, 404: Problem}


class EndpointIn(BaseModel):
    """The address that receives webhooks."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": ["url"]})

    url: Text = Field(
        "",
        description="Begins with https://; its host must be on the public internet.",
        json_schema_extra=at_most(LONGEST_URL),
    )
    events: list[Annotated[HookEvent, Field(strict=False)]] = Field([], description="The events to send. Default: all.")


class EndpointOut(Schema):
    """A registered address. Verify each message with `public_key`.

    `waiting`, `delivered` and `dead` count its messages.
    """

    endpoint_id: int = Field(description="The number of the address, e.g. 3.")
    url: str = Field(description="The address to which messages are sent.")
    events: list[HookEvent] = Field(description="The events that are sent to it.")
    public_key: str = Field(description="The key (`whpk_…`) that verifies the `v1a` signature of each message.")
    created_at: datetime = Field(description="When the address was registered.")
    disabled_at: datetime | None = Field(description="When the address was disabled; null while it is in use.")
    disabled_why: str = Field(description="Why it was disabled, for programs; empty while it is in use.")
    waiting: int = Field(description="The number of messages that wait to be sent.")
    delivered: int = Field(description="The number of messages that arrived.")
    dead: int = Field(description="The number of messages that were given up.")


class EndpointMadeOut(EndpointOut):
    """A new address. `secret` (`whsec_…`) is for libraries that can verify only `v1` signatures. It is shown only
    once.
    """

    secret: str = Field(description="The shared secret (`whsec_…`) for `v1` signatures. Shown only once.")


class EndpointsOut(Schema):
    """All of your addresses, including disabled ones."""

    items: list[EndpointOut] = Field(description="Your addresses, newest first.")


class DeliveryOut(Schema):
    """One message: its event, the number of attempts, and why the last one failed."""

    delivery_id: int = Field(description="The number of the message in the API, e.g. 77.")
    webhook_id: str = Field(description="The id of the message, which a repeat keeps (`webhook-id`).")
    event: HookEvent = Field(description="The event that the message tells of.")
    report_id: int | None = Field(description="The number of the report or request that it is about; null for a test.")
    state: DeliveryState = Field(description="Where the message is: waiting, delivered or dead.")
    attempts: int = Field(description="How often it was sent.")
    created_at: datetime = Field(description="When the event happened.")
    next_attempt_at: datetime | None = Field(description="When it is sent next; null if it is not sent any more.")
    ended_at: datetime | None = Field(description="When it arrived or was given up; null while it waits.")
    failure: str = Field(description="Why the last attempt failed, e.g. http_503; empty if none failed.")


class DeliveriesOut(Page):
    """A page of messages."""

    items: list[DeliveryOut] = Field(description="The messages of this page, newest first.")


class Promised(Schema):
    """The message will be sent within seconds. The list of deliveries shows its state."""

    delivery_id: int = Field(description="The number of the message, e.g. 77.")


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": EndpointIn.model_json_schema(ref_template="#/components/schemas/{model}")}
        },
    }
}


@router.post(
    "/webhooks",
    openapi_extra=_BODY,
    summary="Register an address for webhooks",
    response={
        201: EndpointMadeOut,
        400: Problem,
        **_READ,
        409: Problem,
        413: Problem,
        415: Problem,
        422: Problem,
    },
)
def register(request: HttpRequest, response: HttpResponse) -> Status[EndpointMadeOut]:
    """Each address has its own key. The answer has what you need to verify messages: `public_key`, or `secret`."""
    officer = officer_of(request)
    read, unreadable = understood(EndpointIn, read_json(request, _MOST_BYTES))
    if unreadable:
        raise InvalidInput(*unreadable)
    made = register_endpoint(NewEndpoint(read.url, tuple(read.events)), actor=officer.actor)
    response["Location"] = f"{request.path}/{made.endpoint_id}"
    endpoint = _endpoint(access_endpoint(made.endpoint_id, officer))
    return Status(201, EndpointMadeOut(**endpoint.dict(), secret=made.secret))


@router.get("/webhooks", response={200: EndpointsOut, **_READ}, summary="List your addresses for webhooks")
def index(request: HttpRequest) -> EndpointsOut:
    """The newest address comes first."""
    return EndpointsOut(items=[_endpoint(endpoint) for endpoint in list_endpoints(officer_of(request))])


@router.get("/webhooks/{int:endpoint_id}", response={200: EndpointOut, **_ONE}, summary="Get one of your addresses")
def show(request: HttpRequest, endpoint_id: int) -> EndpointOut:
    """Shows its events and the number of messages in each state."""
    return _endpoint(access_endpoint(endpoint_id, officer_of(request)))


@router.delete("/webhooks/{int:endpoint_id}", response={204: None, **_ONE}, summary="Disable a webhook address")
def remove(request: HttpRequest, endpoint_id: int) -> Status[None]:
    """Waiting messages become `dead` and stay in the list. Repeating the call changes nothing."""
    disable_endpoint(endpoint_id, actor=officer_of(request).own)
    return Status(204, None)


@router.post(
    "/webhooks/{int:endpoint_id}/test", response={202: Promised, **_ONE, 409: Problem}, summary="Send a test message"
)
def send_a_test(request: HttpRequest, endpoint_id: int) -> Status[Promised]:
    """Use it to see whether messages arrive and can be verified. The event is `endpoint.test`."""
    return Status(202, Promised(delivery_id=send_test(endpoint_id, actor=officer_of(request).own)))


@router.get(
    "/webhooks/{int:endpoint_id}/deliveries",
    response={200: DeliveriesOut, **_ONE, 422: Problem},
    summary="List the messages to an address",
)
def deliveries(
    request: HttpRequest, endpoint_id: int, state: State = None, cursor: Cursor = None, limit: Limit = 50
) -> DeliveriesOut:
    """The newest message comes first. `state=dead` lists those that never arrived."""
    rows = list_deliveries(endpoint_id, officer_of(request), state=state, before=cursor, most=limit + 1)
    page, following = cut(rows, limit, lambda delivery: delivery.delivery_id)
    return DeliveriesOut(items=[_delivery(delivery) for delivery in page], next=following)


@router.post(
    "/webhook-deliveries/{int:delivery_id}/redeliver",
    response={202: Promised, **_ONE, 409: Problem},
    summary="Send an undelivered message again",
)
def send_again(request: HttpRequest, delivery_id: int) -> Status[Promised]:
    """The message keeps its id, so that a receiver can recognise a repeat."""
    redeliver(delivery_id, actor=officer_of(request).own)
    return Status(202, Promised(delivery_id=delivery_id))


def _endpoint(endpoint: EndpointView) -> EndpointOut:
    return EndpointOut(
        endpoint_id=endpoint.endpoint_id,
        url=endpoint.url,
        events=list(endpoint.events),
        public_key=endpoint.public_key,
        created_at=endpoint.created_at,
        disabled_at=endpoint.disabled_at,
        disabled_why=endpoint.disabled_why,
        **{state.value: count for state, count in endpoint.counts.items()},
    )


def _delivery(delivery: DeliveryView) -> DeliveryOut:
    return DeliveryOut(
        delivery_id=delivery.delivery_id,
        webhook_id=delivery.hook_id,
        event=delivery.event,
        report_id=delivery.report_id,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        next_attempt_at=delivery.next_attempt_at,
        ended_at=delivery.ended_at,
        failure=delivery.failure,
    )
