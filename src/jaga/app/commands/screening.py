"""`jaga screening`: what the machine's eyes are made of."""

import click

from jaga.app.commands.models import approve, models, reinstate, reject, retire, train


@click.group()
def screening() -> None:
    """Models that learn from decisions. None of them judges; people decide which is asked."""


for command in (train, models, approve, reject, retire, reinstate):
    screening.add_command(command)
