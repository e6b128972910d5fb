"""`jaga ledger`: verify the ledger, show its head and signing key."""

import sys
from pathlib import Path
from typing import TextIO

import click

from jaga.app.commands.records import open_records


@click.group()
def ledger() -> None:
    """Verify the append-only record of who did what, when and why."""


@ledger.command()
@click.option(
    "--checkpoint",
    "files",
    type=click.File("r", encoding="utf-8"),
    multiple=True,
    metavar="FILE",
    help="A checkpoint that you kept elsewhere; the ledger must contain it. May be repeated.",
)
@click.option(
    "--rows",
    "with_rows",
    is_flag=True,
    help="Also compare the rows of the database with what the entries recorded of them.",
)
@click.option(
    "--at-least",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="The ledger must have at least N entries, because it once had N.",
)
def verify(files: tuple[TextIO, ...], at_least: int, *, with_rows: bool) -> None:
    """Read the whole ledger and report every fault.

    Faults are entries that were edited, deleted, reordered, cut off, never signed or not written by this installation,
    and rows that no entry names. With --rows also rows that were edited, deleted or inserted past Jaga, each by table
    and number. Exit status 1 if there is any.

    If the whole database was set back to an earlier state, only --checkpoint or --at-least can show it. A restore that
    an administrator declared with `jaga restored` is reported as a gap, together with the checkpoints within it.
    """
    open_records()
    from jaga.ledger.checkpoints import read_checkpoint
    from jaga.proofs.verbs.verification import verify_published_and_note
    from jaga.store.kernel.ledger_verification import verify_and_note
    from jaga.store.reads import published_state

    notes = [_note(file) for file in files]
    published = [note.encode() for note in notes if _is_published(note)]
    kept = [read_checkpoint(note) for note in notes if not _is_published(note)]
    found = verify_and_note(kept=kept, at_least=at_least, rows=with_rows)
    report, log_problems = found.report, verify_published_and_note(published)
    for note in report.notes:
        click.echo(f"entry {note.seq}: {note.english().strip()}")
    for problem in report.problems:
        click.echo(f"entry {problem.seq}: {problem.english()}" if problem.seq else problem.english())
    for problem in log_problems:
        click.echo(f"published log: {problem.english()}")
    if report.more:
        click.echo(f"… and {report.more} more problems.")
    click.echo(f"{report.head.size} entries, {report.checkpoints} checkpoints, head {report.head.hash}")
    if kept:
        click.echo(f"{report.kept} of {len(kept)} kept checkpoints lie within the ledger.")
    if found.rows:
        for fault in found.rows.faults:
            click.echo(fault.problem().english())
        if found.rows.more:
            click.echo(f"… and {found.rows.more} more rows.")
        click.echo(f"{found.rows.rows} rows compared with what the entries recorded of them.")
    state = published_state()
    if state.due_at is not None:
        click.echo(f"The published log {state.origin} has {state.size} leaves, root {state.root}.")
    whole = found.ok and not log_problems
    click.echo("The ledger is whole." if whole else "The ledger is NOT whole.")
    sys.exit(0 if whole else 1)


def _is_published(note: str) -> bool:
    """Whether a kept checkpoint is of the published log: three lines, where the chain's has five."""
    return note.partition("\n\n")[0].count("\n") == 2


def _note(file: TextIO) -> str:
    """The checkpoint text without changes that mail programs, psql or editors make at the end."""
    return file.read(100_000).replace("\r\n", "\n").strip("\ufeff\n ") + "\n"


@ledger.command()
def checkpoint() -> None:
    """Print the newest signed checkpoint.

    Keep it where nobody who can write to the database can change it.
    """
    open_records()
    from jaga.store.kernel.sequencer import newest_checkpoint

    click.echo(newest_checkpoint(), nl=False)


@ledger.command()
def policy() -> None:
    """Print the policy: the keys of the published logs, and the witnesses with their quorum.

    Whoever verifies proofs needs it, and a witness needs the keys after the word log.
    """
    open_records()
    from jaga.proofs.verbs.publishing import policy_file

    click.echo(policy_file().decode("utf-8", "replace"), nl=False)


@ledger.command()
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Bring a copy of the published log in FOLDER up to date instead.",
)
def publish(to: Path | None) -> None:
    """Publish what is due, or bring another folder up to date.

    The worker publishes by itself. Files that exist in FOLDER are compared and never changed: a copy of another log is
    refused.
    """
    open_records()
    from jaga.proofs.jobs import publish_ledger
    from jaga.proofs.verbs.publishing import log_folder, write_files
    from jaga.store.reads import published_state

    written = write_files(to.absolute()) if to is not None else publish_ledger()
    state = published_state()
    click.echo(f"{written} heads were written to {to.absolute() if to is not None else log_folder()}.")
    click.echo(
        f"{state.origin} has {state.size} leaves; the newest head is of {state.due_at:%Y-%m-%d %H:%M} UTC."
        if state.due_at
        else "Nothing is published yet: the worker publishes the first head."
    )


@ledger.command()
def faults() -> None:
    """List the faults that the sequencer set aside."""
    open_records()
    from jaga.store.models import LedgerFault

    for row in LedgerFault.objects.order_by("pk"):
        what = f"entry number {row.entry_ref}" if row.entry_ref is not None else "the head"
        state = f"acknowledged: {row.note}" if row.acknowledged_at else "waits for a person"
        click.echo(f"{row.pk}  {row.found_at:%Y-%m-%d %H:%M:%SZ}  {what}  {row.reason}  {state}")


@ledger.command()
@click.argument("number", type=int)
@click.option("--note", required=True, help="What you found out about the fault.")
def acknowledge(number: int, note: str) -> None:
    """Acknowledge the fault NUMBER with a note.

    Its alarm ends. The entries that were set aside stay set aside.
    """
    open_records()
    from jaga.core.actors import CLI
    from jaga.store.kernel.row_verification import acknowledge_fault

    acknowledge_fault(number, note, actor=CLI)
    click.echo(f"Fault {number} is acknowledged.")


@ledger.command("accept-row")
@click.argument("part")
@click.argument("number", type=int)
def accept_row(part: str, number: int) -> None:
    """Record row NUMBER of PART (case.now, report.now, subject.now) as it is.

    For a row that was changed past Jaga, after you have found out how and put right what can be put right. The entry
    stays in the ledger.
    """
    open_records()
    from jaga.core.actors import CLI
    from jaga.store.kernel.row_verification import accept_row

    accept_row(part, number, actor=CLI)
    click.echo(f"Row {number} of {part} is recorded as it is.")


@ledger.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
def promise(file: TextIO) -> None:
    """Check a receipt's signed promise against this ledger.

    FILE contains the promise; - reads standard input.
    """
    open_records()
    from jaga.store.kernel.ledger import check_receipt

    link = check_receipt(file.read(100_000))
    click.echo(f"This installation signed the promise and kept it: entry {link.seq} of the ledger, {link.hash}.")


@ledger.command()
def lost() -> None:
    """List what was promised and lost when the database was restored.

    Receipts of that time stay provable as promises (`jaga ledger promise`). The list has the numbers that they can
    have: which of them were given out only the lost database knew.
    """
    open_records()
    from jaga.store.reads import lost_promises

    found = lost_promises()
    if not found:
        click.echo("Nothing: the database was never restored.")
    for one in found:
        since = f"lost is what came after {one.since:%Y-%m-%d %H:%M:%S} UTC" if one.since else "the backup was empty"
        click.echo(f"Epoch {one.epoch}: restored {one.restored_at:%Y-%m-%d %H:%M:%S} UTC, {since}.")
        click.echo(f"  at least {one.entries} entries are lost")
        for what, (first, last) in (("reports", one.report_numbers), ("entries", one.entry_numbers)):
            if first:
                click.echo(f"  {what}: numbers from {first} to {last}")


@ledger.command()
def key() -> None:
    """Print the public key of checkpoints and exports.

    Its fingerprint is printed as well, so that it can be compared by telephone.
    """
    open_records()
    from jaga.exchange.package import fingerprint
    from jaga.store.kernel.ledger import signing_key

    pem = signing_key().public_pem()
    click.echo(pem.decode(), nl=False)
    click.echo(f"fingerprint {fingerprint(pem)}")
