"""`jaga run`: everything an installation needs, in order, until Ctrl-C."""

import os
import secrets
import shlex
import threading
from collections.abc import Callable
from contextlib import ExitStack

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.app.services.kernels import Kernels
from jaga.app.services.processes import Phases
from jaga.app.services.supervisor import Child, print_progress
from jaga.app.stopping import (
    Practice,
    PracticeStage,
    Progress,
    Stopped,
    check_machine,
    check_ports,
    stopping_on_signals,
)
from jaga.app.world import LoadWorld, NoPracticeWorld
from jaga.core.terms.people import HostKind

_STOPPED_BEFORE = 130  # Exit status of ONCE=1 when interrupted, as shells use for Ctrl-C.


@click.command()
@click.pass_obj
def run(load_world: LoadWorld | None) -> None:
    """Start the whole installation and serve until Ctrl-C.

    Starts the database, applies migrations, compiles translations, and starts the web server and the workers.

    With PRACTICE=1 (the default) it also starts a chat server with invented people and plays a report from start to
    end. JAGA_HOST=authority shows a ministry's side instead of an operator's. ONCE=1 stops when the story has ended;
    the exit status is the story's.

    \b
      PRACTICE=1 ONCE=1 jaga run     try it once, then stop
      PRACTICE=0 jaga run            start a real installation
    """
    once = os.environ.get("ONCE", "0") not in ("", "0")
    with stopping_on_signals():
        status = 0
        try:
            with ExitStack() as parts:
                result = _start(parts, Progress(), load_world)
                if once:
                    status = result
                    click.echo("Stopping …")
                else:
                    click.echo("Press Ctrl-C to stop.")
                    threading.Event().wait()
        except Stopped:
            if once:
                status = _STOPPED_BEFORE
                click.echo("Stopped before the end of the story. The next start continues it.")
    click.echo("Everything that was started is stopped.")
    raise SystemExit(status)


def _start(parts: ExitStack, say: Progress, load_world: LoadWorld | None) -> int:
    """Start one part after another; closing `parts` stops them in reverse order."""
    from jaga.app import keys, put_back, timestamp_settings
    from jaga.app import policy_in_force as policy_first
    from jaga.app.services import database as roles
    from jaga.app.services.database import database
    from jaga.app.services.supervisor import OnlyOne, Supervisor, plans

    home, base_url = config.home(), f"http://127.0.0.1:{config.port()}"
    config.check()
    timestamp_settings.check()
    if folder := config.policy_folder():
        os.environ["JAGA_POLICY"] = str(folder)  # The processes started here have another working folder.
    if config.practice() and not load_world:
        raise NoPracticeWorld
    world = load_world() if config.practice() and load_world else None
    if world:
        world.check()
        os.environ.setdefault("JAGA_SMTP_URL", (home / "practice" / "mail").resolve().as_uri())
    check_machine(home)
    parts.enter_context(OnlyOne(home, base_url, ("urgent", "worker", "web", "synapse", "receiver")))
    check_ports()
    phases = Phases(home)
    kernels = parts.enter_context(Kernels(home))
    with phases.phase("database"):
        owner = parts.enter_context(database())
        keys.prepare(owner)
        put_back.check(owner)
    say("The database is ready." if not os.environ.get("DATABASE_URL") else "The database of DATABASE_URL is used.")
    _prepare_files(say, phases)
    with phases.phase("database roles"):
        _claim()
        if erased := _erase_again():
            say(erased)
        addresses = roles.prepare(owner)
        for part, address in addresses.items():
            roles.check(address, part)
    with phases.phase("policy release"):
        if differs := policy_first.adopt_or_compare():
            say(differs)
    say("The web server and the worker have database roles of their own.")
    practice: list[Practice] = []

    def what_workers_need() -> list[Child]:
        if world:
            with phases.phase("practice world"):
                practice.append(world.prepare(PracticeStage(base_url, home, say), parts))
        return [child for one in practice for child in one.children]

    word = secrets.token_hex(8)
    with phases.phase("web server and workers"):
        parts.enter_context(
            Supervisor(
                home,
                plans(config.project_folder(), config.port(), addresses, word),
                f"{base_url}/health/live",
                what_workers_need,
                run=word,
            )
        )
    say(f"The web server answers, and the workers are started: {base_url}")
    with phases.phase("screening engine"):
        kernels.wait()
    say("The screening engine is ready.")
    for one in practice:
        with phases.phase("story"):
            return one.tell()
    say(_way_on())
    return 0


def _way_on() -> str:
    """What a real installation needs next: its first administrator, or nothing."""
    from jaga.people.models import Person

    if Person.objects.exists():
        return "This is the real installation."
    settings = ["PRACTICE=0"]
    authority = config.host() is HostKind.AUTHORITY
    if authority:
        settings.append(f"JAGA_HOST={HostKind.AUTHORITY}")
    if home := os.environ.get("JAGA_HOME"):
        settings.append(f"JAGA_HOME={shlex.quote(home)}")
    if config.given_database():
        settings.append("DATABASE_URL=…")  # It may contain a password, and this is printed or logged.
    command = ".venv/bin/jaga" if config.project_folder() == config.CHECKOUT else "jaga"
    jaga = f"    {' '.join(settings)} {command} admin"
    lines = [
        "This is a real installation without users. From another terminal, create the first administrator here:",
        *([f'{jaga} organisation "NAME OF THE AUTHORITY" --kind ministry'] if authority else []),
        f"{jaga} create NAME",
    ]
    return "\n".join(lines)


def _prepare_files(say: Callable[[str], None], phases: Phases) -> None:
    with phases.phase("modules"):
        open_records(products_language=True)
    from django.core.management import call_command

    from jaga.app import keys, translations

    with phases.phase("tables"):
        with print_progress("the tables"):
            call_command("migrate", verbosity=0, interactive=False)
        keys.record()
    say("The tables are up to date.")
    with phases.phase("translations and static files"), print_progress("translations and static files"):
        translations.compile_all()
        call_command("collectstatic", verbosity=0, interactive=False)
    say("Translations and static files are ready.")


def _erase_again() -> str:
    """Apply erasures again that a restored database or a restored key store does not know; what was done, if any."""
    from jaga.core.actors import CLI
    from jaga.privacy.verbs.erasure import apply_again

    found = apply_again(actor=CLI)
    return (
        f"Erasures were applied again: {found.destroyed} in the key store, {found.recorded} in the database."
        if found.destroyed or found.recorded
        else ""
    )


def _claim() -> None:
    """Mark a new database as practice or real, refuse one of the other kind, and bind it to this folder."""
    from jaga.core.actors import CLI
    from jaga.people.verbs.people import claim_installation
    from jaga.store.kernel.epochs import adopt_mark

    claim_installation(config.host(), practice=config.practice(), actor=CLI)
    adopt_mark()
