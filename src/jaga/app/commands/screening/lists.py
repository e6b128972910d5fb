"""`jaga screening`: what screening looks for in texts and pictures."""

import click

from jaga.app.commands.screening.backtests import backtest_command, shadow
from jaga.app.commands.screening.hash_lists import hash_lists, import_hashes, remove_hashes
from jaga.app.commands.screening.models import models, reject, retire, save_model, train


@click.group()
def screening() -> None:
    """What is looked for: changed rules, before they count; lists of known pictures; models that learn from decisions.
    """


for command in (backtest_command, shadow, import_hashes, hash_lists, remove_hashes,
                train, models, save_model, reject, retire):
    screening.add_command(command)
