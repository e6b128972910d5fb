"""The `jaga` command says what is wrong in one line, and starts fast."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import OperationalError
from tests.services import database, drop_database

from jaga.app.cli import _of_database, subjects
from jaga_practice.entry import practice_world

ROOT = Path(__file__).resolve().parents[2]


def jaga(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jaga_practice.entry", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_names_every_subject_without_loading_django() -> None:
    """`jaga --help` imports neither Django nor a subcommand's module, nor the practice world."""
    code = (
        "import sys; sys.argv = ['jaga', '--help']\nfrom jaga_practice import entry\ntry: entry.main()\n"
        "finally: print('django' in sys.modules or 'jaga_practice.interface' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "check-machine" in output
    assert output.endswith("False\n")


def test_its_version_is_the_newest_that_the_changes_describe() -> None:
    """`src/jaga/__init__.py` is the only source of the version; packages are built with it too."""
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert jaga("--version").stdout == f"jaga, version {newest[1]}\n"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]["version"] == {
        "attr": "jaga.__version__"
    }


def test_every_subject_can_be_loaded() -> None:
    """Each subcommand in the help exists and has its own help. In one process, which loads Django once."""
    code = (
        "import sys\nfrom jaga.app import cli\nfrom jaga_practice import entry\n"
        "for name in cli.subjects(entry.practice_world):\n"
        "    sys.argv = ['jaga', name, '--help']\n    try: entry.main()\n"
        "    except SystemExit as end: assert not end.code, name\n    print('shown:', name)"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    named = list(subjects(practice_world))
    assert named[-1] == "practice"
    assert re.findall(r"^shown: (.+)", asked.stdout, re.MULTILINE) == named
    assert asked.stdout.count("Usage: ") == len(named)


def test_a_home_that_cannot_be_written_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    """If the home is not a folder, the error names its path and the variable to change, without a traceback."""
    (tmp_path / "file").write_text("")
    asked = jaga("check-machine", JAGA_HOME=str(tmp_path / "file" / "home"))
    assert asked.returncode == 1
    assert asked.stderr.count("\n") == 1
    assert "JAGA_HOME" in asked.stderr
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("JAGA_HOME", "/proc/x", "no_permission"),
        ("JAGA_BASE_URL", "jaga.example.id", "wrong_address"),
        ("JAGA_PORT", "8608", "same_port"),
        ("PRACTICE", "false", "wrong_practice"),
        ("DATABASE_URL", "mysql://jaga:invented-password@localhost/jaga", "wrong_database"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_name(tmp_path: Path, name: str, given: str, code: str) -> None:
    """A wrong setting is reported before anything starts, without a traceback and without a password in it."""
    settings = {"JAGA_HOME": str(tmp_path), "SYNAPSE_PORT": "8608", "PRACTICE": "1", name: given}
    for command in ("check-machine", "run"):
        asked = jaga(command, **settings)
        assert asked.returncode == 1
        assert asked.stderr.startswith(f"jaga: {code}: ")
        assert asked.stderr.count("\n") == 1
        assert name in asked.stderr
        assert "invented-password" not in asked.stderr


def test_what_the_database_lacks_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    """Tables, where nobody migrated it yet; and space."""
    name, server = f"test_jaga_{os.getpid()}_empty", os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            asked = jaga(
                "figures", JAGA_HOME=str(tmp_path), DATABASE_URL=urlsplit(server)._replace(path=f"/{name}").geturl()
            )
        finally:
            drop_database(connection, name)
    assert asked.returncode == 1
    assert asked.stderr.startswith("jaga: no_tables: ")
    assert "jaga migrate" in asked.stderr
    assert asked.stderr.count("\n") == 1
    full = OperationalError("could not extend file")
    full.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert _of_database(full).code == "disk_full"
    with pytest.raises(OperationalError):
        _of_database(OperationalError("something else"))


def test_a_database_of_an_unreleased_version_is_refused(tmp_path: Path) -> None:
    """Every command says in one line how to start anew, before it changes anything."""
    with database(f"test_jaga_{os.getpid()}_unreleased") as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE django_migrations (app text, name text, applied timestamptz)")
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('records', '0002_policy_releases', now())"
            )
        for command in (("migrate",), ("run",), ("figures",), ("ledger", "verify")):
            asked = jaga(*command, JAGA_HOME=str(tmp_path), DATABASE_URL=url)
            assert asked.returncode == 1
            assert asked.stderr.startswith("jaga: unknown_tables: ")
            assert "0002_policy_releases" in asked.stderr
            assert "make fresh" in asked.stderr
            assert asked.stderr.count("\n") == 1


def test_a_command_on_the_database_says_what_is_wrong_with_home() -> None:
    """Commands on the embedded database show the same line."""
    asked = jaga("ledger", "verify", JAGA_HOME="/proc/x", DATABASE_URL="")
    assert asked.returncode == 1
    assert asked.stderr.startswith("jaga: no_permission: ")


def test_usage_names_the_command_as_it_is_typed() -> None:
    """The usage line shows the command's name, however it was started."""
    assert jaga("check-machine", "--nonsense").stderr.startswith("Usage: jaga check-machine ")
