"""A whole installation that is killed on purpose: its own PostgreSQL, web server and workers, and its platforms: the
toy, and with `around` the operator's app (`app`) and the external receivers (`outside`).

What dies is restarted at once, as `jaga run` and the system's supervisor do. At the end `verdict` counts what was lost,
done twice, or never visibly finished.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from tests.faults.app import ACTOR, NAME, OBSERVER, App, app
from tests.faults.asking import Asking
from tests.faults.outside import Outside
from tests.faults.points import kill_postgres

from jaga.app.services import database as roles
from jaga.app.services import postgres
from jaga.app.services.errors import ServiceFailed
from jaga.app.services.postgres import Postgres
from jaga.app.services.processes import free_port
from jaga.app.services.supervisor import Child, ProcessPlan, environment_of
from jaga.store.grants import Part

CHECKOUT = Path(__file__).resolve().parents[2]
_SECRET = b"the fault tests hold invented data only"
_NOT_OURS = (
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "PRACTICE",
    "ONCE",
    "JAGA_PORT",
    "JAGA_BASE_URL",
    "SYNAPSE_PORT",
    "JAGA_HOME",
)


@dataclass(frozen=True)
class Verdict:
    """The result. Everything except `decided` and `closed` should be empty."""

    decided: int
    closed: int
    lost: tuple[str, ...]  # accepted, and gone
    double: tuple[str, ...]  # an effect that happened twice
    silent: tuple[str, ...]  # neither done and verified nor in anybody's sight

    @property
    def clean(self) -> bool:
        return not (self.lost or self.double or self.silent)


@dataclass
class Rig:
    """The running processes, and what was accepted so far."""

    home: Path
    toy: str
    base_url: str
    passwords: dict[str, str]
    cluster: Postgres
    web: Child
    workers: list[Child]
    people: "subprocess.Popen[str]"
    held: dict[str, Any] = field(default_factory=dict, repr=False)  # what people hold: keys, passwords, bases
    app: App | None = None
    outside: Outside | None = None
    receivers: Child | None = None
    accepted: dict[str, str] = field(default_factory=dict)  # account → what somebody was told of it
    killed: dict[str, int] = field(default_factory=dict)
    _asking: Asking = field(default_factory=Asking)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def newcomer(self, account: str) -> str:
        """A new account on the toy."""
        httpx.put(f"{self.toy}/accounts/{account}", timeout=30).raise_for_status()
        return account

    def ask(self, account: str) -> None:
        """Have the people decide a closure; `answers` waits for their confirmation."""
        assert self.people.stdin is not None
        self.people.stdin.write(f"{account}\n")
        self.people.stdin.flush()

    def answers(self, accounts: Sequence[str]) -> None:
        """The people's confirmation that these are decided."""
        assert self.people.stdout is not None
        for account in accounts:
            said = self.people.stdout.readline()
            assert said.strip().isdigit(), f"the people gave up: {said}{self.logs()}"
            self.accepted[account] = "decided"

    def closures(self, number: int, name: str) -> list[str]:
        """This many closures of new accounts, decided."""
        fresh = [self.newcomer(f"{name}{place}") for place in range(number)]
        for account in fresh:
            self.ask(account)
        self.answers(fresh)
        return fresh

    def tell_the_toy(self, how: str, *what: str) -> dict[str, Any]:
        """Change the toy's tokens, speed or health; returns its tokens with their orders, and its maximum
        concurrency.
        """
        body: dict[str, Any] = httpx.request(how, f"{self.toy}/toy/{'/'.join(what)}", timeout=30).json()
        return body

    def arm(self, points: Sequence[str], what: str) -> None:
        """Let each point strike once: `self`, `group`, `postgres`, `platform` or `receivers`."""
        for point in points:
            draft = self.home / "faults" / "draft"
            draft.write_text(what)
            draft.rename(self.home / "faults" / "armed" / point)

    def armed(self) -> set[str]:
        """Points that nobody has reached yet."""
        return {path.name for path in (self.home / "faults" / "armed").iterdir()}

    def disarm(self, point: str) -> bool:
        """Disarm a point; returns whether it was still armed."""
        try:
            (self.home / "faults" / "armed" / point).unlink()
        except FileNotFoundError:
            return False
        return True

    def wake(self, point: str) -> None:
        """Let a paused process continue."""
        os.kill(int((self.home / "faults" / "struck" / point).read_text()), signal.SIGCONT)

    def had_a_job(self) -> set[int]:
        """Workers that had a job since the last call."""
        notes = list((self.home / "faults" / "had-a-job").iterdir())
        for note in notes:
            note.unlink()
        return {int(note.name) for note in notes}

    def processes(self) -> list[int | None]:
        """The process numbers of web server and workers, forks included."""
        return [pid for child in (self.web, *self.workers) for pid in (child.pid, *_forks(child))]

    def kill(self, what: str, number: int = 0) -> None:
        """Kill -9 now: `worker`, `web`, `postgres`, `platform` or `receivers`."""
        self.killed[what] = self.killed.get(what, 0) + 1
        if what == "postgres":
            kill_postgres(self.cluster.server.pid)
        elif what == "platform":
            assert self.app is not None
            self.app.kill()
        elif what == "receivers":
            assert self.receivers is not None
            os.kill(self.receivers.pid or 0, signal.SIGKILL)
        elif what == "web":
            _kill_forks(self.web, group=True)
        else:
            _kill_forks(self.workers[number % len(self.workers)])

    def tend(self) -> None:
        """Restart what has ended, until the rig stops."""
        while not self._stopping.wait(0.05):
            with self._guard:
                for cluster in (self.cluster, *([self.app.cluster] if self.app else [])):
                    with suppress(ServiceFailed):  # a child of the killed one lives on; tried again, as `jaga run` does
                        if cluster.revive():
                            self.name_the_servers()
                for child in (self.web, *self.workers, *([self.receivers] if self.receivers else [])):
                    if child.ended() is not None:
                        child.start()
                        self.name_the_servers()

    def name_the_servers(self) -> None:
        """Tell the points the present processes of PostgreSQL, of the app's database, and of the receivers."""
        servers: dict[str, int | None] = {"postgres": self.cluster.server.pid}
        if self.app:
            servers["platform"] = self.app.cluster.server.pid
        if self.receivers:
            servers["receivers"] = self.receivers.pid
        for name, number in servers.items():
            draft = self.home / "faults" / f"draft-{name}"
            draft.write_text(str(number))
            draft.rename(self.home / "faults" / name)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The result of a query; waits for a database that is down."""
        return self._asking.rows(self.url, query, values)

    @property
    def url(self) -> str:
        return self.cluster.url("faults")

    def unfinished(self, accounts: Sequence[str] | None = None) -> list[str]:
        """Accounts whose case is not finished."""
        rows = self.rows(
            "SELECT s.account_id FROM records_case c JOIN records_subject s ON s.id = c.subject_id"
            " WHERE c.state <> 'resolved'"
        )
        names = {name for (name,) in rows}
        known = {name for (name,) in self.rows("SELECT account_id FROM records_subject")}
        wanted = set(self.accepted if accounts is None else accounts)
        return sorted(wanted & names | wanted - known)

    def settle(self, seconds: float, until: Callable[[], bool] = lambda: False) -> float:
        """Wait until every accepted matter is finished, or until `until` says so; returns the time. Not an error if it
        is not: the verdict reports it.
        """
        began = time.monotonic()
        while not until() and self.unfinished() and time.monotonic() - began < seconds:
            time.sleep(0.1)
        return time.monotonic() - began

    def verdict(self) -> Verdict:
        """Compare what was accepted, Jaga's records, and the toy's counts."""
        effects: dict[str, dict[str, int]] = httpx.get(f"{self.toy}/effects", timeout=10).json()
        states = {name: httpx.get(f"{self.toy}/accounts/{name}", timeout=30).json()["state"] for name in self.accepted}
        seen = {
            account: (state, action, confirmed)
            for account, state, action, confirmed in self.rows(
                "SELECT s.account_id, c.state, a.state, EXISTS (SELECT 1 FROM records_verification v"
                " WHERE v.action_id = a.id AND v.result = 'confirmed')"
                " FROM records_case c JOIN records_subject s ON s.id = c.subject_id"
                " LEFT JOIN records_decision d ON d.case_id = c.id LEFT JOIN records_action a ON a.decision_id = d.id"
                " ORDER BY a.id"
            )
        }  # the closure after the restriction that came before it
        lost = [name for name in self.accepted if name not in seen]
        # A closure has its own letter if the restriction before it ended before its letter was recorded.
        anew = dict(
            self.rows(
                "SELECT s.account_id, count(*) FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
                " JOIN records_subject s ON s.id = d.subject_id WHERE d.awaits_id IS NOT NULL AND a.kind = 'restrict'"
                " AND a.state = 'ended' GROUP BY s.account_id"
            )
        )
        double = [
            f"{name}: {order} {times} times"
            for name in self.accepted
            for order, times in effects.get(name, {}).items()
            if times > 1 + (anew.get(name, 0) if order == "notice" else 0)
        ]
        double += [
            f"{name}: one letter twice" for name in anew if len(letters := self._inbox(name)) > len(set(letters))
        ]
        double += [
            f"case {case}: reporters told {times} times"
            for case, times in self.rows(
                "SELECT case_ref, count(*) FROM records_ledgerentry WHERE verb = 'tell_reporters'"
                " GROUP BY case_ref HAVING count(*) > 1"
            )
        ]
        silent, closed = [], 0
        for name in self.accepted:
            state, action, confirmed = seen.get(name, (None, None, None))
            if (state, action, confirmed, states[name]) == ("resolved", "done", True, "closed"):
                closed += 1
            elif name not in lost and action != "stuck":
                silent.append(f"{name}: case {state}, action {action}, confirmed {confirmed}, account {states[name]}")
        return Verdict(len(self.accepted), closed, tuple(lost), tuple(double), tuple(silent))

    def _inbox(self, account: str) -> list[str]:
        """The letters that the account's holder has."""
        letters: list[str] = httpx.get(f"{self.toy}/inbox/{account}", timeout=30).json()["notices"]
        return letters

    def ledger_is_whole(self) -> bool:
        """By Jaga's own command, which reads every entry again."""
        end = time.monotonic() + 300
        while self.rows("SELECT 1 FROM records_ledgerentry WHERE seq IS NULL") and time.monotonic() < end:
            time.sleep(0.1)
        return self.jaga("ledger", "verify") == 0

    def jaga(self, *words: str, told: str = "") -> int:
        """Run one of the installation's own commands with this standard input; returns its status."""
        start = "from tests.faults.processes import add_adapters; add_adapters(); from jaga.app.cli import main; main()"
        command = [sys.executable, "-c", start, *words]
        with (self.home / "log" / "commands.log").open("ab") as log:
            return subprocess.run(
                command,
                cwd=CHECKOUT,
                env=_environment(self.home, self.url, self.base_url),
                input=told.encode(),
                stdout=log,
                stderr=log,
                timeout=180,
                check=False,
            ).returncode

    def logs(self, most: int = 6000) -> str:
        """The ends of all logs, for a failing test."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-most:]}"
            for path in sorted((self.home / "log").glob("*.log"))
        )


def _environment(home: Path, url: str, base_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return {
        **kept,
        "JAGA_HOME": str(home),
        "JAGA_PORT": base_url.rpartition(":")[2],
        "PRACTICE": "1",
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
        "PYTHONUNBUFFERED": "1",
        "UNDO_WINDOW_SECONDS": "0",
        "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT / 'practice'}:{CHECKOUT}",
        "FAULTS": str(home / "faults"),
    }


def _forks(child: Child) -> list[int]:
    tasks = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    return [int(pid) for pid in tasks.read_text().split()] if tasks.exists() else []


def _addresses(home: Path, url: str) -> Mapping[Part, str]:
    """The database addresses of web server and worker, with the passwords from this installation's keys."""
    before = os.environ.get("JAGA_HOME")
    os.environ["JAGA_HOME"] = str(home)
    try:
        return roles.prepare(url)
    finally:
        if before is None:
            del os.environ["JAGA_HOME"]
        else:
            os.environ["JAGA_HOME"] = before


def _kill_forks(child: Child, *, group: bool = False) -> None:
    """The fork does the work; the main process starts the next one."""
    for pid in _forks(child):
        try:
            os.killpg(pid, signal.SIGKILL) if group else os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def until(what: str, look: Callable[[], object], seconds: float = 300) -> None:
    """Wait for something, or fail."""
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/health/live", timeout=30).is_success
    except httpx.TransportError:
        return False


@contextmanager
def rig(workers: int = 2, *, fast: bool = True, around: bool = False, undo: int = 0) -> Iterator[Rig]:
    """The installation for the block; at the end everything is stopped and its folder removed.

    `around`: with the operator's app, a mail server and a webhook receiver. `undo`: how many seconds decisions on the
    pages can be undone; then accounts are restricted, with their letter, before they are closed.
    """
    with ExitStack() as parts:
        below = CHECKOUT / "var"
        below.mkdir(exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="faults-", dir=below))
        home.chmod(0o711)  # the database's own user must be able to pass
        parts.callback(_remove, home)
        # A killed server leaves the memory of the kernel whole: to wait for the disk shows nothing more.
        parts.enter_context(patch.dict(postgres._SETTINGS, fsync="off"))
        for name in ("armed", "struck", "had-a-job"):
            (home / "faults" / name).mkdir(parents=True)
        cluster = postgres.start(home, _SECRET)
        url = cluster.ensure_database("faults")
        base_url, toy = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        python = sys.executable
        environment = _environment(home, url, base_url) | {"UNDO_WINDOW_SECONDS": str(undo)}
        there: dict[str, Any] = {"toy": toy}
        apps = world = None
        if around:
            world, apps = Outside(home / "came", free_port(), free_port()), parts.enter_context(app(home / "app"))
            environment |= {"JAGA_SMTP_URL": world.smtp, "JAGA_RECEIVER_MAIL": "lpsk=kantor@contoh.example"}
            there["app"] = {
                "name": NAME,
                "password": apps.password,
                "map": str(apps.map),
                "database": apps.database,
                "observer": OBSERVER,
                "actor": ACTOR,
            }

        def child(name: str, *command: str, patience: float = 10, part: Part | None = None) -> Child:
            own = environment_of(part, environment, _addresses(home, url)) if part else environment
            made = Child(ProcessPlan(name, command, CHECKOUT, own, patience=patience), home)
            parts.callback(made.stop)
            return made

        server = child("toy", python, "-m", "tests.faults.toy_server", toy.rpartition(":")[2])
        server.start()
        with (home / "log" / "people.log").open("ab") as log:
            people = subprocess.Popen(
                [python, "-m", "tests.faults.people", json.dumps(there)],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert people.stdin is not None
        assert people.stdout is not None
        parts.enter_context(people)
        said = people.stdout.readline()
        assert said, (home / "log" / "people.log").read_text()[-3000:]
        held = json.loads(said)
        web = child("web", python, "-m", "tests.faults.web_process", base_url.rpartition(":")[2], part="web")
        crew = [
            child(
                f"worker-{number}",
                python,
                "-m",
                "tests.faults.worker",
                *(["fast"] if fast else []),
                patience=25,
                part="worker",
            )
            for number in range(workers)
        ]
        passwords = {name: held["passwords"][name] for name in held["reviewers"]}
        receivers = (
            child(
                "outside",
                python,
                "-m",
                "tests.faults.outside",
                str(world.came),
                str(world.mail_port),
                str(world.hooks_port),
            )
            if world
            else None
        )
        made = Rig(home, toy, base_url, passwords, cluster, web, crew, people, held, apps, world, receivers)
        parts.callback(lambda: made.cluster.stop())
        for one in (web, *crew, *([receivers] if receivers else [])):
            one.start()
        made.name_the_servers()
        until("the web server", lambda: _answers(base_url))
        tending = threading.Thread(target=made.tend)
        tending.start()
        try:
            yield made
        finally:
            made._stopping.set()
            tending.join()
            made._asking.close()
            for one in (*crew, web, *([receivers] if receivers else [])):
                one.stop()


def _remove(home: Path) -> None:
    for place in (home, home / "app"):
        data = (place / "postgres").resolve()  # may lie elsewhere, see `jaga.app.services.postgres`
        shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(home)
