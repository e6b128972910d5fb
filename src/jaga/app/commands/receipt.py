"""`jaga receipt`: check the proof of a receipt offline, without database or network."""

import sys
from pathlib import Path

import click

from jaga.core.canonical import rfc3339
from jaga.ledger.keys import BadKey, VerifyKey
from jaga.ledger.receipt import MOST_BYTES, ReceiptCheck, check_receipt

ORIGIN = "jaga"


@click.group()
def receipt() -> None:
    """Verify the proof of a receipt, as reporters keep it."""


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "key_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The installation's public key, PEM or as one line of text. Take it from the installation's page, "
                   "not from FILE.")
def verify(file: Path, key_file: Path | None) -> None:
    """Check the proof in FILE and say what to do next.

    \b
    Exit status:
      0  the report is in the ledger
      3  a signed promise only; not in the ledger yet
      4  a signature is forged
      5  the file was changed
    """
    with file.open("rb") as opened:
        checked = check_receipt(opened.read(MOST_BYTES + 1), _key(key_file) if key_file else None)
    click.echo(f"{checked.verdict.name.lower()}: {checked.sentence} {checked.remedy}")
    _print_result(checked, trusted=key_file is not None)
    sys.exit(checked.verdict)


def _key(file: Path) -> VerifyKey:
    content = file.read_bytes()[:10_000]
    try:
        return VerifyKey.from_pem(ORIGIN, content)
    except BadKey:
        return VerifyKey.from_text(content.decode("utf-8", "replace"))


def _print_result(checked: ReceiptCheck, *, trusted: bool) -> None:
    if checked.promise is not None:
        click.echo(f"entry {checked.promise.entry_id} of {rfc3339(checked.promise.at)}, {checked.promise.entry_hash}")
    if checked.seq is not None:
        click.echo(f"place {checked.seq} in the ledger")
    if checked.key is not None and not trusted:
        click.echo(f"Checked with the key in the file, {checked.key.key_id}: this shows that the file is whole, "
                   "not whose it is. Give the key of the installation's own page with --key.")
