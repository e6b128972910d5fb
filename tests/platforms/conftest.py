"""The servers that several files here share, one set for the session."""

import os
from collections.abc import Iterator

import pytest
from tests.platforms.atproto_servers import AtprotoServers, installed, running_atproto


@pytest.fixture(scope="session")
def atproto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtprotoServers]:
    """A real PDS with a real Ozone in front of it, shared by the tests; each creates its own accounts."""
    if not installed():
        pytest.skip("needs the AT Protocol's servers: python3 tools/bootstrap.py test --atproto")
    with running_atproto(tmp_path_factory.mktemp("atproto"), os.environ["DATABASE_URL"]) as servers:
        yield servers
