"""A throwaway installation for one benchmark: its own folder, database, web server and worker, all gone afterwards.

It is started by the services that `jaga run` uses, so that what is measured is what runs.
"""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from jaga.app import config, keys
from jaga.app.services import database as roles
from jaga.app.services import postgres
from jaga.app.services.processes import free_port
from jaga.app.services.supervisor import Child, plans
from jaga.store.grants import Part
from jaga_practice import synapse

_DATABASE = "bench"


@dataclass(frozen=True)
class Installation:
    """The running processes and their addresses."""

    home: Path
    port: int
    database_url: str
    addresses: Mapping[Part, str]  # where web server and worker connect
    parts: ExitStack
    cluster: postgres.Postgres

    def start_processes(self, *names: str) -> list[Child]:
        """Start the web server (`web`) or a worker (`worker`, `urgent`) as `jaga run` does, until everything stops."""
        started = []
        for plan in plans(config.CHECKOUT, self.port, self.addresses):
            if plan.name in names:
                child = Child(plan, self.home)
                self.parts.callback(child.stop)
                child.start()
                started.append(child)
        return started

    @contextmanager
    def workers(self, count: int, concurrency: int) -> Iterator[None]:
        """This many `jaga worker` processes for the block, each with this many jobs at a time."""
        plan = next(plan for plan in plans(config.CHECKOUT, self.port, self.addresses) if plan.name == "worker")
        command = [*plan.command, "--priority", "all", "--concurrency", str(concurrency)]
        with ExitStack() as running:
            for number in range(count):
                child = Child(replace(plan, name=f"worker-{number}", command=command), self.home)
                running.callback(child.stop)
                child.start()
            yield

    def start_synapse(self) -> synapse.SynapseServer:
        """Start a real homeserver; it stops with the installation."""
        venv = Path(os.environ.get("SYNAPSE_VENV") or config.CHECKOUT / ".synapse-venv")
        server = synapse.start(self.home, free_port(), venv)
        self.parts.callback(server.stop)
        return server


@contextmanager
def installation(settings: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """An empty practice installation with its tables, claimed and marked as practice. Sets up Django in this process.

    `settings` are variables of its environment. Call it once in a process, before anything of `jaga.records` is
    imported.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # what was started must end too
    with ExitStack() as parts:
        home = _home(parts)
        port = free_port()
        # PostgreSQL and all processes take their settings from here; whatever the caller had set must not leak in.
        os.environ.update(
            {
                "JAGA_HOME": str(home),
                "JAGA_PORT": str(port),
                "PRACTICE": "1",
                "UNDO_WINDOW_SECONDS": "0",
                "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
                **(settings or {}),
            }
        )
        os.environ.pop("JAGA_BASE_URL", None)
        cluster = postgres.start(home, keys.embedded_database_key())
        parts.callback(cluster.stop)
        os.environ["DATABASE_URL"] = cluster.ensure_database(_DATABASE)
        keys.prepare(os.environ["DATABASE_URL"])
        prepare()
        addresses = roles.prepare(os.environ["DATABASE_URL"])
        yield Installation(home, port, os.environ["DATABASE_URL"], addresses, parts, cluster)


def _home(parts: ExitStack) -> Path:
    """A new folder on the checkout's own disk. In a temporary file system in memory fsync would cost nothing."""
    below = config.CHECKOUT / "var"
    below.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=below))
    home.chmod(0o711)  # the database's own user must be able to pass

    def remove() -> None:
        data = (home / "postgres").resolve()  # may lie elsewhere, see `jaga.app.services.postgres`
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(home)

    parts.callback(remove)
    return home


def prepare() -> None:
    """Create the tables and static files of the installation, mark it as practice, and adopt the shipped release."""
    from jaga.app.commands.records import open_records

    open_records()
    from django.core.management import call_command

    from jaga.app import policy_in_force as policy_first
    from jaga.app import translations
    from jaga.core.actors import CLI
    from jaga.core.terms.people import HostKind
    from jaga.people.verbs.people import claim_installation

    call_command("migrate", verbosity=0, interactive=False)
    keys.record()
    translations.compile_all()
    call_command("collectstatic", verbosity=0, interactive=False)
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    policy_first.adopt_or_compare()
