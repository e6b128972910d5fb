"""Workers of a backlog killed with -9 at each critical point, with two at once: nothing is lost, nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.factories import make_world
from tests.roles import owner_url
from tests.watching import permitted

from jaga.app import config, keys
from jaga.app.screening import take_in
from jaga.app.screening.block_findings import Columns
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.reporting.verbs.backlogs import BlocksLeftAlone, finish_backlog, progress_of
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry
from jaga.watch.models.watches import BacklogBlock

CHECKOUT = Path(__file__).resolve().parents[3]
ACCOUNTS, POSTS = 12, 5
Run = Callable[..., list[int]]
KILLED = -signal.SIGKILL


@pytest.fixture
def file(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty adverts of twelve accounts, spread over about ten blocks."""
    make_world()
    monkeypatch.setattr(take_in, "MOST_BYTES", 800)
    path = tmp_path / "arsip.jsonl"
    path.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"m{number}",
                    "account": f"@akun{number % ACCOUNTS}:localhost",
                    "text": f"open BO malam ini kamar {chr(97 + number % ACCOUNTS)}{number // ACCOUNTS}, "
                    "wa 0812-0000-1111",
                }
            )
            + "\n"
            for number in range(ACCOUNTS * POSTS)
        )
    )
    return path


@pytest.fixture
def run(file: Path, tmp_path: Path) -> Run:
    """Runs workers that die at these points; returns how each ended."""
    (home := tmp_path / "home").mkdir()
    (home / "secrets").symlink_to(keys.folder())
    (home / "key-store").symlink_to(config.key_store())
    environment = {
        **os.environ,
        "DATABASE_URL": owner_url(),
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "JAGA_HOME": str(home),
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
    }

    def run_them(backlog: int, *points: str) -> list[int]:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.casework.reporting.backlog_process", str(file), str(backlog), *points],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()[-3000:]
        found: list[int] = json.loads(ended.stdout.splitlines()[-1])
        return found

    return run_them


def test_killed_workers_lose_and_double_nothing(file: Path, run: Run) -> None:
    """Before the work, inside the commit, after it; the blocks of the dead are free at once for the others."""
    backlog = take_in.begin(file, permitted(file), Columns())
    assert run(backlog, "taken", "filed", "done", "never") == [KILLED, KILLED, KILLED, 0]
    assert finish_backlog(backlog, actor=CLI)
    done = progress_of(backlog)
    assert (done.blocks, done.rows, done.filed) == (done.done, ACCOUNTS * POSTS, ACCOUNTS * POSTS)
    assert sum(BacklogBlock.objects.values_list("tries", flat=True)) == done.blocks + 2
    assert Report.objects.count() == ACCOUNTS * POSTS
    assert set(Case.objects.values_list("reports_count", flat=True)) == {POSTS}
    assert LedgerEntry.objects.filter(verb="take_in_block").count() == done.blocks
    while link_entries():
        pass
    assert verify_ledger().problems == ()


def test_a_block_that_kills_its_workers_is_left_alone_and_shown(file: Path, run: Run) -> None:
    """After three workers; the fourth one leaves it and does the others."""
    backlog = take_in.begin(file, permitted(file), Columns())
    assert run(backlog, "in-turn", *["always:1"] * 4) == [KILLED] * 3 + [0]
    done = progress_of(backlog)
    assert (done.poison, done.done) == (1, done.blocks - 1)
    with pytest.raises(BlocksLeftAlone) as left:
        finish_backlog(backlog, actor=CLI)
    assert left.value.params["start"] == BacklogBlock.objects.get(number=1).start
