"""A small, invented database as the last released version left it, and how to store it again at a release.

PYTHONPATH=src:practice .venv/bin/python -m tests.records.last_version

writes `last_version.sql.gz` beside this file from the migrations and the practice filling of the checkout. Run it once
per release, as the last step: `test_upgrade.py` then tests that the next version upgrades it.
"""

import gzip
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from tests.services import drop_database, provide_database, provide_template

from jaga.app.services import place as places

DUMP = Path(__file__).with_name("last_version.sql.gz")
CASES = 60


@contextmanager
def database(name: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database beside the tests' own; dropped afterwards."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        drop_database(admin, name)
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            drop_database(admin, name)


def restore(url: str) -> None:
    """Load the stored installation into an empty database."""
    subprocess.run([_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction",
                    f"--dbname={url}"], input=gzip.decompress(DUMP.read_bytes()), stdout=subprocess.DEVNULL, check=True)


def _program(name: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        return places.programs(places.choose(Path(folder))) / name


def _store() -> None:
    provide_database()
    with database("jaga_last_version", provide_template()) as url, tempfile.TemporaryDirectory() as home:
        os.environ.update(DATABASE_URL=url, JAGA_HOME=home, PRACTICE="1", DJANGO_SETTINGS_MODULE="jaga.app.settings")
        _fill(Path(home))
        dumped = subprocess.run([_program("pg_dump"), "--no-owner", "--no-privileges", url], check=True,
                                capture_output=True).stdout
    DUMP.write_bytes(gzip.compress(dumped, mtime=0))
    print(f"{DUMP}: {DUMP.stat().st_size:,} bytes")


def _fill(home: Path) -> None:
    import django

    django.setup()
    from jaga.app import keys
    from jaga.casework.people.organisations import claim_installation
    from jaga.core.actors import CLI
    from jaga.core.terms.people import HostKind
    from jaga_practice.filling.fill import fill

    keys.make_all()
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    for _ in fill(CASES, 1, home):
        pass


if __name__ == "__main__":
    _store()
