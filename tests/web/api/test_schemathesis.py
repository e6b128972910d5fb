"""Invented calls against the OpenAPI document: no server error and no undescribed answer."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from tests.examples import SAMPLED
from tests.web.api.conftest import World

from jaga.app.api.v1 import api
from jaga.core.actors import CLI
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.web.api import auth
from jaga.web.api.openapi import operations

# A removed webhook stays to be read, with why it is out of use: `use_after_free` would be wrong to complain.
LEFT_OUT = {"use_after_free"}
load_all_checks()
ALL = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]
REJECTION = CHECKS.get_one("negative_data_rejection")
_bounded = settings(
    max_examples=2 if SAMPLED else 6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# A report that is refused does not refuse the others of its batch; a request without proof is held, whatever it holds.
TAKES_WHAT_DOES_NOT_FIT = ("/api/v1/reports/batch", "/api/v1/requests", "/api/v1/orders")
DOCUMENT = api.get_openapi_schema(path_prefix="/api/v1/")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# What there is (platforms, categories, numbers) no schema tells: that it is not there is an answer to what fits it.
ACCEPTED = ["2xx", "404", "409", "413", "422", "429"]
SCHEMA.config.checks.positive_data_acceptance.expected_statuses = ACCEPTED
EACH = [(method.upper(), address) for address, method, _ in operations(DOCUMENT)]


@cache
def _application() -> Any:
    """One for all tests: schemathesis reads the constants of its code again for each new one."""
    return get_wsgi_application()


@pytest.fixture
def app() -> Iterator[Any]:
    """The WSGI application, within the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield _application()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(world: World) -> dict[str, str]:
    """The police's key, with all rights and a sufficient quota."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_minute=100_000, per_day=100_000), actor=CLI)
    return {"Authorization": f"Bearer {key.secret}"}


def _try(app: Any, method: str, address: str, mode: GenerationMode, then: Callable[[Any], None]) -> None:
    SCHEMA.app = app
    operation = SCHEMA[address][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @_bounded
    def each(case: Any) -> None:
        auth.WRONG_KEYS.clear()  # a check sends wrong keys
        then(case)

    each()


@pytest.mark.parametrize(("method", "address"), EACH)
def test_what_fits_the_description_is_answered_as_described(
    app: Any, headers: dict[str, str], method: str, address: str
) -> None:
    """Statuses, content types, headers and bodies match the document, and every call needs its key."""
    _try(
        app, method, address, GenerationMode.POSITIVE, lambda case: case.call_and_validate(headers=headers, checks=ALL)
    )


@pytest.mark.parametrize(("method", "address"), EACH)
def test_what_does_not_fit_is_refused_as_described(
    app: Any, headers: dict[str, str], method: str, address: str
) -> None:
    """Wrong types, missing parts and unknown names get a 4xx with a problem document, never a server error."""
    left_out = [REJECTION] if address in TAKES_WHAT_DOES_NOT_FIT else []
    _try(
        app,
        method,
        address,
        GenerationMode.NEGATIVE,
        lambda case: case.call_and_validate(headers=headers, checks=ALL, excluded_checks=left_out),
    )
