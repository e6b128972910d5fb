"""The `jaga` command. Each subject is a file in `commands/`, imported only when used.

The practice world, if there is one, is handed to `main`; the context of every command has it as `obj`.
"""

import errno
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from jaga import __version__
from jaga.app.commands.records import database_answers, speak_english
from jaga.core.errors import JagaError

if TYPE_CHECKING:
    from jaga.app.world import LoadWorld

# The matrices are small: using all cores costs far more than it gains when they have other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@dataclass(frozen=True)
class Subcommand:
    """A subcommand's module, its line in `jaga --help`, and its needs: database and keys, database only (for commands
    about the keys), or only the home folder.
    """

    place: str
    line: str
    database: bool = False
    keys: bool = True
    home: bool = False
    put_back: bool = False


SUBJECTS = {
    "run": Subcommand("run:run", "Start the whole installation and serve until Ctrl-C.", home=True),
    "migrate": Subcommand(
        "migrate:migrate", "Update the database's tables to this version.", database=True, put_back=True
    ),
    "check-machine": Subcommand("check_machine:check", "Check whether Jaga can run on this machine.", home=True),
    "messages": Subcommand("messages:messages", "Extract texts to translate and compile the translations."),
    "worker": Subcommand("worker:worker", "Run background jobs until stopped.", database=True),
    "admin": Subcommand("people:admin", "Manage people, organisations, platforms and API keys.", database=True),
    "import": Subcommand("import_:import_", "Import a file of many reports.", database=True),
    "take-in": Subcommand(
        "screening.take_in:take_in", "Screen a file of public content, and open cases.", database=True
    ),
    "alarms": Subcommand("alarms:alarms", "Test the alarms that are sent by mail and webhook.", database=True),
    "operator": Subcommand(
        "operators:operator", "Manage the operator register: pledges and contact persons.", database=True
    ),
    "ledger": Subcommand("ledger:ledger", "Verify the ledger and show its signing key.", database=True, put_back=True),
    "figures": Subcommand("figures:figures", "Print exact figures as CSV, for internal use.", database=True),
    "receipt": Subcommand("receipt:receipt", "Verify the proof of a receipt, offline."),
    "export": Subcommand("export:export", "Verify a sealed export, offline."),
    "witness": Subcommand("witness:witness", "Cosign the heads of published logs, without a database."),
    "platform": Subcommand("platform:platform", "Configure and check access to chat platforms.", home=True),
    "keys": Subcommand(
        "keys:keys_", "Check or replace the installation's keys in secrets/.", database=True, keys=False, put_back=True
    ),
    "key-store": Subcommand(
        "key_store:key_store", "Copy and check the keys of cases and reports.", database=True, keys=False, put_back=True
    ),
    "evidence": Subcommand("evidence:evidence", "Check the originals in the evidence store.", database=True),
    "restored": Subcommand(
        "restored:restored", "Declare that the database was restored from a backup.", database=True, put_back=True
    ),
    "screen": Subcommand("screening.files:screen", "Screen files of texts, row by row."),
    "screening": Subcommand(
        "screening.lists:screening", "Manage rules, hash lists and models of the screening.", database=True
    ),
    "privacy": Subcommand(
        "privacy:privacy", "Check the inventory of personal data, write the assessment, find a person's data."
    ),
    "policy": Subcommand("policy:policy", "Check and show a policy release, and propose it for adoption."),
}


_PRACTICE = Subcommand("", "Fill a practice installation with invented cases.", database=True)


def subjects(practice: "LoadWorld | None") -> dict[str, Subcommand]:
    """All available subcommands, with `practice` also that of the practice world."""
    return {**SUBJECTS, "practice": _PRACTICE} if practice else SUBJECTS


class Subjects(click.Group):
    """Imports a subcommand only to run it, and opens the database if it needs one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(subjects(ctx.obj))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        subject = subjects(ctx.obj).get(cmd_name)
        if subject is None:
            return None
        if subject is _PRACTICE:
            practice: LoadWorld = ctx.obj
            return practice().command
        module, _, name = subject.place.partition(":")
        command: click.Command = getattr(import_module(f"jaga.app.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, subject.line) for name, subject in subjects(ctx.obj).items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        subject = subjects(ctx.obj).get(name) if name else None
        if subject is None or "--help" in rest:
            return name, command, rest
        if subject.home:
            from jaga.app import config
            from jaga.app.services.errors import become_owner

            become_owner(config.home())
        if subject.database:
            from jaga.app import keys, put_back
            from jaga.app.services.database import database

            url = ctx.with_resource(database())
            if subject.keys:
                keys.prepare(url)
            if not subject.put_back:
                put_back.check(url)
            database_answers()
        return name, command, rest


@click.group(cls=Subjects)
@click.version_option(package_name=None, version=__version__, prog_name="jaga")
def jaga() -> None:
    """Jaga handles reports about accounts on chat platforms: decisions, verified closures, and proof.

    To try it with invented data, run `jaga run`. docs/operations.md explains how to run a real installation.
    """


def main(practice: "LoadWorld | None" = None) -> NoReturn:
    """Run the command; errors a person can fix are shown as lines, not as a traceback."""
    speak_english()
    try:
        sys.exit(jaga(standalone_mode=False, prog_name="jaga", obj=practice) or 0)
    except click.ClickException as refusal:
        refusal.show()
        sys.exit(refusal.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except JagaError as error:
        _say(error)
    except OSError as problem:
        _say(_of_machine(problem))
    except Exception as problem:  # noqa: BLE001 - what is not the database's is raised again
        _say(_of_database(problem))


def _say(error: JagaError) -> NoReturn:
    click.echo(f"jaga: {error.code}: {error.english()}", err=True)
    sys.exit(1)


def _of_machine(problem: OSError) -> JagaError:
    """File system errors (disk full, no permission) as errors with a remedy. Re-raises any other."""
    from jaga.app.services.errors import DiskFull, NoPermission

    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(path=problem.filename or "this installation's folder", free=0)
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NoPermission(path=problem.filename or "this installation's folder")
    raise problem


def _of_database(problem: Exception) -> JagaError:
    """The database's full disk and missing tables as errors with a remedy. Re-raises any other."""
    from psycopg import errors

    from jaga.app.services.errors import DiskFull, NoTables

    cause = problem.__cause__ or problem
    if isinstance(cause, errors.DiskFull):
        return DiskFull(path="the database's folder", free=0)
    if isinstance(cause, errors.UndefinedTable | errors.UndefinedColumn):
        return NoTables(missing=str(cause).partition("\n")[0])
    raise problem


if __name__ == "__main__":
    main()
