"""`jaga check-machine`: what would prevent Jaga from running here."""

import click

from jaga.app import config, timestamp_settings
from jaga.app.stopping import check_machine, check_ports
from jaga.app.world import LoadWorld


@click.command("check-machine")
@click.pass_obj
def check(load_world: LoadWorld | None) -> None:
    """Check settings, Python, time zones, the home folder, free disk space and the port.

    Stops at the first problem and prints how to solve it.
    """
    config.check()
    timestamp_settings.check()
    if config.practice() and load_world:
        load_world().check()
    check_machine(config.home())
    check_ports()
    click.echo(f"This machine has what Jaga needs. Home: {config.home()}; port {config.port()} is free.")
