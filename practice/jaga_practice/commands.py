"""`jaga practice`: commands for practice installations only."""

import sys
import time

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.app.config import home
from jaga.core.actors import CLI

_BAR = 24


@click.group()
def practice() -> None:
    """Commands for practice installations only."""


@practice.command("fill")
@click.option("--cases", required=True, type=click.IntRange(1, 20_000_000), help="The total number of cases to reach.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 2**31), help="Seed of the random generator."
)
def fill_(cases: int, seed: int) -> None:
    """Invent cases until there are --cases of them.

    Most of them are decided, some still wait. You can stop the command at any time; repeat it to continue.
    """
    open_records(products_language=True)
    from jaga.people.verbs.people import claim_installation
    from jaga_practice.filling.fill import OnlyInPractice, fill

    if not config.practice():
        raise OnlyInPractice
    claim_installation(config.host(), practice=True, actor=CLI)
    began = time.monotonic()
    for filled in fill(cases, seed, home()):
        made, took = filled.now - filled.before, time.monotonic() - began
        if made:
            _show(filled.now, cases, made / took)
    if filled.now == filled.before:
        click.echo(f"There are {filled.before:,} invented cases already; nothing was added.")
        return
    took = time.monotonic() - began
    click.echo(
        f"{'' if not sys.stdout.isatty() else chr(10)}{filled.now:,} invented cases; {made:,} of them made now, "
        f"in {took:.0f} s ({made / took:,.0f} a second)."
    )


@practice.command("code")
@click.argument("username")
def code_(username: str) -> None:
    """Show the current sign-in code of an invented officer's app."""
    from jaga_practice.app_codes import code_now

    code = code_now(username, home() / "practice") if config.practice() else None
    if code is None:
        raise click.ClickException(f"“{username}” is no invented officer of a practice installation with an app.")
    click.echo(code)


def _show(there: int, wanted: int, rate: float) -> None:
    """Show a progress bar on a terminal, and lines elsewhere."""
    full = round(_BAR * there / wanted)
    left = round((wanted - there) / rate)
    line = (
        f"{'█' * full}{'·' * (_BAR - full)} {there:>10,} of {wanted:,}  {rate:>7,.0f} a second  "
        f"{left // 60} min {left % 60:02d} s left"
    )
    click.echo(f"\r{line}" if sys.stdout.isatty() else line, nl=not sys.stdout.isatty())
