"""`jaga screening import-hashes`, `hash-lists` and `remove-hashes`: hash lists of known pictures."""

from pathlib import Path

import click

from jaga.app.commands.records import open_records
from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput
from jaga.exchange.hash_list_in import HashFile, read_hash_list

_SHOWN = 20


@click.command("import-hashes")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The list's name. A list of that name is replaced.")
@click.option("--category", required=True, help="What a picture on it shows: a category of the policy.")
@click.option("--source", default="", help="Who gave it, and when.")
@click.option("--skip-bad", is_flag=True, help="Bring in the good lines; without it a bad one refuses the file.")
@click.option("--dry-run", is_flag=True, help="Only look at the file.")
def import_hashes(file: Path, name: str, category: str, source: str, skip_bad: bool, dry_run: bool) -> None:
    """Bring in the PDQ hashes of FILE: one a line, CSV with a header, or JSON, also as ThreatExchange's tools write."""
    read = read_hash_list(file)
    _say(read)
    if read.faults and not skip_bad:
        raise click.ClickException("Nothing was brought in. Mend the file, or leave the bad lines out with --skip-bad.")
    if not read.size:
        raise click.ClickException("The file has no PDQ hash.")
    if dry_run:
        click.echo(f"{read.size} hashes could be brought in.")
        return
    open_records()
    from jaga.casework.screening.hash_lists import NewHashList, import_hash_list

    try:
        made = import_hash_list(NewHashList(name, source, category, read.hashes), actor=CLI)
    except InvalidInput as refused:
        raise click.ClickException("; ".join(f"{error.field}: {error.sentence}" for error in refused.errors)) from None
    click.echo(f"“{made.name}” has {made.size} hashes for {made.category}, version {made.version[:12]}. The pictures"
               " that are here are compared with it by the worker.")


def _say(read: HashFile) -> None:
    for fault in read.faults[:_SHOWN]:
        click.echo(f"{fault.number}: {fault.english()} “{fault.text}”", err=True)
    if len(read.faults) > _SHOWN:
        click.echo(f"… and {len(read.faults) - _SHOWN} more", err=True)
    for count, what in ((read.repeated, "repeated"), (read.ignored, "of another kind of signal"),
                        (read.plain, "of pictures too plain to be recognised"), (len(read.faults), "bad")):
        if count:
            click.echo(f"{count} {what}", err=True)


@click.command("hash-lists")
def hash_lists() -> None:
    """Show the lists of hashes in use."""
    open_records()
    from jaga.records.models import HashList

    rows = HashList.objects.filter(removed_at__isnull=True).defer("hashes").order_by("name")
    if not rows:
        click.echo("No list of hashes is in use; bring one in with `jaga screening import-hashes`.")
    for row in rows:
        click.echo(f"{row.name}: {row.size} hashes, {row.category}, version {row.version[:12]}, "
                   f"{row.imported_at:%Y-%m-%d}{f', {row.source}' if row.source else ''}, "
                   f"{row.matches.count()} pictures found")


@click.command("remove-hashes")
@click.argument("name")
def remove_hashes(name: str) -> None:
    """Take the list NAME out of use and erase its hashes. What was found by it stays."""
    open_records()
    from jaga.casework.screening.hash_lists import remove_hash_list
    from jaga.core.errors import NotFound

    try:
        removed = remove_hash_list(name, actor=CLI)
    except NotFound:
        raise click.ClickException(f"There is no list “{name}”: `jaga screening hash-lists` shows them.") from None
    click.echo(f"“{removed.name}” is out of use, and its {removed.size} hashes are erased.")
