"""`jaga screening`: what machines look for in texts and pictures, for people to judge."""

import click

from jaga.app.commands.backtests import backtest_command, shadow
from jaga.app.commands.hash_lists import hash_lists, import_hashes, remove_hashes


@click.group()
def screening() -> None:
    """What is looked for: rules and phrases, before they count and while they only do; lists of known pictures."""


for command in (backtest_command, shadow, import_hashes, hash_lists, remove_hashes):
    screening.add_command(command)
