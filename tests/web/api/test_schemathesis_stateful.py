"""The API against its own description, call after call: the next call uses what the last one returned (OpenAPI
links).
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from tests.web.api.conftest import PDF, PNG, Caller, World, fitting_basis
from tests.web.api.test_schemathesis import ACCEPTED, ALL, DOCUMENT, app, headers  # noqa: F401 - fixtures

from jaga.authorities.models import Order
from jaga.cases.models.reports import Report
from jaga.policy.local_time import today
from jaga.web.api import auth
from jaga.web.api.openapi import operations
from jaga.webhooks.models import WebhookEndpoint

Wsgi = Callable[..., Any]
# By hand, for some minutes: SCHEMATHESIS_EXAMPLES=400 python -m pytest tests/web/api/test_schemathesis_stateful.py
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))


def _signed(application: Wsgi, caller: Caller) -> Wsgi:
    """The application behind a client that signs any JSON it sends."""

    def signing(environ: dict[str, Any], start: Any) -> Any:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(raw)
        for name, value in caller.signature(raw).items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return application(environ, start)

    return signing


def _fitting() -> dict[str, Callable[[str], dict[str, Any]]]:
    """For each call that creates something: the required fields, with a new letter each time."""
    account = {"platform": "contoh", "account": "@iklan:localhost", "category": "prostitution_advertising"}
    letter = {
        "letter_date": today().isoformat(),
        "legal_basis": fitting_basis(),
        "urgent": False,
        "legal_analysis": "Mengiklankan layanan.",
        "letter": b64encode(PDF).decode(),
        "letter_sha256": "",
        "court_order": "",
    }
    place = {"locator": "@iklan:localhost", "screenshots": [b64encode(PNG).decode()], "conduct_on": today().isoformat()}
    return {
        "POST /api/v1/requests": lambda number: {**account, **letter, **place, "letter_number": number},
        "POST /api/v1/orders": lambda number: {**letter, "letter_number": number, "accounts": [{**account, **place}]},
        "POST /api/v1/reports": lambda number: {
            **account,
            "text": "open BO",
            "links": [],
            "screenshot": None,
            "conduct_on": today().isoformat(),
            "route": "ordinary",
        },
        "POST /api/v1/webhooks": lambda number: {"url": f"https://contoh.example/{number}", "events": []},
    }


@contextmanager
def _machine(application: Wsgi, told: dict[str, str]) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = application
    schema.config.checks.positive_data_acceptance.expected_statuses = ACCEPTED
    schema.config.generation.allow_x00 = False  # An address with a NUL reaches no operation (`middleware`): always 400.
    fitting, numbers = _fitting(), iter(range(10**9))

    @schema.hook
    def flatmap_case(context: Any, case: Any) -> Any:
        """Half of the bodies are completed so that something is created. The others stay as generated, and so do those
        generated to violate the schema: completed, they would be accepted though they count as invalid.
        """
        make = fitting.get(context.operation.label)
        broken = case.meta is not None and case.meta.generation.mode.is_negative
        if make is None or broken or not isinstance(case.body, dict):
            return st.just(case)

        def filled(fits: bool) -> Any:
            if fits:
                case.body = {**case.body, **make(f"B/{next(numbers)}/2026")}
            return case

        return st.booleans().map(filled)

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        """Each call with the officer's key; all checks run on each answer."""

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": told}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = None, **kwargs: Any) -> None:
            auth.WRONG_KEYS.clear()  # a check sends wrong keys, and more of them than one network may
            case.validate_response(
                response,
                checks=ALL,
                additional_checks=additional_checks,
                headers=told,
                transport_kwargs={"headers": told},
                recorder=self.recorder,
            )

    yield Machine


def test_every_call_that_takes_a_number_is_led_to_by_one() -> None:
    """Each operation with a number in its address can be reached by a link from an operation that returns numbers."""
    led_to = {
        name
        for _, _, operation in operations(DOCUMENT)
        for answer in operation["responses"].values()
        for name in answer.get("links", {})
    }
    asking = {operation["operationId"] for address, _, operation in operations(DOCUMENT) if "{" in address}
    assert asking <= led_to


@pytest.mark.django_db
def test_call_after_call_is_answered_as_described(app: Wsgi, headers: dict[str, str], world: World) -> None:  # noqa: F811
    """Orders, requests, reports, files and webhooks are created and followed by number, without a server error."""
    with _machine(_signed(app, world.police), headers) as machine:
        machine.run(
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=30,
                deadline=None,
                database=None,
                derandomize=True,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            )
        )
    assert Report.objects.exists()
    assert Order.objects.exists()
    assert WebhookEndpoint.objects.exists()
