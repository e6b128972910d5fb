"""`jaga key-store`: dated copies of the key store that do not last, and whether one belongs to this database."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg

from jaga.app import config, keys
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.files import replace_private, sync_folder
from jaga.core.terms.privacy import KeyOwner
from jaga.policy.limits import LONGEST_KEY_COPY_DAYS
from jaga.store.key_store import file

_DATED = re.compile(r"keys-(\d{8}T\d{6})Z|\.keys-(\d{8}T\d{6})Z\.[0-9a-f]{8}")
"""Copies, and what a killed process left of one (`core.private_files.write_draft`): it opens as much."""


@click.group("key-store")
def key_store() -> None:
    """Copy and check the keys of cases and reports.

    They are in the folder key-store/ or JAGA_KEY_STORE, never in a backup of the database.
    """


@key_store.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def copy(folder: Path) -> None:
    """Write a dated copy of the key store to FOLDER, and delete copies there that are older than 7 days.

    A copy opens what was erased after it was made, so it must not last. Run this daily, and back up FOLDER nowhere.
    """
    where = config.key_store()
    if folder.absolute().resolve() == where.resolve():
        raise click.ClickException(f"{folder} is the key store itself: name another folder, best on another machine.")
    found = file.read(where)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in outdated(folder):  # First, so that a full disk keeps none of them.
        old.unlink()
        click.echo(f"{old} was deleted: it was older than {LONGEST_KEY_COPY_DAYS} days.")
    sync_folder(folder)
    path = folder / f"keys-{now().astimezone(UTC):%Y%m%dT%H%M%S}Z"
    replace_private(path, file.encode(found))
    sync_folder(folder)
    click.echo(f"{path} was written.")


def outdated(folder: Path) -> list[Path]:
    """The dated copies in a folder that are too old, by the date in their name, and half-written ones."""
    oldest = now() - timedelta(days=LONGEST_KEY_COPY_DAYS)
    return sorted(
        path
        for path in folder.iterdir()
        if (dated := _DATED.fullmatch(path.name))
        and datetime.strptime(dated[1] or dated[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) < oldest
    )


@key_store.command()
@click.option(
    "--file", "copy_", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Check this copy instead."
)
def check(copy_: Path | None) -> None:
    """Read the key store and compare it with the fingerprint in the database. Nothing is changed.

    Exit status 1 if it is missing, damaged or of another database.
    """
    where = copy_ or config.key_store() / file.NAME
    try:
        found = file.decode(copy_.read_bytes()) if copy_ else file.read(config.key_store())
    except ValueError as why:
        raise click.ClickException(f"{where} cannot be read: {why}.") from None
    except JagaError as wrong:
        raise click.ClickException(f"{wrong.code}: {wrong.english()}") from None
    with psycopg.connect(config.database_url()) as connection:
        recorded = keys.recorded_in(connection).get(keys.KEY_STORE)
    gone = {kind: sum(last - first + 1 for first, last in tree.gaps()) for kind, tree in found.trees.items()}
    click.echo(
        f"{where}: generation {found.generation}; destroyed keys of cases: {gone[KeyOwner.CASE]}, of reports: "
        f"{gone[KeyOwner.REPORT]}."
    )
    if recorded is None:
        raise click.ClickException("This database holds no fingerprints yet: the first start records them.")
    if recorded.fingerprint != found.fingerprint:
        raise click.ClickException(f"{where} belongs to another database.")
    click.echo(f"It belongs to this database, since {recorded.since:%Y-%m-%d %H:%M} UTC.")
