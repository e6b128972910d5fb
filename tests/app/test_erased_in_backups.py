"""Erased is erased in yesterday's backup too, whichever of database and key store is the older."""

import shutil
import subprocess
from pathlib import Path

from tests.app.test_restore import SAID, Installation, installation  # noqa: F401 - a fixture

from jaga.app.services.postgres import client_programs
from jaga.store.key_store.file import create

CANARIES = {
    "records_appeal.text",
    "records_report.excerpt",
    "records_report.origin_ref",
    "records_report.place",
    "records_report.published",
    "records_report.text",
    "records_reporteridentity.sealed",
    "records_subject.account_id",
    "records_watchsample.sealed",
}


def in_the_open(installation: Installation) -> list[str]:  # noqa: F811
    """Lines of a dump taken now, and files of the home folder, in which a canary can be read without any key."""
    dump = subprocess.run([client_programs() / "pg_dump", installation.url], check=True, capture_output=True).stdout
    lines = [line.decode(errors="replace")[:200] for line in dump.splitlines() if b"kanari" in line.lower()]
    files = [path for path in installation.home.rglob("*") if path.is_file() and not path.is_socket()]
    return lines + [str(path) for path in files if b"kanari" in path.read_bytes().lower()]


def test_yesterdays_backup_tells_nothing(installation: Installation, tmp_path: Path) -> None:  # noqa: F811
    """A real dump from before the erasure is restored beside the present key store, and later beside an older copy:
    no canary can be read, before the restored installation opens, and the ledger stays whole.
    """
    installation.step("file_canaries")
    assert "did:plc:kanari" in str(in_the_open(installation))
    installation.dump(tmp_path / "yesterday.dump")
    assert "was written" in installation.jaga("key-store", "copy", str(tmp_path / "copies"))
    (copy,) = (tmp_path / "copies").iterdir()
    assert "belongs to this database" in installation.jaga("key-store", "check", "--file", str(copy))
    erased = installation.step("erase")
    assert set(erased["before"]) >= CANARIES
    assert erased["canaries"] == []
    assert in_the_open(installation) == []

    said = installation.jaga("restored", "--dump", str(tmp_path / "yesterday.dump"), *SAID)
    assert "Erasures were applied again: 0 in the key store, 8 in the database." in said
    assert installation.step("apply_again") == {"destroyed": 0, "recorded": 0, "canaries": [], "whole": True}

    shutil.copy(copy, installation.home / "key-store" / "keys")
    assert installation.step("apply_again") == {"destroyed": 8, "recorded": 0, "canaries": [], "whole": True}

    other = Installation(installation.url, tmp_path / "other")
    shutil.copytree(installation.home, other.home)
    (other.home / "key-store" / "keys").unlink()
    assert "key_store_missing" in other.jaga("operator", "list", status=1)
    (other.home / "key-store" / "keys").write_bytes(b"jaga key store 1\n...")
    assert "key_store_damaged" in other.jaga("operator", "list", status=1)
    shutil.rmtree(other.home / "key-store")
    create(other.home / "key-store")
    assert "key_store_differs" in other.jaga("operator", "list", status=1)
