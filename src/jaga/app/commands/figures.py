"""`jaga figures`: exact current figures for the installation's staff."""

import sys

import click

from jaga.app.commands.records import open_records


@click.command()
@click.option("--operators", is_flag=True, help="The score cards of the operators.")
def figures(operators: bool) -> None:
    """Print exact figures as CSV. They are for the installation's own people: what is public is rounded, and of closed
    days and months only, since whoever compares exact ones can see a single report."""
    open_records()
    from jaga.transparency import figures as exact
    from jaga.transparency import operators as cards

    lines = cards.csv(cards.compute_cards()) if operators else exact.csv(exact.compute())
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
