"""`jaga evidence`: check the originals in the evidence store."""

import click

from jaga.app.commands.records import open_records


@click.group()
def evidence() -> None:
    """Check the encrypted originals in the folder evidence/."""


@evidence.command()
def check() -> None:
    """Read every original and name those that are missing or changed. Nothing is changed.

    Exit status 1 if one is. Reads the whole folder, so it takes a while: run it each week.
    """
    open_records()
    from jaga.privacy.verbs.erasure import damaged_originals

    damaged = 0
    for one in damaged_originals():
        damaged += 1
        click.echo(f"damaged: {one.path} ({one.belongs_to}, SHA-256 of its content {one.sha256})")
    if damaged:
        raise click.ClickException(
            f"{damaged} originals are missing or were changed: docs/runbooks/evidence-damaged.md says what to do."
        )
    click.echo("All originals are whole.")
