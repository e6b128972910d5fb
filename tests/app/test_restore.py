"""A restore with the real pg_dump and pg_restore: nothing is served before it is declared, and no number is issued
twice.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.services import database, provide_template

from jaga.app.services.postgres import client_programs

ROOT = Path(__file__).resolve().parents[2]
SAID = ("--by", "sari", "--reason", "Latihan pemulihan.", "--yes")


class Installation:
    """A database, a home folder, and commands on them."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "JAGA_HOME": str(home),
            "PRACTICE": "1",
            "JAGA_HOST": "operator",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)

    def jaga(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "jaga.app.cli", *words],
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def step(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "tests/app/restore_steps.py", *words],
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr
        body: dict[str, Any] = json.loads(done.stdout)
        return body

    def dump(self, file: Path) -> None:
        subprocess.run([client_programs() / "pg_dump", "--format=custom", f"--file={file}", self.url], check=True)

    def put_back(self, file: Path) -> None:
        subprocess.run(
            [
                client_programs() / "pg_restore",
                "--clean",
                "--if-exists",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={self.url}",
                file,
            ],
            check=True,
        )


@pytest.fixture
def installation(db: None, tmp_path: Path) -> Iterator[Installation]:
    """A migrated database without rows: a copy of the tests' template, because migrating each would take most of the
    time.
    """
    with database(f"test_jaga_restore_{os.getpid()}", provide_template()) as url:
        made = Installation(url, tmp_path / "home")
        made.jaga("migrate")  # stores the fingerprints of the keys
        yield made


def test_what_is_lost_says_so_and_no_number_comes_twice(installation: Installation, tmp_path: Path) -> None:
    """The whole runbook: backup, two more reports, restore, refusal, declaration, opening."""
    kept = installation.step("begin")
    installation.dump(tmp_path / "jaga.dump")
    lost, last = installation.step("report", "@melati:localhost"), installation.step("report", "@kamboja:localhost")
    (tmp_path / "kept.txt").write_text(lost["checkpoint"])
    installation.put_back(tmp_path / "jaga.dump")

    for words in (
        ("operator", "list"),
        ("admin", "organisation", "Lain", "--kind", "operator"),
        ("figures",),
        ("worker",),
        ("run",),
    ):
        result = installation.jaga(*words, status=1)
        assert "database_put_back" in result
        assert "jaga restored" in result
    assert "its end was cut off" in installation.jaga(
        "ledger", "verify", "--checkpoint", str(tmp_path / "kept.txt"), status=1
    )
    # A worker that is there already, as beside a server of one's own, links nothing.
    assert installation.step("report", "@kenanga:localhost")["linked"] == 0

    assert "sari" in installation.jaga("restored", "--by", "nobody", "--reason", "x", "--yes", status=1)
    result = installation.jaga("restored", *SAID)
    assert "Epoch 2 began" in result
    assert "of them are lost" in result
    assert "sari" in result
    verified = installation.jaga("ledger", "verify", "--checkpoint", str(tmp_path / "kept.txt"))
    assert "Epoch 2 begins" in verified
    assert "of the part that was lost" in verified
    installation.jaga("operator", "list")

    new = installation.step("report", "@anggrek:localhost")
    assert new["linked"] > 0
    assert new["case"] > lost["case"] + 10_000
    assert new["report"] > lost["report"] + 10_000
    assert installation.step("follow", lost["receipt"]) == {"status": 410, "lost": True}
    assert installation.step("follow", kept["receipt"])["status"] == 302
    assert installation.step("follow", new["receipt"])["status"] == 302
    # The first one's entry has a number that was given again before anybody said what happened.
    (tmp_path / "promise.txt").write_text(last["promise"])
    assert "promise_lost" in installation.jaga("ledger", "promise", str(tmp_path / "promise.txt"), status=1)


def test_on_a_new_machine_too_and_with_keys_of_another_day(installation: Installation, tmp_path: Path) -> None:
    """Only keys and dump are copied; keys that do not match the dump are reported before anything changes."""
    installation.step("begin")
    installation.dump(tmp_path / "jaga.dump")
    installation.jaga("keys", "replace", "indicators", "--yes")
    lost = installation.step("report", "@melati:localhost")
    secrets = tmp_path / "secrets"
    shutil.copytree(installation.home / "secrets", secrets)

    new = Installation(installation.url, tmp_path / "new")
    new.home.mkdir()
    shutil.copytree(secrets, new.home / "secrets")
    assert "key_store_missing" in new.jaga("operator", "list", status=1)
    shutil.copytree(installation.home / "key-store", new.home / "key-store")
    assert "ledger-mark" in new.jaga("operator", "list", status=1)
    result = new.jaga("restored", "--dump", str(tmp_path / "jaga.dump"), *SAID, status=1)
    assert "keys_differ" in result
    (old,) = (new.home / "secrets").glob("indicators.until-*")
    assert old.name in result
    old.rename(new.home / "secrets" / "indicators")
    result = new.jaga("restored", *SAID)
    assert "Epoch 2 began" in result
    assert new.step("report", "@kenanga:localhost")["case"] > lost["case"]
    assert new.step("follow", lost["receipt"]) == {"status": 410, "lost": True}

    (new.home / "secrets" / "referrals").unlink()
    for words in (("operator", "list"), ("restored", *SAID)):
        result = new.jaga(*words, status=1)
        assert "keys_missing" in result
        assert "referrals" in result


def test_what_is_no_dump_changes_nothing(installation: Installation, tmp_path: Path) -> None:
    """The restore is one transaction: after a truncated file everything is unchanged."""
    installation.step("begin")
    installation.dump(tmp_path / "jaga.dump")
    (tmp_path / "cut.dump").write_bytes((tmp_path / "jaga.dump").read_bytes()[:60_000])
    (tmp_path / "text.dump").write_text("SELECT 1;")
    for name in ("cut.dump", "text.dump"):
        assert "dump_not_taken" in installation.jaga("restored", "--dump", str(tmp_path / name), *SAID, status=1)
    installation.jaga("operator", "list")
    assert "Stopped." in installation.jaga("restored", *SAID[:-1], status=130)  # nothing looks restored, nobody answers
