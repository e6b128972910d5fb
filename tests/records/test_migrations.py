"""The migrations equal the models, build an empty database, and can be reversed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from tests.services import CHECKOUT, database, drop_database

NAME = f"test_jaga_migrations_{os.getpid()}"


def test_migrations_equal_models(db: None) -> None:
    """`makemigrations --check` finds no difference."""
    call_command("makemigrations", "--check", "--dry-run")


@pytest.fixture
def empty(db: None) -> Iterator[str]:
    """The URL of a new, empty database beside the session's."""
    wanted = connection.settings_dict
    parts = {"host": wanted["HOST"], "port": wanted["PORT"], "user": wanted["USER"], "password": wanted["PASSWORD"]}
    given = {name: value for name, value in parts.items() if value}
    server = psycopg.conninfo.make_conninfo(dbname="postgres", **given)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    login = f"{quote(wanted['USER'])}:{quote(wanted['PASSWORD'])}@" if wanted["USER"] else ""
    host = f"?host={quote(wanted['HOST'], safe='')}" if wanted["HOST"].startswith("/") else ""
    place = "" if host else f"{wanted['HOST']}:{wanted['PORT']}"
    yield f"postgresql://{login}{place}/{NAME}{host}{'&port=' + wanted['PORT'] if host and wanted['PORT'] else ''}"
    with psycopg.connect(server, autocommit=True) as admin:
        drop_database(admin, NAME)


def ours(url: str) -> list[str]:
    """Every table, function and trigger of Jaga in that database."""
    with psycopg.connect(url) as reader:
        found = reader.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'records%%'"
            " UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'records%%'"
            " UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'records%%'"
        ).fetchall()
    return sorted(name for (name,) in found)


def test_back_to_nothing_and_again(db: None, tmp_path: Path) -> None:
    """Reversing the migrations leaves no table or function; running them again creates all."""

    def migrate(url: str, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-W", "error", "-m", "django", "migrate", *arguments, "--skip-checks"],
            check=True,
            capture_output=True,
            timeout=600,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "JAGA_HOME": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                "PYTHONPATH": str(CHECKOUT / "src"),
            },
        )

    with database(f"{connection.settings_dict['NAME']}_back", settings.DATABASES["default"]["TEST"]["TEMPLATE"]) as url:
        made = ours(url)
        assert {"records_case", "records_append_only", "records_ledger_guard", "records_appeal_guard"} <= set(made)
        migrate(url, "records", "zero")
        assert ours(url) == []
        migrate(url)
        assert ours(url) == made
