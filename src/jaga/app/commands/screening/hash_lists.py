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
@click.option("--name", required=True, help="The list's name. An existing list of that name is replaced.")
@click.option("--category", required=True, help="What the pictures on the list show: a category of the policy.")
@click.option("--source", default="", help="Who provided the list, and when.")
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Import the valid lines. Without it a single invalid line makes the command refuse the file.",
)
@click.option("--dry-run", is_flag=True, help="Only check the file.")
def import_hashes(file: Path, name: str, category: str, source: str, skip_bad: bool, dry_run: bool) -> None:
    """Import a list of PDQ hashes from FILE.

    FILE has one hash a line, or is CSV with a header, or JSON, for example as Meta's ThreatExchange tools write it.
    """
    read = read_hash_list(file)
    _say(read)
    if read.faults and not skip_bad:
        raise click.ClickException("Nothing was imported. Correct the file, or skip the invalid lines with --skip-bad.")
    if not read.size:
        raise click.ClickException("The file has no PDQ hash.")
    if dry_run:
        click.echo(f"{read.size} hashes could be brought in.")
        return
    open_records()
    from jaga.signals.verbs.image_hashes import NewHashList, import_hash_list

    try:
        made = import_hash_list(NewHashList(name, source, category, read.hashes), actor=CLI)
    except InvalidInput as refused:
        raise click.ClickException("; ".join(f"{error.field}: {error.sentence}" for error in refused.errors)) from None
    click.echo(
        f"“{made.name}” has {made.size} hashes for {made.category}, version {made.version[:12]}. The pictures"
        " that are here are compared with it by the worker."
    )


def _say(read: HashFile) -> None:
    for fault in read.faults[:_SHOWN]:
        click.echo(f"{fault.number}: {fault.english()} “{fault.text}”", err=True)
    if len(read.faults) > _SHOWN:
        click.echo(f"… and {len(read.faults) - _SHOWN} more", err=True)
    for count, what in (
        (read.repeated, "repeated"),
        (read.ignored, "of another kind of signal"),
        (read.plain, "of pictures too plain to be recognised"),
        (len(read.faults), "bad"),
    ):
        if count:
            click.echo(f"{count} {what}", err=True)


@click.command("hash-lists")
def hash_lists() -> None:
    """List the hash lists in use."""
    open_records()
    from jaga.signals.models import HashList

    rows = HashList.objects.filter(removed_at__isnull=True).defer("hashes").order_by("name")
    if not rows:
        click.echo("No hash list is in use; import one with `jaga screening import-hashes`.")
    for row in rows:
        click.echo(
            f"{row.name}: {row.size} hashes, {row.category}, version {row.version[:12]}, "
            f"{row.imported_at:%Y-%m-%d}{f', {row.source}' if row.source else ''}, "
            f"{row.matches.count()} pictures found"
        )


@click.command("remove-hashes")
@click.argument("name")
def remove_hashes(name: str) -> None:
    """Remove the hash list NAME and erase its hashes.

    Matches that it found before are kept.
    """
    open_records()
    from jaga.core.errors import NotFound
    from jaga.signals.verbs.image_hashes import remove_hash_list

    try:
        removed = remove_hash_list(name, actor=CLI)
    except NotFound:
        raise click.ClickException(f"There is no list “{name}”: `jaga screening hash-lists` shows them.") from None
    click.echo(f"“{removed.name}” is out of use, and its {removed.size} hashes are erased.")
