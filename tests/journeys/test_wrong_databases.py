"""A database that was made for something else is refused: practice for real work, or another jurisdiction's."""

from pathlib import Path

import httpx
import pytest
from tests.journeys.installation import Installation, environment_for, jaga

from jaga.app.services.processes import free_port

pytestmark = pytest.mark.synapse


def test_a_practice_database_is_refused_for_real_work(installation: Installation, a_home: Path) -> None:
    """PRACTICE=0 on it ends with one clear sentence, before anything serves."""
    port = free_port()
    environment = environment_for(a_home, port, PRACTICE="0", DATABASE_URL=installation.database)
    refused = jaga(environment, "run")
    assert refused.returncode == 1
    assert "practice" in refused.stderr
    assert "PRACTICE or DATABASE_URL" in refused.stderr
    assert "Traceback" not in refused.stderr
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5)
    assert installation.one("SELECT practice FROM records_installation") is True


def test_a_database_of_another_jurisdiction_is_refused(installation: Installation, a_home: Path) -> None:
    """Before anything serves: by `run`, and by each command that opens the database."""
    environment = environment_for(a_home, free_port(), DATABASE_URL=installation.database, JAGA_RELEASE="eu")
    for command in (("run",), ("ledger", "verify")):
        refused = jaga(environment, *command)
        assert refused.returncode == 1
        assert "for the jurisdiction ID, and the release here is for EU" in refused.stderr
        assert "JAGA_RELEASE=id" in refused.stderr
        assert "Traceback" not in refused.stderr
