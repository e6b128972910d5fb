"""Five thousand rows whose workers are killed with -9 at all critical points, and then two at once: each row ends
once.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count
from tests.factories import CATEGORY, PLATFORM, make_world
from tests.roles import owner_url

from jaga.app import config, keys
from jaga.app.services import database as roles
from jaga.batches.models import BatchRow
from jaga.batches.reads import access_batch
from jaga.batches.verbs.batches import NewBatch, submit_batch
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.terms.reports import BatchState
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry

CHECKOUT = Path(__file__).resolve().parents[3]
ROWS = 5000
BAD = 50


@pytest.fixture
def batch_id(transactional_db: None, database_roles: object, settings: Any, tmp_path: Path) -> int:
    """A file sent to be filed at once; every hundredth row is on another server, every hundredth is a repeat."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    make_world()
    lines = ["akun,nomor"]
    for number in range(ROWS):
        server = "elsewhere.invalid" if number % 100 == 7 else "localhost"
        lines.append(f"@orang{number}:{server},{number}" if number % 100 != 9 else lines[-1])
    pieces = [(chr(10).join(lines) + f"\n@{tmp_path.name}:localhost,x\n").encode()]
    return submit_batch(NewBatch("lima-ribu.csv", PLATFORM, CATEGORY, start=True), pieces, actor=CLI).batch_id


def start(home: Path, *point: str) -> "subprocess.Popen[bytes]":
    if not (home / "secrets").exists():
        (home / "secrets").symlink_to(keys.folder())  # The file of the batch is encrypted under one of them.
        (home / "key-store").symlink_to(config.key_store())
    environment = {
        **os.environ,
        "DATABASE_URL": roles.address(owner_url(), "worker"),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "JAGA_HOME": str(home),
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.batch_process", *point],
        cwd=CHECKOUT,
        env=environment,
        stderr=subprocess.PIPE,
    )


def ended(process: "subprocess.Popen[bytes]") -> int:
    _, said = process.communicate(timeout=600)
    assert process.returncode in (0, -signal.SIGKILL), said.decode()[-3000:]
    return process.returncode


def test_workers_killed_anywhere_lose_and_double_nothing(batch_id: int, tmp_path: Path) -> None:
    """During the check, between a chunk's reports and its commit, between two chunks; then two workers."""
    reports = []
    for point in (("look", "4"), ("inside", "2"), ("after", "2"), ("inside", "1")):
        assert ended(start(tmp_path, *point)) == -signal.SIGKILL, point
        reports.append(Report.objects.count())
    assert reports == [0, 500, 1500, 1500]
    both = [start(tmp_path, "never"), start(tmp_path, "never")]
    assert [ended(one) for one in both] == [0, 0]

    done = access_batch(batch_id, actor=CLI)
    assert (done.state, done.rows, done.filed, done.refused, done.double) == (
        BatchState.DONE,
        ROWS + 1,
        ROWS + 1 - 2 * BAD,
        BAD,
        BAD,
    )
    assert Report.objects.count() == done.filed == Report.objects.values("reference").distinct().count()
    assert BatchRow.objects.filter(batch_id=batch_id).aggregate(rows=Count("number", distinct=True))["rows"] == ROWS + 1
    assert LedgerEntry.objects.filter(verb="accept_report").count() == done.filed
    while link_entries():
        pass
    assert verify_ledger().ok
