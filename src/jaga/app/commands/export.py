"""`jaga export`: verify a sealed export anywhere. Creating one is done by a person in the console."""

import sys
from pathlib import Path

import click


@click.group()
def export() -> None:
    """Verify a sealed export, which the police receive for a legal request."""


@export.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The installation's public key (PEM). Take it from another source than FOLDER.")
def verify(folder: Path, key: Path | None) -> None:
    """Verify the sealed export in FOLDER.

    Checks every hash, the signature and the ledger entries. Needs no database and no network.
    """
    from jaga.exchange.package import verify_package
    from jaga.ledger.extract import check_extract

    problems = verify_package(folder, trusted_pem=key.read_bytes() if key else None, check_ledger=check_extract)
    for problem in problems:
        click.echo(problem.english())
    if not problems:
        click.echo("The export is whole." + ("" if key else " Its key was not compared: --key shows who made it."))
    sys.exit(1 if problems else 0)
