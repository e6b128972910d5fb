"""`jaga keys`: check whether the keys in secrets/, or a copy of it, belong to this database; replace one."""

from pathlib import Path

import click
import psycopg

from jaga.app import config, keys
from jaga.app.commands.records import open_records
from jaga.core.errors import JagaError
from jaga.platforms.kit.credentials import locked_credentials
from jaga.platforms.kit.sealing import KeyFile

REPLACEABLE = sorted(set(keys.NEEDED_BY) - {"ledger", "leaves"})


@click.group("keys")
def keys_() -> None:
    """Check or replace the installation's keys.

    Each key is a file in secrets/. The database stores the fingerprints.
    """


@keys_.command()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Check this copy of secrets/ instead.",
)
def check(folder: Path | None) -> None:
    """Compare each key with the fingerprint in the database.

    Exit status 1 if one differs. Nothing is changed.
    """
    where = folder or keys.folder()
    with psycopg.connect(config.database_url()) as connection:
        recorded = keys.recorded_in(connection)
    for name, entry in sorted((name, entry) for name, entry in recorded.items() if name != keys.KEY_STORE):
        key = keys.read(where / name)
        fits = key is not None and keys.fingerprint(name, key) == entry.fingerprint
        state = "fits" if fits else "missing" if key is None else "ANOTHER KEY"
        click.echo(f"{name:15} {state:12} {entry.fingerprint[:16]} since {entry.since:%Y-%m-%d %H:%M} UTC")
    try:
        keys.require(where, recorded, recorded)
    except JagaError as wrong:
        raise click.ClickException(f"{wrong.code}: {wrong.english()}") from None
    if locked := locked_credentials(config.home() / "platforms.toml", KeyFile(where / keys.PLATFORMS)):
        raise click.ClickException(
            f"The key {keys.PLATFORMS} in {where} does not open {', '.join(locked)}: put back the copy that is of the "
            "day of platforms.toml, or give each anew with `jaga platform set`."
        )
    if not recorded:
        raise click.ClickException("This database holds no fingerprints yet: the first start records them.")


@keys_.command()
@click.argument("name", type=click.Choice(REPLACEABLE))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def replace(name: str, yes: bool) -> None:
    """Replace the key NAME because it was lost or leaked.

    Stop Jaga first.

    What can be opened or found under the old one no longer can be: docs/operations.md says what that is.
    """
    from jaga.app.services.supervisor import OnlyOne

    with OnlyOne(config.home(), "jaga keys replace", ()):
        if not yes:
            click.confirm(f"What was made under the key {name} can no longer be used. Replace it?", abort=True)
        kept = keys.replace(name)
        open_records()
        from jaga.core.actors import CLI
        from jaga.store.kernel.epochs import replace_fingerprint

        replace_fingerprint(name, keys.fingerprint(name, keys.secret(name)), actor=CLI)
        if name == "search":
            from jaga.queue.verbs.search import index_all_again

            index_all_again()
    click.echo(f"The key {name} was replaced." + (f" The old one is {kept}." if kept.exists() else ""))
