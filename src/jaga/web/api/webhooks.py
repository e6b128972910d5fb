"""Webhooks out: say where your own software is told of news, and see what did not arrive. docs/webhooks-out.md."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from jaga.casework.webhooks.endpoints import LONGEST_URL, NewEndpoint, disable_endpoint, redeliver, register_endpoint
from jaga.casework.webhooks.endpoints import test_endpoint as send_test
from jaga.core.errors import InvalidInput
from jaga.core.terms import DeliveryState, HookEvent
from jaga.records.access.webhooks.endpoints import (
    DeliveryView,
    EndpointView,
    access_endpoint,
    list_deliveries,
    list_endpoints,
)
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import Text, at_most
from jaga.web.api.pages import Cursor, Limit, Page, cut
from jaga.web.api.problems import Problem
from jaga.web.api.reading import read_json, understood

router = Router(tags=["webhooks"])
_MOST_BYTES = 16 * 1024
_READ = {401: Problem, 403: Problem, 429: Problem}
_ONE = {**_READ, 404: Problem}


class EndpointIn(BaseModel):
    """The address that receives webhooks."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": ["url"]})

    url: Text = Field("", description="Begins with https://; its host must be on the public internet.",
                      json_schema_extra=at_most(LONGEST_URL))
    events: list[Annotated[HookEvent, Field(strict=False)]] = Field([], description="The events to send. Default: all.")


class EndpointOut(Schema):
    """A registered address. Verify each message with `public_key`.

    `waiting`, `delivered` and `dead` count its messages.
    """

    endpoint_id: int
    url: str
    events: list[HookEvent]
    public_key: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str
    waiting: int
    delivered: int
    dead: int


class EndpointMadeOut(EndpointOut):
    """A new address. `secret` (`whsec_…`) is for libraries that can verify only `v1` signatures. It is shown only once.
    """

    secret: str


class EndpointsOut(Schema):
    """All of your addresses, including disabled ones."""

    items: list[EndpointOut]


class DeliveryOut(Schema):
    """One message: its event, the number of attempts, and why the last one failed."""

    delivery_id: int
    webhook_id: str
    event: HookEvent
    report_id: int | None
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    failure: str


class DeliveriesOut(Page):
    """A page of messages."""

    items: list[DeliveryOut]


class Promised(Schema):
    """The message will be sent within seconds. The list of deliveries shows its state."""

    delivery_id: int


_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {
    "schema": EndpointIn.model_json_schema(ref_template="#/components/schemas/{model}")}}}}


@router.post("/webhooks", openapi_extra=_BODY, summary="Register an address for webhooks", response={
    201: EndpointMadeOut, 400: Problem, **_READ, 409: Problem, 413: Problem, 415: Problem, 422: Problem,
})
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


@router.post("/webhooks/{int:endpoint_id}/test", response={202: Promised, **_ONE, 409: Problem},
             summary="Send a test message")
def send_a_test(request: HttpRequest, endpoint_id: int) -> Status[Promised]:
    """Use it to see whether messages arrive and can be verified. The event is `endpoint.test`."""
    return Status(202, Promised(delivery_id=send_test(endpoint_id, actor=officer_of(request).own)))


@router.get("/webhooks/{int:endpoint_id}/deliveries", response={200: DeliveriesOut, **_ONE, 422: Problem},
            summary="List the messages to an address")
def deliveries(request: HttpRequest, endpoint_id: int, state: DeliveryState | None = None, cursor: Cursor = None,
               limit: Limit = 50) -> DeliveriesOut:
    """The newest message comes first. `state=dead` lists those that never arrived."""
    rows = list_deliveries(endpoint_id, officer_of(request), state=state, before=cursor, most=limit + 1)
    page, following = cut(rows, limit, lambda delivery: delivery.delivery_id)
    return DeliveriesOut(items=[_delivery(delivery) for delivery in page], next=following)


@router.post("/webhook-deliveries/{int:delivery_id}/redeliver", response={202: Promised, **_ONE, 409: Problem},
             summary="Send an undelivered message again")
def send_again(request: HttpRequest, delivery_id: int) -> Status[Promised]:
    """The message keeps its id, so that a receiver can recognise a repeat."""
    redeliver(delivery_id, actor=officer_of(request).own)
    return Status(202, Promised(delivery_id=delivery_id))


def _endpoint(endpoint: EndpointView) -> EndpointOut:
    return EndpointOut(
        endpoint_id=endpoint.endpoint_id, url=endpoint.url, events=list(endpoint.events),
        public_key=endpoint.public_key,
        created_at=endpoint.created_at, disabled_at=endpoint.disabled_at, disabled_why=endpoint.disabled_why,
        **{state.value: count for state, count in endpoint.counts.items()},
    )


def _delivery(delivery: DeliveryView) -> DeliveryOut:
    return DeliveryOut(
        delivery_id=delivery.delivery_id, webhook_id=delivery.hook_id, event=delivery.event,
        report_id=delivery.report_id,
        state=delivery.state, attempts=delivery.attempts, created_at=delivery.created_at,
        next_attempt_at=delivery.next_attempt_at,
        ended_at=delivery.ended_at, failure=delivery.failure,
    )
