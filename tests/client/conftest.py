"""The API's world of officers and keys, and a connection that a test can disturb."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from tests.web.api.conftest import (  # noqa: F401 - fixtures here too
    World,
    _no_static_files,
    _nothing_counted,
    world,
)

from jaga.client.calls import Jaga


class Line(httpx.BaseTransport):
    """The connection to the API, on which answers can be lost or replaced."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.WSGITransport(app=app)
        self.troubles: list[Callable[[httpx.Response], httpx.Response]] = []
        self.calls: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        response = self._inner.handle_request(request)
        response.read()
        return self.troubles.pop(0)(response) if self.troubles else response


@pytest.fixture
def line() -> Iterator[Line]:
    """A connection to the application within the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Line(get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def lost(response: httpx.Response) -> httpx.Response:
    """The call had its effect, but its answer was lost."""
    raise httpx.ReadError("lost")


def full(response: httpx.Response) -> httpx.Response:
    """A proxy answers that the server is at capacity."""
    return httpx.Response(503, headers={"Retry-After": "7"})


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def jaga(world: World, line: Line, pauses: list[float]) -> Iterator[Jaga]:  # noqa: F811 - the fixture
    with Jaga("http://testserver", world.police.secret, language="en", http=line, sleep=pauses.append) as made:
        yield made
