"""The last released version's database is upgraded without loss and then equals a new one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
from django.db import connection
from tests.records.last_version import CASES, DUMP, database, restore
from tests.roles import owner_url
from tests.services import CHECKOUT

from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store import file

# By names, never by places: an upgraded table has its new columns at the end.
_MADE_OF = """
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
                                                    column_default, is_identity)
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(oid), pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prolang <> 13
        AND (proname LIKE 'records%' OR proname LIKE 'procrastinate%')
"""
_UPGRADE = """
import django
from django.core.management import call_command
django.setup()
from jaga.app import keys
keys.make_all()
call_command("migrate", verbosity=0, interactive=False)
call_command("migrate", check_unapplied=True, verbosity=0)

from django.apps import apps
from jaga.casework.people.organisations import create_organisation
from jaga.core.actors import CLI
from jaga.core.terms.people import OrganisationKind
from jaga.records.key_store.sealing import is_erased
from jaga.records.models import Report
assert [is_erased(one.text) for one in Report.objects.exclude(text="").order_by("pk")[:2]] == [True, False]
for model in apps.get_app_config("records").get_models():
    list(model._default_manager.all()[:3])
create_organisation("PT Contoh Sesudahnya", OrganisationKind.OPERATOR, practice=True, actor=CLI)
"""


_NOISE = re.compile(r"::(?:character varying|text)(?:\[\])?|[()\s]")


def _made_of(url: str) -> set[tuple[str, ...]]:
    """Each column, constraint, index, trigger and function. A dump places casts and brackets differently, so they are
    removed.
    """
    with psycopg.connect(url) as reader:
        found = reader.execute(_MADE_OF.encode()).fetchall()
    return {(kind, table, name, text if kind == "function" else _NOISE.sub("", text))
            for kind, table, name, text in found}


def _rows(url: str) -> dict[str, int]:
    """The number of rows of each of Jaga's tables."""
    with psycopg.connect(url) as reader:
        names = [name for (name,) in reader.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'records%'")]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)
        return dict(reader.execute(counts.encode()).fetchall())


def test_an_installation_of_the_last_version_is_upgraded(db: None, tmp_path: Path) -> None:
    """The rows remain and can be read, a verb works on them, and tables and triggers are those of a new database.

    It is a backup from before an erasure: the report whose key was destroyed since is erased in it too.
    """
    with database(f"{connection.settings_dict['NAME']}_upgraded") as url:
        restore(url)
        file.create(tmp_path / "key-store")
        with psycopg.connect(url) as reader:
            reports = reader.execute("SELECT id FROM records_report WHERE text <> '' ORDER BY id LIMIT 1").fetchall()
        file.destroy(tmp_path / "key-store", {KeyOwner.REPORT: [number for (number,) in reports], KeyOwner.CASE: {1}})
        before = _rows(url)
        assert before["records_case"] == CASES
        assert before["records_vote"] > 0
        subprocess.run([sys.executable, "-c", _UPGRADE], check=True, cwd=tmp_path, timeout=600,
                       env={**os.environ, "DATABASE_URL": url, "JAGA_HOME": str(tmp_path),
                            "DJANGO_SETTINGS_MODULE": "jaga.app.settings", "PYTHONPATH": str(CHECKOUT / "src")})
        after = _rows(url)
        added = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
        # The search index of plain words was emptied, and every case waits to be indexed again.
        assert (added.pop("records_searchtext"), added.pop("records_searchstale")) == (-CASES, CASES)
        assert added.pop("records_bindingstart") > 1  # which rows are older than the entries that bind rows
        assert added == {"records_organisation": 1, "records_ledgerentry": 1, "records_rowbinding": 1}
        assert not _made_of(url) ^ _made_of(owner_url())


def test_what_is_stored_is_small() -> None:
    """The stored file is part of every clone, so it must be small."""
    assert DUMP.stat().st_size < 300_000
