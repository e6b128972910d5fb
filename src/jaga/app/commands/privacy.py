"""`jaga privacy`: the inventory of data, and what is made from it."""

import sys

import click

from jaga.app.commands.records import open_records


@click.group()
def privacy() -> None:
    """Check the inventory of personal data, and write the assessment of data protection."""


@privacy.command()
def check() -> None:
    """Check that each field of each table has a declaration in the inventory.

    Needs no database. Prints a line for each field without one, and for each declaration without a field, with what to
    write where; ends with status 1 if there is any.
    """
    open_records()
    from jaga.casework.privacy.periods import period_names
    from jaga.records.inventory.checks import all_models, check_inventory, columns_of

    models = all_models()
    if faults := check_inventory(models, period_names()):
        for fault in faults:
            click.echo(fault)
        click.echo(f"{len(faults)} faults in the inventory of data (docs/subsystems/privacy.md).")
        sys.exit(1)
    click.echo(f"the inventory is complete: {sum(len(columns_of(model)) for model in models)} fields of "
               f"{len(models)} tables")
