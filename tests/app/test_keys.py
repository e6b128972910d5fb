"""Keys are all created at the first start; a database is never used with other keys, or without them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.records.test_migrations import empty  # noqa: F401 - a fixture

from jaga.app import config, keys
from jaga.core.terms.privacy import KeyOwner
from jaga.store.key_store import file
from jaga.store.key_store.tree import KeyStoreDiffers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    monkeypatch.delenv("PRACTICE", raising=False)
    monkeypatch.delenv("JAGA_HOST", raising=False)
    yield tmp_path
    keys._secret.cache_clear()


def started(home: Path, url: str) -> dict[str, bytes]:
    """The keys of a first start, with their fingerprints as `keys.record` stores them."""
    keys.prepare(url)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE records_keyfingerprint (name text, fingerprint text, since timestamptz)")
        for name in keys.NEEDED_BY:
            connection.execute(
                "INSERT INTO records_keyfingerprint VALUES (%s, %s, '2026-11-01T09:30:00Z')",
                [name, keys.fingerprint(name, keys.secret(name))],
            )
    return on_disk(home)


def on_disk(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "secrets").iterdir()}


def test_the_first_start_makes_every_key(home: Path, empty: str) -> None:  # noqa: F811
    """All keys are created, each with 32 bytes and readable only by the owner; the next start creates none."""
    made = started(home, empty)
    assert set(made) == set(keys.NAMES)
    assert {len(key) for key in made.values()} == {keys.KEY_BYTES}
    assert len(set(made.values())) == len(made)
    assert {path.stat().st_mode & 0o777 for path in (home / "secrets").iterdir()} == {0o600}
    keys.prepare(empty)
    assert on_disk(home) == made


@pytest.mark.parametrize("name", sorted(keys.NEEDED_BY))
def test_a_key_that_is_missing_damaged_or_another_is_refused_by_its_name(
    home: Path,
    empty: str,  # noqa: F811
    name: str,
) -> None:
    """The refusal names the necessary date of the copy; nothing is created, and with the right copy the start
    succeeds.
    """
    made, path = started(home, empty), home / "secrets" / name
    path.unlink()
    with pytest.raises(keys.KeysMissing, match=rf"{name}\. .*2026-11-01 09:30"):
        keys.prepare(empty)
    assert not path.exists()
    for damage in (b"", made[name][:31], made[name] + b"x"):
        path.write_bytes(damage)
        with pytest.raises(keys.KeysMissing, match=rf"{name}\."):
            keys.prepare(empty)
    path.unlink()
    path.mkdir()
    with pytest.raises(keys.KeysMissing, match=rf"{name}\."):
        keys.prepare(empty)
    path.rmdir()
    path.write_bytes(os.urandom(keys.KEY_BYTES))
    with pytest.raises(keys.KeysDiffer, match=rf"{name}\. .*2026-11-01 09:30"):
        keys.prepare(empty)
    path.write_bytes(made[name])
    keys.prepare(empty)
    assert on_disk(home) == made


def test_a_newer_version_makes_its_own_key_and_no_other(home: Path, empty: str) -> None:  # noqa: F811
    """Only a key without a fingerprint is created, in a database with the fingerprints of the others."""
    made = started(home, empty)
    with psycopg.connect(empty) as connection:
        connection.execute("DELETE FROM records_keyfingerprint WHERE name = 'clusters'")
    (home / "secrets" / "clusters").unlink()
    keys.prepare(empty)
    now = on_disk(home)
    assert now.pop("clusters") != made.pop("clusters")
    assert now == made


def test_a_database_from_before_fingerprints_is_not_opened_without_what_it_needs(
    home: Path,
    empty: str,  # noqa: F811
) -> None:
    """A copy from the first day, of a version that created keys late, lacks the key of the receipts issued since."""
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE records_report (id int)")
    keys.prepare(empty)
    (home / "secrets" / "receipts").unlink()
    keys.prepare(empty)  # no report yet: nothing is lost
    with psycopg.connect(empty) as connection:
        connection.execute("INSERT INTO records_report VALUES (1)")
    (home / "secrets" / "receipts").unlink()
    with pytest.raises(keys.KeysMissing, match="receipts"):
        keys.prepare(empty)
    assert "receipts" not in on_disk(home)


def test_the_key_of_sealed_credentials_is_not_made_anew_beside_them(home: Path, empty: str) -> None:  # noqa: F811
    """The key is created only if no credential was encrypted with it yet."""
    keys.prepare(empty)
    (home / "secrets" / "platforms").unlink()
    keys.prepare(empty)
    (home / "platforms.toml").write_text('token = "sealed:v1:0badc0de:xyz"\n')
    keys.prepare(empty)
    (home / "secrets" / "platforms").unlink()
    with pytest.raises(keys.KeysMissing, match="platforms"):
        keys.prepare(empty)


def test_a_name_that_is_not_in_the_list_is_a_fault(home: Path) -> None:
    """Otherwise code could use a key that no start creates and no fingerprint covers."""
    with pytest.raises(ValueError, match="no key"):
        keys.secret("another")
    with pytest.raises(keys.KeysMissing):
        keys.secret("web")
    assert not (home / "secrets").exists()


def test_the_embedded_database_is_not_given_a_new_key(home: Path) -> None:
    """If the data exists and its key is missing, the start says so and creates none."""
    (home / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(keys.KeysMissing, match="postgres"):
        keys.embedded_database_key()
    assert not (home / "secrets" / "postgres").exists()


def test_every_way_in_refuses_and_replacing_is_an_act_of_its_own(tmp_path: Path, empty: str) -> None:  # noqa: F811
    """Migrate, a command, the worker and the web server refuse, each in a real process; then the lost key is replaced
    by name.
    """
    environment = {
        **os.environ,
        "JAGA_HOME": str(tmp_path),
        "DATABASE_URL": empty,
        "PRACTICE": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *words],
            env=environment,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=600,
            check=False,
        )

    def jaga(*words: str) -> "subprocess.CompletedProcess[str]":
        return run("-m", "jaga.app.cli", *words)

    assert jaga("migrate").returncode == 0
    whole = on_disk(tmp_path)
    (tmp_path / "secrets" / "receipts").unlink()
    for refused in (jaga("migrate"), jaga("worker"), run("-c", "import jaga.app.wsgi")):
        assert refused.returncode == 1, refused.stdout
        assert "Keys are missing in" in refused.stderr
        assert "receipts" in refused.stderr
    assert "receipts" not in on_disk(tmp_path)
    result = jaga("keys", "check")
    assert result.returncode == 1
    assert "receipts        missing" in result.stdout
    assert jaga("keys", "replace", "ledger", "--yes").returncode == 2
    assert jaga("keys", "replace", "receipts", "--yes").returncode == 0
    assert jaga("keys", "check").returncode == 0
    now = on_disk(tmp_path)
    assert now.pop("receipts") != whole.pop("receipts")
    assert now == whole
    with psycopg.connect(empty) as connection:
        verbs = connection.execute("SELECT verb FROM records_ledgerentry ORDER BY id").fetchall()
    assert verbs == [("record_keys",), ("bootstrap_release",), ("replace_key",)]


def test_no_installation_uses_the_key_store_of_another(
    home: Path,
    db: None,
    empty: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Both count from 1, so erasing in one would destroy the other's texts. Each has a folder of its own; a database
    that knows no store yet takes none that was used, unless it is a declared backup, or notes its own name in it.
    """
    monkeypatch.setenv("JAGA_KEY_STORE", str(tmp_path / "stores"))
    assert config.key_store() == tmp_path / "stores" / home.name
    monkeypatch.setattr(config, "key_store", lambda: tmp_path / "shared")
    keys.prepare(empty)
    file.destroy(tmp_path / "shared", {KeyOwner.CASE: {1}})
    with pytest.raises(KeyStoreDiffers):
        keys.record()
    keys.record(restored=True)
    keys.prepare(empty)  # A database from before it knew the store: the note in its folder says that it is ours.
    monkeypatch.setenv("JAGA_HOME", str(tmp_path / "other"))
    with pytest.raises(KeyStoreDiffers):
        keys.prepare(empty)


def test_a_ledger_signed_by_another_key_is_not_taken_over(
    db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database from before fingerprints must at least have checkpoints signed by the present key."""
    from jaga.core.actors import CLI
    from jaga.core.terms.people import OrganisationKind
    from jaga.people.verbs.people import create_organisation
    from jaga.store.kernel.ledger import ledger_key_fits
    from jaga.store.kernel.sequencer import link_entries

    assert ledger_key_fits()
    create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    link_entries()
    assert ledger_key_fits()
    settings.JAGA_SECRET = lambda name: bytes(32)
    with pytest.raises(keys.KeysDiffer, match="ledger"):
        keys.record()
