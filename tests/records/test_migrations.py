"""The migrations equal the models, build a database from nothing, and can be taken back."""

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

NAME = f"test_jaga_migrations_{os.getpid()}"


def test_migrations_equal_models(db: None) -> None:
    """No model says what no migration does."""
    call_command("makemigrations", "--check", "--dry-run")


@pytest.fixture
def empty(db: None) -> Iterator[str]:
    """The address of a new, empty database beside the session's."""
    told = connection.settings_dict
    parts = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    given = {name: value for name, value in parts.items() if value}
    server = psycopg.conninfo.make_conninfo(dbname="postgres", **given)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    login = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}@" if told["USER"] else ""
    host = f"?host={quote(told['HOST'], safe='')}" if told["HOST"].startswith("/") else ""
    place = "" if host else f"{told['HOST']}:{told['PORT']}"
    yield f"postgresql://{login}{place}/{NAME}{host}{'&port=' + told['PORT'] if host and told['PORT'] else ''}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def ours(url: str) -> list[str]:
    """Every table, function and trigger of ours in that database."""
    with psycopg.connect(url) as reader:
        found = reader.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'records%%'"
            " UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'records%%'"
            " UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'records%%'").fetchall()
    return sorted(name for (name,) in found)


def test_from_nothing_and_back_and_again(empty: str, tmp_path: Path) -> None:
    """Migrating an empty database works, taking ours back leaves nothing of it, and doing it again works."""
    environment = {**os.environ, "DATABASE_URL": empty, "JAGA_HOME": str(tmp_path),
                   "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                   "PYTHONPATH": str(Path(settings.LOCALE_PATHS[0]).parents[1])}

    def migrate(*arguments: str) -> None:
        subprocess.run([sys.executable, "-W", "error", "-m", "django", "migrate", *arguments, "--skip-checks"],
                       env=environment, check=True, capture_output=True, timeout=120)

    migrate()
    made = ours(empty)
    assert {"records_case", "records_append_only", "records_ledger_guard", "records_appeal_guard"} <= set(made)
    migrate("records", "zero")
    assert ours(empty) == []
    migrate()
    assert ours(empty) == made


_EARLIER_ROWS = """
INSERT INTO records_organisation (name, kind, practice, created_at) VALUES ('Operator Contoh', 'operator', true, now());
INSERT INTO records_person (username, display_name, organisation_id, language, is_active, created_at, password)
    SELECT name, name, 1, 'id', true, now(), '!' FROM unnest(ARRAY['sinta', 'bayu']) AS name;
INSERT INTO records_platform (name, display_name, operator_id, adapter, server_name, capabilities, watched, practice,
        created_at) VALUES ('obrolan', 'Obrolan', 1, 'synapse', 'localhost', '{}', false, true, now());
INSERT INTO records_subject (platform_id, kind, account_id, handle, first_seen_at)
    SELECT 1, 'account', '@' || name || ':localhost', '', now() FROM unnest(ARRAY['lain', 'mawar']) AS name;
INSERT INTO records_case (subject_id, category, state, channel, severity, victim_first, urgent, conduct_on, opened_at,
        due_at, reports_count, sources_count, score, rank_at)
    VALUES (2, 'fraud', 'acting', 'public', 1, false, false, '2026-01-02', now(), now() + interval '1 d', 0, 0, 0,
        now());
INSERT INTO records_vote (case_id, person_id, kind, legal_basis, ground, facts, rooms, policy_hash, cast_at)
    SELECT 1, id, 'close', '', 'illegal_content', '', '[]', repeat('0', 64), now() FROM records_person;
INSERT INTO records_decision (case_id, kind, legal_basis, ground, facts, rooms, automated_detection, policy_hash,
        decided_by_id, seconded_by_id, adjudicated, decided_at)
    VALUES (1, 'close', '', 'illegal_content', '', '[]', false, repeat('0', 64), 1, 2, false, now());
"""


def test_what_was_decided_before_gets_its_cases_account(empty: str, tmp_path: Path) -> None:
    """0003 fills votes and decisions, wakes their guards again, and can be taken back with the rows in place."""
    def migrate(*arguments: str) -> None:
        environment = {**os.environ, "DATABASE_URL": empty, "JAGA_HOME": str(tmp_path),
                       "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                       "PYTHONPATH": str(Path(settings.LOCALE_PATHS[0]).parents[1])}
        subprocess.run([sys.executable, "-W", "error", "-m", "django", "migrate", "records", *arguments,
                        "--skip-checks"], env=environment, check=True, capture_output=True, timeout=120)

    def guarded() -> None:
        for table in ("vote", "decision"):
            with psycopg.connect(empty) as writer, pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
                writer.execute(sql.SQL("UPDATE {} SET facts = 'x'").format(sql.Identifier(f"records_{table}")))

    migrate("0002")
    with psycopg.connect(empty) as writer:
        writer.execute(_EARLIER_ROWS.encode())
    guarded()
    migrate("0003")
    with psycopg.connect(empty) as reader:
        assert reader.execute("SELECT subject_id, ends_at FROM records_decision").fetchall() == [(2, None)]
        assert reader.execute("SELECT DISTINCT accounts, restrict_days FROM records_vote").fetchall() == [([2], None)]
    guarded()
    again = ("INSERT INTO records_decision (case_id, kind, legal_basis, ground, facts, rooms, automated_detection,"
             " policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at, subject_id)"
             " SELECT case_id, kind, legal_basis, ground, facts, rooms, false, policy_hash, 1, 2, false, now(), {}"
             " FROM records_decision")
    with psycopg.connect(empty) as writer, pytest.raises(psycopg.errors.CheckViolation, match="rests on the votes"):
        writer.execute(again.format(1).encode())
    with psycopg.connect(empty) as writer:
        writer.execute(again.format(2).encode())
    migrate("0002")
    with psycopg.connect(empty) as reader:
        assert reader.execute("SELECT count(*) FROM records_decision").fetchall() == [(2,)]
    guarded()
    migrate()
    guarded()
