"""`jaga take-in`: public content from a file into cases. See docs/backlogs.md."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jaga.app.commands.records import open_records
from jaga.core.actors import CLI

if TYPE_CHECKING:
    from jaga.reporting.verbs.backlogs import BacklogProgress


@click.command("take-in")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--watch",
    required=True,
    metavar="NUMBER",
    callback=lambda *given: _number(given[2]),
    help="The watch that permits FILE and names its platform, such as W000012.",
)
@click.option("--column", default="text", show_default=True, help="The column with the texts.")
@click.option("--id", "ident", default="id", show_default=True, help="The column with each item's own id.")
@click.option("--account", default="account", show_default=True, help="The column with the accounts.")
@click.option(
    "--sent-at",
    default="sent_at",
    show_default=True,
    help="The column with the moments of publication, if there is one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    default=2,
    show_default=True,
    help="How many processes to use on this machine.",
)
@click.option("--again", is_flag=True, help="Also try blocks again that were left alone.")
@click.option(
    "--receipt",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the signed receipt of the run to this file.",
)
def take_in(
    file: Path,
    watch: int,
    column: str,
    ident: str,
    account: str,
    sent_at: str,
    workers: int,
    again: bool,
    receipt: Path | None,
) -> None:
    """Screen public content and open cases for what is flagged.

    Two people permit it first: in the console one proposes a watch of files that are taken in at once, with the
    SHA-256 of FILE as its scope, and another one starts it.

    FILE has one JSON object on each line, with a text, an account and an id. Everything in it must have been
    published for everybody. A text from the policy's line on becomes an observation in the case of its account; of
    all others only counts and hashes are kept. People decide the cases.

    To continue a run that was stopped or killed, repeat the command: what was done is not done twice. The same command
    on another machine that sees the same FILE helps.
    """
    open_records()
    from jaga.app.screening.block_findings import Columns
    from jaga.app.screening.take_in import Workers, begin, follow
    from jaga.reporting.verbs.backlogs import finish_backlog, progress_of, try_again

    path, began = file.absolute(), time.monotonic()
    number = begin(path, watch, Columns(column, ident, account, sent_at))
    if again and (count := try_again(number)):
        click.echo(f"{count} blocks are tried again.")
    before = progress_of(number)
    if before.done:
        click.echo(f"{before.done} of {before.blocks} blocks were done before.")
    size = file.stat().st_size
    running = Workers(workers, path, number)
    try:
        with click.progressbar(
            length=max(size, 1),
            label=file.name[:40],
            file=sys.stderr,
            show_eta=True,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda rate: rate,
        ) as bar:

            def show(now: "BacklogProgress") -> None:
                rate = (now.rows - before.rows) / max(time.monotonic() - began, 1e-9)
                bar.update(now.bytes_done - bar.pos, f"{rate:,.0f} a second")

            done = follow(running, number, show)
    finally:
        running.close()
    _say(file.name, done, time.monotonic() - began, done.rows - before.rows)
    note = finish_backlog(number, actor=CLI)
    if receipt is not None:
        receipt.write_text(note)
    else:
        click.echo(note)


def _number(given: str) -> int:
    """The number of a watch, written as the console shows it or without its letter and zeros."""
    digits = given.strip().removeprefix("W")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise click.BadParameter(f"{given} is no number of a watch, such as W000012.")
    return int(digits)


def _say(name: str, done: "BacklogProgress", took: float, rows: int) -> None:
    click.echo(
        f"{name}: {done.rows:,} rows ({done.unread:,} without a text, {done.copies:,} repeated); "
        f"{done.flagged:,} flagged: {done.filed:,} observations filed, {done.repeated:,} of words known before, "
        f"{done.waiting:,} wait until the same words of other accounts are judged, "
        f"{done.unusable:,} without an account of the platform that may be read; {took:.1f} s "
        f"({rows / max(took, 1e-9):,.0f} a second)"
    )
