"""`jaga migrate`: update the database's tables to this version."""

import click

from jaga.app.commands.records import open_records


@click.command()
def migrate() -> None:
    """Apply missing migrations and grant the database roles their rights. Safe to repeat.

    Some steps cannot be undone: back up first (docs/operations.md).
    """
    open_records()
    from django.core.management import call_command

    from jaga.app import config, keys, put_back
    from jaga.app import policy_in_force as policy_first
    from jaga.app.services import database as roles
    from jaga.core.actors import CLI
    from jaga.privacy.verbs.erasure import apply_again

    call_command("migrate", verbosity=1, interactive=False)
    roles.prepare(config.database_url())
    try:
        put_back.check(config.database_url())
    except put_back.DatabasePutBack as found:  # The tables are ready, but nothing may be entered into the ledger yet.
        click.echo(found.english(), err=True)
        return
    keys.record()
    apply_again(actor=CLI)
    if differs := policy_first.adopt_or_compare():
        click.echo(differs)
