"""`jaga ledger`: check the ledger, show its head and the key that signs it."""

import sys
from typing import TextIO

import click

from jaga.app.commands.records import open_records


@click.group()
def ledger() -> None:
    """The append-only record of who did what, when and why."""


@ledger.command()
def verify() -> None:
    """Read the whole ledger; find an edited, deleted, reordered or cut-off entry. Exit status 1 if there is one."""
    open_records()
    from jaga.casework.proof import verify_ledger

    report = verify_ledger()
    for problem in report.problems:
        click.echo(f"entry {problem.seq}: {problem.english()}")
    if report.more:
        click.echo(f"… and {report.more} more problems.")
    click.echo(f"{report.head.size} entries, {report.checkpoints} checkpoints, head {report.head.hash}")
    click.echo("The ledger is whole." if report.ok else "The ledger is NOT whole.")
    sys.exit(0 if report.ok else 1)


@ledger.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
def promise(file: TextIO) -> None:
    """Check the signed promise of a receipt, in FILE (- for standard input), against this ledger."""
    open_records()
    from jaga.casework.proof import check_receipt

    link = check_receipt(file.read(100_000))
    click.echo(f"The promise is ours, and was kept: it is link {link.seq} of the ledger, {link.hash}.")


@ledger.command()
def key() -> None:
    """Print the public key that signs checkpoints and exports, and its fingerprint to compare by telephone."""
    open_records()
    from jaga.casework.proof import signing_key
    from jaga.exchange.package import fingerprint

    pem = signing_key().public_pem()
    click.echo(pem.decode(), nl=False)
    click.echo(f"fingerprint {fingerprint(pem)}")
