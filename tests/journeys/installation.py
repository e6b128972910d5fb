"""A whole installation for the journeys: real web server and worker processes, on their own database.

Nothing of it runs inside the test's process, and no verb is called: journeys use what people can use, and read rows
with plain SQL only to check that exactly the right things were stored.
"""

import csv
import io
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql
from tests.roles import drop_roles
from tests.services import drop_database, provide_template

from jaga.app.services import database as roles
from jaga.app.services.processes import free_port
from jaga.app.services.supervisor import Child, ProcessPlan, environment_of, plans
from jaga.platforms.kit.credentials import load_configuration, save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga_practice import world
from jaga_practice.chat import ChatAccount
from jaga_practice.officers import OfficerSecrets
from jaga_practice.synapse import SynapseServer

CHECKOUT = Path(__file__).resolve().parents[2]
COUNTED = frozenset({"cases", "accounts", "appeals", "requests"})
T = TypeVar("T")


def until(what: str, look: Callable[[], T | None], seconds: float = 300) -> T:
    """Poll until there is a result, and return it; the test fails after a time-out."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)
    return seen


def environment_for(home: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of an installation's processes as a user's shell has it: without the settings of this test
    session.
    """
    ours = (
        "DATABASE_URL",
        "DJANGO_SETTINGS_MODULE",
        "PRACTICE",
        "ONCE",
        "JAGA_PORT",
        "JAGA_BASE_URL",
        "SYNAPSE_PORT",
        "UNDO_WINDOW_SECONDS",
    )
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {
        **kept,
        "JAGA_HOME": str(home),
        "JAGA_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT / 'practice'}:{CHECKOUT}",
        **more,
    }


def jaga(
    environment: Mapping[str, str], *words: str, seconds: float = 300, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command of Jaga's with `given` as standard input, and return its output."""
    return subprocess.run(
        [sys.executable, "-m", "jaga_practice.entry", *words],
        cwd=CHECKOUT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        input=given,
    )


def troubles(ran: subprocess.CompletedProcess[str]) -> str:
    """The errors in a command's output; waiting on a slow machine is none."""
    return "\n".join(line for line in ran.stderr.splitlines() if not line.startswith("… waiting for "))


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """A migrated database without rows on the session's server for the block. Yields its owner's address."""
    server = os.environ["DATABASE_URL"]
    database = sql.Identifier(f"test_jaga_{os.getpid()}_{name}")
    with psycopg.connect(server, autocommit=True) as connection:
        template = sql.Identifier(provide_template())
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, template))
        try:
            yield urlsplit(server)._replace(path=f"/test_jaga_{os.getpid()}_{name}").geturl()
        finally:
            drop_database(connection, f"test_jaga_{os.getpid()}_{name}")
            drop_roles(f"test_jaga_{os.getpid()}_{name}", server)


@dataclass
class Installation:
    """What a journey needs. Each journey creates its own chat accounts, so that journeys do not interfere."""

    base_url: str
    home: Path
    database: str
    environment: Mapping[str, str] = field(repr=False)
    synapse: SynapseServer
    world: world.World
    worker: Child

    def newcomer(self, name: str) -> ChatAccount:
        """A new account on the chat server, a member of its public rooms."""
        return ChatAccount.newcomer(
            self.synapse, f"{name}.{secrets.token_hex(3)}", secrets.token_hex(8), name, self.world.rooms.values()
        )

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The result of a query in the installation's database. A refused statement raises, and changes nothing."""
        with psycopg.connect(self.database) as connection:
            ran = connection.execute(query.encode(), values)
            return ran.fetchall() if ran.description else []

    def one(self, query: str, *values: object) -> Any:
        """The only value that a query returns."""
        [[value]] = self.rows(query, *values)
        return value

    def is_resolved(self, case_id: int) -> bool:
        """Whether the case is finished."""
        return bool(self.one("SELECT state = 'resolved' FROM records_case WHERE id = %s", case_id))

    def figures(self) -> dict[tuple[str, str], int]:
        """The present exact counts, as the installation's staff see them, without times."""
        ran = jaga(self.environment, "figures")
        assert ran.returncode == 0, ran.stderr
        return {
            (row["figure"], row["key"]): int(row["value"])
            for row in csv.DictReader(io.StringIO(ran.stdout))
            if row["unit"] in COUNTED
        }

    def kill_worker(self) -> None:
        """Kill the worker without warning, like a power cut."""
        assert self.worker.pid is not None
        os.kill(self.worker.pid, signal.SIGKILL)
        until("the worker's end", lambda: self.worker.ended() is not None)

    @contextmanager
    def platform_at(self, base_url: str) -> Iterator[None]:
        """The worker reaches the chat server by another address during the block."""
        path = self.home / "platforms.toml"
        key_file = KeyFile(self.home / "secrets" / "platforms")
        usual = load_configuration(path, world.PLATFORM, key_file)
        save_configuration(path, replace(usual, base_url=base_url), key_file)
        try:
            yield
        finally:
            save_configuration(path, usual, key_file)


def _world(told: dict[str, Any]) -> world.World:
    """The practice world as its process printed it."""
    keys = {name: OfficerSecrets(**held) for name, held in told["officer_keys"].items()}
    return world.World(**{**told, "officer_keys": keys})


@contextmanager
def installed(home: Path, synapse: SynapseServer) -> Iterator[Installation]:
    """Database, world, web server and worker for the block; everything is stopped at its end."""
    port = free_port()
    with own_database("journeys") as database:
        environment = environment_for(home, port, DATABASE_URL=database, DJANGO_SETTINGS_MODULE="jaga.app.settings")
        server = {
            name: getattr(synapse, name)
            for name in ("base_url", "admin_token", "registration_shared_secret", "server_name")
        }
        made = subprocess.run(
            [sys.executable, "-m", "tests.journeys.world_process"],
            cwd=CHECKOUT,
            env=environment,
            input=json.dumps(server),
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        addresses = roles.prepare(database)
        web, worker, urgent = (
            Child(
                ProcessPlan(
                    plan.name,
                    plan.command,
                    CHECKOUT,
                    environment_of("web" if plan.name == "web" else "worker", environment, addresses),
                ),
                home,
            )
            for plan in plans(CHECKOUT, port, addresses)
        )
        base_url = f"http://127.0.0.1:{port}"
        try:
            web.start()
            worker.start()
            urgent.start()
            web.wait_until(lambda: _answers(base_url))
            yield Installation(base_url, home, database, environment, synapse, _world(json.loads(made.stdout)), worker)
        finally:
            urgent.stop()
            worker.stop()
            web.stop()


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/health/live", timeout=5).is_success
    except httpx.TransportError:
        return False
