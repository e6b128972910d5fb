"""`jaga check-machine`: what would prevent Jaga from running here."""

import click

from jaga.app import config, timestamp_settings, world
from jaga.app.machine import check_machine, check_ports


@click.command("check-machine")
def check() -> None:
    """Check settings, Python, time zones, the home folder, free disk space and the port.

    Stops at the first problem and prints how to solve it.
    """
    config.check()
    timestamp_settings.check()
    if config.practice() and world.is_there():
        world.practice_world().check()
    check_machine(config.home())
    check_ports()
    click.echo(f"This machine has what Jaga needs. Home: {config.home()}; port {config.port()} is free.")
