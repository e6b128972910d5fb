"""`jaga restored`: declare that the database was restored from a backup, before new numbers are issued."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import click
import psycopg

from jaga.app import config, keys, put_back
from jaga.app.commands.records import open_records
from jaga.app.services.database import check_tables
from jaga.core.errors import N_, JagaError

_SHOWN = 40
# `pg_restore --clean` drops the parts of a partitioned table one by one, which PostgreSQL refuses.
_BEGIN = b"""BEGIN;
SET client_min_messages = warning;
DO $$ DECLARE one regclass; BEGIN
    FOR one IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'p' AND NOT c.relispartition
            AND c.relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('DROP TABLE %s CASCADE', one);
    END LOOP;
END $$;
"""


class DumpNotTaken(JagaError):
    """The dump could not be read or stored; that is one transaction, so nothing was changed."""

    code = "dump_not_taken"
    status = 422
    sentence = N_("The dump %(dump)s was not restored: %(why)s")
    remedy = N_("The database is unchanged. Use a complete dump made by pg_dump --format=custom, then repeat this.")


@click.command()
@click.option("--by", required=True, help="Your username; you must be an administrator.")
@click.option(
    "--reason", required=True, help="Why the database was restored. The ledger keeps it for ever, so name no people."
)
@click.option(
    "--dump",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Restore this file of pg_dump first. The present contents of the database are deleted.",
)
@click.option(
    "--beyond",
    default=0,
    type=click.IntRange(0, 10**12),
    help="The highest number of a case, report or letter that you know was issued. Numbering continues above it.",
)
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

        from jaga.app.services import database as roles
        from jaga.core.actors import CLI
        from jaga.privacy.verbs.erasure import apply_again
        from jaga.store.kernel.epochs import begin_epoch

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
    click.echo(
        "Numbering continues at: "
        + ", ".join(f"{name} {began.numbers[name][1]}" for name in ("case", "report", "order", "appeal", "decision"))
    )
    click.echo(f"Erasures were applied again: {again.destroyed} in the key store, {again.recorded} in the database.")
    click.echo(
        "All sessions were ended. According to the backup, the following people may sign in and the following "
        "keys may call the API. Access that was ended after the backup, and old passwords and keys that were "
        "replaced after it, are valid again. End them with jaga admin deactivate, end-role, revoke, password."
    )
    _list("people", began.people)
    _list("keys", began.keys)
    click.echo("Next: jaga ledger verify, then jaga run. For all further steps see docs/runbooks/restore.md.")


def _put_back(dump: Path, url: str, yes: bool) -> None:
    """Replace the database by the dump, atomically.

    Raises DumpNotTaken; UnknownTables; KeysMissing or KeysDiffer if the keys are not the backup's.
    """
    if not yes:
        click.confirm(f"This replaces everything in the database by {dump}. Continue?", abort=True)
    if why := _store(dump, url):
        raise DumpNotTaken(dump=dump, why=why)
    click.echo(f"{dump} was restored.")
    check_tables(url)
    keys.prepare(url)


def _store(dump: Path, url: str) -> str:
    """Store the dump in one transaction, which is committed once all of it was read; returns why not, if it failed."""
    from jaga.app.services.postgres import client_programs

    programs = client_programs()
    read: list[str | Path] = [
        programs / "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--file=-",
        dump,
    ]
    write: list[str | Path] = [programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
    with TemporaryFile() as errors:
        with (
            subprocess.Popen(read, stdout=subprocess.PIPE, stderr=errors) as reader,
            subprocess.Popen(write, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors) as writer,
        ):
            assert reader.stdout
            assert writer.stdin
            with suppress(BrokenPipeError):  # The writer ended at an error, which its status tells.
                writer.stdin.write(_BEGIN)
                shutil.copyfileobj(reader.stdout, writer.stdin, 1 << 20)
                if reader.wait() == 0:
                    writer.stdin.write(b"COMMIT;\n")
            reader.stdout.close()
            with suppress(BrokenPipeError):
                writer.stdin.close()
        if not reader.returncode and not writer.returncode:
            return ""
        errors.seek(0)
        lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[0] if lines else f"pg_restore ended with status {reader.returncode}, psql with {writer.returncode}"


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
