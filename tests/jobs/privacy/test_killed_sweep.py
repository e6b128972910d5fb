"""A sweep whose process is killed with -9 inside a transaction, before a file goes, and before that is noted: the next
one goes on, every kind is deleted once, and the ledger says so once.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.factories import PNG, in_review, make_world, vote
from tests.roles import owner_url

from jaga.app import config, keys
from jaga.app.services import database as roles
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.evidence import Upload
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.privacy import CASE_KINDS
from jaga.decisions.verbs import consequences as sampling
from jaga.privacy.models import FileToDelete, RetentionClock, RetentionErasure
from jaga.privacy.verbs.sweep import sweep_retention
from jaga.store import vault
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry

CHECKOUT = Path(__file__).resolve().parents[3]
DAYS = 4000


@pytest.fixture
def case_id(
    transactional_db: None, database_roles: object, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> int:
    """A dismissed case with a picture, planned, on a system whose clock nobody doubts."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    monkeypatch.setattr(sampling, "lot", lambda _: 1.0)
    world = make_world()
    number = in_review(screenshots=(Upload(PNG),), name="Sari", contact="sari@example.invalid")
    vote(number, DecisionKind.DISMISS, world.reviewers[0])
    sweep_retention()
    RetentionClock.objects.update(seen_at=now() + timedelta(days=DAYS), anchor_boot="")
    return number


def _sweep(home: Path, point: str) -> int:
    if not (home / "secrets").exists():
        (home / "secrets").symlink_to(keys.folder())
        (home / "key-store").symlink_to(config.key_store())
    environment = {
        **os.environ,
        "DATABASE_URL": roles.address(owner_url(), "worker"),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "JAGA_HOME": str(home),
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.sweep_process", str(DAYS), point],
        cwd=CHECKOUT,
        env=environment,
        stderr=subprocess.PIPE,
    )
    _, said = process.communicate(timeout=600)
    assert process.returncode in (0, -signal.SIGKILL), said.decode()[-3000:]
    return process.returncode


def test_a_sweep_killed_anywhere_deletes_everything_once(case_id: int, tmp_path: Path) -> None:
    """After each kill what was committed is on record, and nothing else has happened."""
    left = []
    for point in ("inside", "before_files", "unlinked"):
        assert _sweep(tmp_path, point) == -signal.SIGKILL, point
        left.append((RetentionErasure.objects.count(), FileToDelete.objects.count()))
    assert left == [(2, 0), (len(CASE_KINDS), 1), (len(CASE_KINDS), 1)]
    assert _sweep(tmp_path, "never") == 0
    assert (RetentionErasure.objects.count(), FileToDelete.objects.count()) == (len(CASE_KINDS), 0)
    original = Evidence.objects.get()
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(original.sha256, original.key_owner())
    assert LedgerEntry.objects.filter(verb="delete_expired").count() == len(CASE_KINDS)
    link_entries()
    assert verify_ledger().problems == ()
