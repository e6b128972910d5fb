"""`jaga receipt`: check the proof of a receipt offline, without database or network."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from jaga.core.canonical import rfc3339
from jaga.ledger.keys import BadKey, BadSignature, VerifyKey
from jaga.ledger.receipt import MOST_BYTES, ReceiptCheck, ReceiptResult, check_receipt
from jaga.ledger.tlog.notes import BadFormat, BadProof, NotWitnessed
from jaga.ledger.tlog.policy import parse_policy
from jaga.ledger.tlog.tree import FIRST_LINE, check_opened_proof, parse_proof, read_opening

ORIGIN = "jaga"


@click.group()
def receipt() -> None:
    """Verify the proof of a receipt, as reporters keep it."""


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The installation's public key, PEM or as one line of text. Take it from the installation's page, "
    "not from FILE.",
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For a proof from the published log (.tlog-proof): the installation's policy, with its logs and "
    "witnesses. Take it from the installation's page or from earlier.",
)
def verify(file: Path, key_file: Path | None, policy_file: Path | None) -> None:
    """Check the proof in FILE and say what to do next.

    A proof from the published log needs --policy, a receipt of the other form takes --key.

    \b
    Exit status:
      0  the report is in the ledger
      3  a signed promise only; not in the ledger yet
      4  a signature is forged
      5  the file was changed
    """
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if content.startswith(FIRST_LINE.encode()):
        if policy_file is None:
            raise click.UsageError("Give --policy with a proof from the published log.")
        sys.exit(_check_published(content, policy_file.read_bytes()))
    checked = check_receipt(content, _key(key_file) if key_file else None)
    click.echo(f"{checked.verdict.name.lower()}: {checked.sentence} {checked.remedy}")
    _print_result(checked, trusted=key_file is not None)
    sys.exit(checked.verdict)


def _check_published(content: bytes, policy: bytes) -> ReceiptResult:
    """Check a proof from the published log and print the result; the exit status."""
    try:
        proof = parse_proof(content)
        opened = check_opened_proof(proof, parse_policy(policy))
        assert proof.extra is not None
        entry = read_opening(proof.extra)
    except (BadFormat, BadProof) as refused:
        click.echo(f"changed: {refused.english()}")
        return ReceiptResult.CHANGED
    except (BadSignature, NotWitnessed) as refused:
        click.echo(f"forged: {refused.english()}")
        return ReceiptResult.FORGED
    click.echo(
        f"valid: the entry is leaf {proof.index} of the log {opened.head.origin}, which had {opened.head.size} leaves."
    )
    for witness, seconds in sorted(opened.cosigned.items(), key=lambda one: one[0].name):
        click.echo(f"cosigned by {witness.name} at {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC")
    click.echo(json.dumps(entry, ensure_ascii=True, sort_keys=True))
    return ReceiptResult.VALID


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
        click.echo(
            f"Checked with the key in the file, {checked.key.key_id}: this shows that the file is whole, "
            "not whose it is. Give the key of the installation's own page with --key."
        )
