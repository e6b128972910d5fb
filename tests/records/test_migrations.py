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

from jaga.records.letter_numbers import number_key

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
                       env=environment, check=True, capture_output=True, timeout=600)

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
                        "--skip-checks"], env=environment, check=True, capture_output=True, timeout=600)

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


_EARLIER_REPORTER = """
INSERT INTO records_organisation (name, kind, practice, created_at) VALUES ('Operator Contoh', 'operator', true, now());
INSERT INTO records_platform (name, display_name, operator_id, adapter, server_name, capabilities, watched, practice,
        created_at, concurrency, by_notice, hook_keys)
    VALUES ('obrolan', 'Obrolan', 1, 'synapse', 'localhost', '{}', false, true, now(), 4, false, '[]');
INSERT INTO records_subject (platform_id, kind, account_id, handle, first_seen_at)
    VALUES (1, 'account', '@mawar:localhost', '', now());
INSERT INTO records_case (subject_id, category, state, channel, severity, victim_first, urgent, conduct_on, opened_at,
        due_at, reports_count, sources_count, score, rank_at)
    VALUES (1, 'fraud', 'in_review', 'public', 1, false, false, '2026-01-02', now(), now() + interval '1 d', 2, 2, 0,
        now());
INSERT INTO records_report (case_id, subject_id, channel, form, category, text, place, language, conduct_on,
        received_at, due_at, urgent, source_key, origin_ref)
    SELECT 1, 1, 'public', 'report', 'fraud', '', '', 'id', '2026-01-02', now(), now(), false, '\\x00', ''
    FROM generate_series(1, 2);
INSERT INTO records_reporteridentity (report_id, name, contact)
    VALUES (1, 'Ani Pelapor', 'ani@contoh.test'), (2, '', '0812');
"""


_MIGRATE_WITH_KEYS = """
from jaga.app import keys
keys.make_all()  # as `jaga migrate` has made them before
from django.core.management import execute_from_command_line
import sys
execute_from_command_line(sys.argv)
"""


def test_who_reported_before_is_sealed_and_can_be_unsealed(empty: str, tmp_path: Path) -> None:
    """0007 leaves no name that can be read, loses none, and its way back brings them again; all with one key. And 0005
    takes every report for filed when it came."""
    def migrate(*arguments: str) -> None:
        environment = {**os.environ, "DATABASE_URL": empty, "JAGA_HOME": str(tmp_path),
                       "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                       "PYTHONPATH": str(Path(settings.LOCALE_PATHS[0]).parents[1])}
        subprocess.run([sys.executable, "-W", "error", "-c", _MIGRATE_WITH_KEYS, "migrate", "records", *arguments,
                        "--skip-checks"], env=environment, check=True, capture_output=True, timeout=600)

    def read(query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(empty) as reader:
            return reader.execute(query.encode()).fetchall()

    migrate("0004")
    with psycopg.connect(empty) as writer:
        writer.execute(_EARLIER_REPORTER.encode())
        writer.execute("UPDATE records_report SET urgent = true WHERE id = 2")
    given = read("SELECT report_id, name, contact FROM records_reporteridentity ORDER BY 1")
    migrate("0007")
    filed = "SELECT id, lane, route, filed_at = received_at FROM records_report ORDER BY 1"
    assert read(filed) == [(1, 1, "ordinary", True), (2, 0, "ordinary", True)]
    rows = read("SELECT to_jsonb(r)::text, encode(sealed, 'escape') FROM records_reporteridentity r")
    assert len(rows) == 2
    assert not [row for row in rows if "Ani" in str(row) or "contoh" in str(row) or "0812" in str(row)]
    written = read("SELECT min(xmin::text) = max(xmin::text), pg_relation_size('records_reporteridentity') <= 8192"
                   " FROM records_reporteridentity")
    assert written == [(True, True)]  # the table was written anew: a dropped column would stay in its file
    migrate("0006")
    assert read("SELECT report_id, name, contact FROM records_reporteridentity ORDER BY 1") == given


_EARLIER_OFFICERS = """
INSERT INTO records_organisation (name, kind, practice, created_at)
    SELECT kind, kind, true, now() FROM unnest(ARRAY['operator', 'police', 'ministry']) AS kind;
INSERT INTO records_person (username, display_name, organisation_id, language, is_active, created_at, password)
    SELECT o.name || n, o.name, o.id, 'id', n = 1, now() - interval '400 days', '!'
    FROM records_organisation o, generate_series(1, 2) AS n;
INSERT INTO records_personrole (person_id, role)
    SELECT p.id, CASE WHEN o.kind = 'operator' THEN 'reviewer' ELSE 'officer' END
    FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id;
"""


def test_officers_that_are_known_are_on_the_roster_and_wait_for_a_call(empty: str, tmp_path: Path) -> None:
    """0009 registers who is an officer of an authority and still there, nobody else, and makes up no call-back.

    Their keys keep the rights that they had (0011).
    """
    def migrate(*arguments: str) -> None:
        environment = {**os.environ, "DATABASE_URL": empty, "JAGA_HOME": str(tmp_path),
                       "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                       "PYTHONPATH": str(Path(settings.LOCALE_PATHS[0]).parents[1])}
        subprocess.run([sys.executable, "-W", "error", "-m", "django", "migrate", "records", *arguments,
                        "--skip-checks"], env=environment, check=True, capture_output=True, timeout=600)

    migrate("0004")
    with psycopg.connect(empty) as writer:
        writer.execute(_EARLIER_OFFICERS.encode())
        writer.execute("INSERT INTO records_officerkey (officer_id, prefix, key_hash, created_at, expires_at)"
                       " SELECT id, 'jaga_lama', 'x', now(), now() + interval '90 d' FROM records_person"
                       " WHERE username = 'police1'")
    migrate("0009")
    with psycopg.connect(empty) as reader:
        known = reader.execute(
            "SELECT p.username, r.accepted_at = p.created_at, r.called_back_at, r.expires_at > now() + interval '179 d'"
            " FROM records_officerregistration r JOIN records_person p ON p.id = r.person_id ORDER BY 1").fetchall()
    assert known == [("ministry1", True, None, True), ("police1", True, None, True)]
    with psycopg.connect(empty) as writer, pytest.raises(psycopg.errors.CheckViolation, match="cannot be reviewer"):
        writer.execute("INSERT INTO records_personrole (person_id, role) SELECT person_id, 'reviewer'"
                       " FROM records_officerregistration")
    migrate("0008")
    migrate()
    with psycopg.connect(empty) as reader:
        assert reader.execute("SELECT scopes, per_minute, per_day FROM records_officerkey").fetchall() == [
            (["requests:write", "requests:read"], 600, 20_000)]


_EARLIER_REQUESTS = _EARLIER_OFFICERS + """
INSERT INTO records_platform (name, display_name, operator_id, adapter, server_name, capabilities, watched, practice,
        created_at, concurrency, by_notice, hook_keys)
    VALUES ('obrolan', 'Obrolan', 1, 'synapse', 'localhost', '{}', false, true, now(), 4, false, '[]');
INSERT INTO records_subject (platform_id, kind, account_id, handle, first_seen_at)
    SELECT 1, 'account', '@' || name || ':localhost', '', now() FROM unnest(ARRAY['satu', 'dua', 'tiga']) AS name;
INSERT INTO records_case (subject_id, category, state, channel, severity, victim_first, urgent, conduct_on, opened_at,
        due_at, reports_count, sources_count, score, rank_at)
    SELECT id, 'fraud', 'in_review', 'police', 1, false, false, '2026-01-02', now(), now() + interval '1 d', 1, 1, 0,
        now() FROM records_subject;
INSERT INTO records_report (case_id, subject_id, channel, form, category, text, place, language, conduct_on,
        received_at, due_at, urgent, source_key, organisation_id, officer_id, origin_ref)
    SELECT n, n, 'police', 'request', 'fraud', '', '', 'id', '2026-01-02', now(), now() + interval '1 d', n = 2, 'x', 2,
        CASE n WHEN 3 THEN 4 ELSE 3 END, 'BO/17' FROM generate_series(1, 3) AS n;
INSERT INTO records_authorityrequest (report_id, organisation_id, letter_number, letter_date, legal_basis,
        legal_analysis, locator, wants_export, court_order, urgent_reason)
    SELECT n, 2, CASE n WHEN 1 THEN 'BO/17' ELSE ' bo / 17' END, '2026-01-02', 'kuhp_492', 'Analisis.', '@x', n = 2,
        '', ''
    FROM generate_series(1, 3) AS n;
"""


def test_requests_of_before_become_orders(empty: str, tmp_path: Path) -> None:
    """0010 makes one order for each number and officer, and no request is left without one; it can be taken back."""
    def migrate(*arguments: str) -> None:
        environment = {**os.environ, "DATABASE_URL": empty, "JAGA_HOME": str(tmp_path),
                       "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                       "PYTHONPATH": str(Path(settings.LOCALE_PATHS[0]).parents[1])}
        subprocess.run([sys.executable, "-W", "error", "-m", "django", "migrate", "records", *arguments,
                        "--skip-checks"], env=environment, check=True, capture_output=True, timeout=600)

    migrate("0004")
    with psycopg.connect(empty) as writer:
        writer.execute(_EARLIER_REQUESTS.encode())
    migrate("0010")
    with psycopg.connect(empty) as reader:
        orders = reader.execute("SELECT officer_id, copy, urgent, wants_export, proof FROM records_order ORDER BY 2")
        assert orders.fetchall() == [(3, 1, True, True, "earlier"), (4, 2, False, False, "earlier")]
        told = reader.execute("SELECT q.report_id, o.officer_id FROM records_authorityrequest q"
                              " JOIN records_order o ON o.id = q.order_id ORDER BY 1").fetchall()
        assert told == [(1, 3), (2, 3), (3, 4)]
        (key,) = reader.execute("SELECT DISTINCT number_key FROM records_order").fetchall()
    migrate("0009")
    migrate()
    with psycopg.connect(empty) as reader:
        (now,) = reader.execute("SELECT DISTINCT number_key FROM records_order").fetchall()
        with pytest.raises(psycopg.errors.CheckViolation):  # the guard stands again
            reader.execute("UPDATE records_order SET number_key = 'x'")
    assert now == (number_key("BO/17"),)
    assert now != key
