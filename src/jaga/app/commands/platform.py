"""`jaga platform`: the chat platforms that this installation can act on, and whether their access works."""

from pathlib import Path

import click

from jaga.app.config import home
from jaga.core.errors import JagaError
from jaga.platforms.registry import check as run_checks
from jaga.platforms.registry import configuration_of, load_configurations


def configuration_path() -> Path:
    """Where the platforms' access stands; only the worker and these commands read it."""
    return home() / "platforms.toml"


@click.group()
def platform() -> None:
    """Chat platforms: their configuration in platforms.toml."""


@platform.command("list")
def list_platforms() -> None:
    """Show the configured platforms, without their credentials."""
    try:
        configurations = load_configurations(configuration_path())
    except JagaError as error:
        raise click.ClickException(error.english()) from None
    if not configurations:
        click.echo(f"No platform is configured in {configuration_path()}; docs/adapters.md shows how.")
    for name in sorted(configurations):
        known = configurations[name]
        click.echo(f"{name}: {known.adapter} at {known.base_url} ({known.server_name})")


@platform.command()
@click.argument("name")
def check(name: str) -> None:
    """Try the configuration of NAME on the real platform; nothing is changed there.

    Prints one line for each thing tried, and ends with status 1 if any failed.
    """
    try:
        checks = run_checks(configuration_of(load_configurations(configuration_path()), name))
    except JagaError as error:
        raise click.ClickException(error.english()) from None
    for tried in checks:
        click.echo(f"{'ok    ' if tried.ok else 'FAILED'} {tried.name}: {tried.sentence}")
    if not all(tried.ok for tried in checks):
        raise SystemExit(1)
