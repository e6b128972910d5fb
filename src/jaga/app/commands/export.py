"""`jaga export`: verify a sealed export anywhere. Creating one is done by a person in the console."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jaga.exchange.package import PackageProblem


@click.group()
def export() -> None:
    """Verify a sealed export, which the police receive for a legal request."""


@export.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The installation's public key (PEM). Take it from another source than FOLDER.",
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The installation's policy, by which proofs from the published log are checked. Without it the one "
    "in FOLDER is used.",
)
def verify(folder: Path, key: Path | None, policy: Path | None) -> None:
    """Verify the sealed export in FOLDER.

    Checks every hash, the signature and the ledger entries. Needs no database and no network.
    """
    from jaga.exchange.package import POLICY, verify_package
    from jaga.ledger.extract import check_extract

    problems = verify_package(folder, trusted_pem=key.read_bytes() if key else None, check_ledger=check_extract)
    proved = _check_proofs(folder, policy or folder / POLICY) if not problems else []
    problems += [problem for problem in proved if problem is not None]
    for problem in problems:
        click.echo(problem.english())
    if proved and not problems:
        click.echo(f"{len(proved)} entries are in the published log.")
    if not problems:
        click.echo("The export is whole." + ("" if key else " Its key was not compared: --key shows who made it."))
    sys.exit(1 if problems else 0)


def _check_proofs(folder: Path, policy: Path) -> "list[PackageProblem | None]":
    """For each proof from the published log None, or what is wrong with it."""
    from jaga.core.errors import JagaError
    from jaga.exchange.package import PROOFS, PackageProblem
    from jaga.ledger.tlog.policy import parse_policy
    from jaga.ledger.tlog.tree import check_opened_proof, parse_proof

    found: list[PackageProblem | None] = []
    for file in sorted((folder / PROOFS).glob("*")):
        try:
            check_opened_proof(parse_proof(file.read_bytes()), parse_policy(policy.read_bytes()))
            found.append(None)
        except JagaError as refused:
            found.append(PackageProblem(f"{PROOFS}{file.name}", refused.sentence, refused.remedy, refused.params))
    return found
