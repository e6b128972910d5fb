"""Eight people do the same thing at the same moment, over HTTP, at the web server as it runs in production.

Votes, leases, undoing, resuming, appeals, accounts, one form many times: the winner wins completely, all others are
told so, and nothing forbidden is stored. `bench.eight` does the same for any duration.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from tests.journeys import eight

from jaga.app import keys
from jaga.app.services.processes import free_port
from jaga.app.services.supervisor import Child, plans
from jaga.core.actors import CLI
from jaga.core.terms.people import HostKind
from jaga.people.verbs.people import claim_installation
from jaga.store.grants import Part

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST = 20.0  # seconds for all scenarios together; one that is not begun by then is left to the bench
UNDOABLE = 600


@pytest.fixture
def base_url(
    transactional_db: None, database_roles: Mapping[Part, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The web server's processes on this test's database, under their own role."""
    home, port = Path(django_settings.HOME), free_port()
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    keys.record()
    for name, value in {
        "JAGA_HOME": str(home),
        "JAGA_PORT": str(port),
        "PRACTICE": "1",
        "UNDO_WINDOW_SECONDS": str(UNDOABLE),
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT / 'practice'}:{CHECKOUT}",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("JAGA_BASE_URL", raising=False)
    # In a process of its own: a test before this one may have set this process's storage to plain names.
    subprocess.run(
        [sys.executable, "-m", "django", "collectstatic", "--no-input", "-v0"],
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "jaga.app.settings"},
    )
    plan = next(plan for plan in plans(CHECKOUT, port, database_roles) if plan.name == "web")
    child, address = Child(plan, tmp_path), f"http://127.0.0.1:{port}"
    child.start()
    try:
        child.wait_until(lambda: _answers(address))
        yield address
    finally:
        child.stop()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live", timeout=5).is_success
    except httpx.TransportError:
        return False


def test_eight_at_once(base_url: str) -> None:
    """Every scenario once; on a slow machine the last ones are left to the benchmark."""
    hashers = ["django.contrib.auth.hashers.Argon2PasswordHasher"]  # the server's; tests have a cheaper one
    with (
        override_settings(UNDO_WINDOW_SECONDS=UNDOABLE, PASSWORD_HASHERS=hashers),
        eight.deadlocks_counted() as deadlocks,
    ):
        crowd, wrong = eight.Crowd(base_url), list[str]()
        began = time.monotonic()
        try:
            for scenario in eight.SCENARIOS:
                if time.monotonic() - began < LONGEST:
                    wrong += [f"{scenario.__name__}: {said}" for said in scenario(crowd)]
            wrong += eight.broken(crowd)
        finally:
            crowd.close()
        assert wrong == []
        assert deadlocks() == 0
