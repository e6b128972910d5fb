"""`jaga figures`: exact current figures for the installation's staff."""

import sys

import click

from jaga.app.commands.records import open_records


@click.command()
@click.option("--operators", is_flag=True, help="Print the operators' score cards instead.")
def figures(operators: bool) -> None:
    """Print exact figures as CSV, for internal use.

    Do not publish them: by comparing exact figures somebody can recognise a single report. Public figures are rounded
    and cover only days and months that have ended.
    """
    open_records()
    from jaga.figures.verbs import figures as exact
    from jaga.figures.verbs import operators as cards

    lines = cards.csv(cards.compute_cards()) if operators else exact.csv(exact.compute())
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
