"""`jaga restored`: declare that the database was restored from a backup, before new numbers are issued."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import click
import psycopg

from jaga.app import config, keys, put_back
from jaga.app.commands.records import open_records
from jaga.core.errors import N_, JagaError

_SHOWN = 40


class DumpNotTaken(JagaError):
    """`pg_restore` failed; it works in one transaction, so nothing was changed."""

    code = "dump_not_taken"
    status = 422
    sentence = N_("The dump %(dump)s was not restored: %(why)s")
    remedy = N_("The database is unchanged. Use a complete dump made by pg_dump --format=custom, then repeat this.")


@click.command()
@click.option("--by", required=True, help="Your username; you must be an administrator.")
@click.option("--reason", required=True,
              help="Why the database was restored. The ledger keeps it for ever, so name no people.")
@click.option("--dump", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Restore this file of pg_dump first. The present contents of the database are deleted.")
@click.option("--beyond", default=0, type=click.IntRange(0, 10**12),
              help="The highest number of a case, report or letter that you know was issued. Numbering continues "
                   "above it.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation, even if nothing looks restored.")
def restored(by: str, reason: str, dump: Path | None, beyond: int, yes: bool) -> None:
    """Declare that the database was restored from a backup.

    Stop Jaga first; docs/runbooks/restore.md has all steps. The command begins a new epoch: numbering continues above
    every number that may have been issued, the ledger records what was lost, and all sessions end. Somebody who enters
    the receipt of a lost report is told that it was lost.
    """
    from jaga.app.services.supervisor import OnlyOne

    with OnlyOne(config.home(), "jaga restored", ()):
        if dump is not None:
            _put_back(dump, config.database_url(), yes)
        else:
            _ask(yes)
        open_records()
        from django.core.management import call_command

        from jaga.app.services import roles
        from jaga.casework.kernel.epochs import begin_epoch
        from jaga.casework.privacy.erasure import apply_again
        from jaga.core.actors import CLI

        call_command("migrate", verbosity=0, interactive=False)  # The backup may be from an older version.
        began = begin_epoch(by, reason, beyond=beyond, actor=CLI)
        keys.record(restored=True)  # No earlier entry: it would get a number of the previous epoch.
        roles.prepare(config.database_url())
        again = apply_again(actor=CLI)
    until = f"{began.last_at:%Y-%m-%d %H:%M:%S} UTC" if began.last_at else "nothing"
    click.echo(f"Epoch {began.number} began. The backup ends at {until}, with entry {began.size} of the ledger.")
    if began.proven > began.size:
        click.echo(f"The ledger had at least {began.proven} entries: {began.proven - began.size} of them are lost.")
    else:
        click.echo("It is not known how many entries were lost.")
    click.echo("Numbering continues at: " + ", ".join(
        f"{name} {began.numbers[name][1]}" for name in ("case", "report", "order", "appeal", "decision")))
    click.echo(f"Erasures were applied again: {again.destroyed} in the key store, {again.recorded} in the database.")
    click.echo("All sessions were ended. According to the backup, the following people may sign in and the following "
               "keys may call the API. Access that was ended after the backup, and old passwords and keys that were "
               "replaced after it, are valid again. End them with jaga admin deactivate, end-role, revoke, password.")
    _list("people", began.people)
    _list("keys", began.keys)
    click.echo("Next: jaga ledger verify, then jaga run. For all further steps see docs/runbooks/restore.md.")


def _put_back(dump: Path, url: str, yes: bool) -> None:
    """Replace the database by the dump, atomically.

    Raises DumpNotTaken; KeysMissing or KeysDiffer if the keys are not the backup's.
    """
    from jaga.app.services.place import client_programs

    if not yes:
        click.confirm(f"This replaces everything in the database by {dump}. Continue?", abort=True)
    command: list[str | Path] = [
        client_programs() / "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--exit-on-error",
        "--single-transaction", f"--dbname={url}", dump]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        raise DumpNotTaken(dump=dump, why=errors[0] if errors else f"pg_restore ended with status {done.returncode}")
    click.echo(f"{dump} was restored.")
    keys.prepare(url)


def _ask(yes: bool) -> None:
    """Ask for confirmation if the database matches this folder, as it does after restoring both."""
    try:
        put_back.check(config.database_url())
    except put_back.DatabasePutBack as found:
        click.echo(found.english().split(". ")[0] + ".")
        return
    except psycopg.Error:
        return
    if not yes:
        click.confirm("The database matches this folder, so it does not look restored. Was it restored?", abort=True)


def _list(kind: str, names: Sequence[str]) -> None:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    click.echo(f"{len(names)} {kind}: {', '.join(names[:_SHOWN]) or '–'}{more}")
