"""`jaga screening`: what screening looks for in texts and pictures."""

import click

from jaga.app.commands.screening.backtests import backtest_command, shadow
from jaga.app.commands.screening.hash_lists import hash_lists, import_hashes, remove_hashes
from jaga.app.commands.screening.models import correct, models, reject, retire, save_model, train


@click.group()
def screening() -> None:
    """Test rules, manage hash lists of known pictures, and train models.

    Models learn from the installation's own decisions.
    """


for command in (
    backtest_command,
    shadow,
    import_hashes,
    hash_lists,
    remove_hashes,
    train,
    correct,
    models,
    save_model,
    reject,
    retire,
):
    screening.add_command(command)
