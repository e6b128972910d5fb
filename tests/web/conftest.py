"""For all tests of pages and API: static files are found without collectstatic, and each request of a test client has
only the rights of the web server's database role, as in production.
"""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponseBase
from django.test.client import ClientHandler
from tests.roles import acting_as

from jaga.reporting.public.form import SENT
from jaga.web.strangers import WRONG


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any, tmp_path: Path) -> None:
    """Hashed file names need `collectstatic`, which runs in production; here files are served under their own names."""
    settings.STATIC_ROOT = str(tmp_path)  # WhiteNoise warns where there is no folder
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Clear the process's caches of figures, failed attempts and sent reports between tests."""
    cache.clear()
    SENT.clear()
    WRONG.clear()


@pytest.fixture(autouse=True)
def _as_the_web_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests run as the web server's database role, so a missing right fails the test that needs it."""
    marked = request.node.get_closest_marker("django_db") is not None
    if not marked and not {"db", "transactional_db"} & set(request.fixturenames):
        return
    request.getfixturevalue("database_roles")
    answer = BaseHandler.get_response

    def limited(self: ClientHandler, asked: HttpRequest) -> HttpResponseBase:
        with acting_as("web"):
            return answer(self, asked)

    monkeypatch.setattr(ClientHandler, "get_response", limited)
