"""A worker killed with -9 between effect and record: the next one finishes, and the account is closed once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from tests.factories import ACCOUNT, World, decided_closure, make_world

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Outcome
from jaga.core.cases import CaseState
from jaga.core.terms.cases import OutcomeKind
from jaga.store.grants import Part
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.models import LedgerEntry

CHECKOUT = Path(__file__).resolve().parents[3]


def wait_for(what: Callable[[], object], seconds: float) -> None:
    """Wait until the condition holds, or fail."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def world(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[World]:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    made = make_world()
    Platform.objects.update(watched=False)
    yield made
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


@pytest.fixture
def start(tmp_path: Path, database_roles: Mapping[Part, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers; the rest is stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATABASE_URL": database_roles["worker"],
            "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
            "JAGA_HOME": str(django_settings.HOME),
            "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
        }
        with (tmp_path / "worker.log").open("ab") as log:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.jobs.worker_process", str(tmp_path / "platform.json")],
                    cwd=CHECKOUT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_a_worker_killed_between_effect_and_record_loses_nothing(
    world: World,
    start: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    """The closure happened and the process died before recording it: another worker takes over the job, observes and
    records.
    """
    kept = tmp_path / "platform.json"
    kept.write_text(json.dumps({"orders": [], "accounts": {ACCOUNT: {"state": "active", "notices": []}}}))
    hang = tmp_path / "platform.hang"
    hang.touch()
    case_id = decided_closure(world)
    first = start()
    wait_for(lambda: "close" in json.loads(kept.read_text())["orders"], 120)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    hang.unlink()
    assert not Outcome.objects.filter(step="close").exists()
    assert Case.objects.get(pk=case_id).state == CaseState.ACTING

    second = start()
    wait_for(lambda: Case.objects.get(pk=case_id).state == CaseState.RESOLVED, 240)
    assert json.loads(kept.read_text())["orders"] == ["restrict", "deliver", "close"]
    assert Outcome.objects.get(step="close").kind == OutcomeKind.ALREADY
    assert LedgerEntry.objects.filter(verb="start_attempt").count() == 2
    wait_for(lambda: not LedgerEntry.objects.filter(seq__isnull=True).exists(), 60)
    assert verify_ledger().ok
    second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0, (tmp_path / "worker.log").read_text()[-3000:]
