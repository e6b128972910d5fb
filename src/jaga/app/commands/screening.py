"""`jaga screening`: what machines look for in texts and pictures, for people to judge."""

import click

from jaga.app.commands.hash_lists import hash_lists, import_hashes, remove_hashes


@click.group()
def screening() -> None:
    """What is looked for: lists of hashes of known pictures."""


for command in (import_hashes, hash_lists, remove_hashes):
    screening.add_command(command)
