"""Machine errors, one sentence each with a remedy.

Private files of an installation: readable only by their owner, and written atomically.

Commands run by root continue as the owner of the installation.
"""

import os
import pwd
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from jaga.core.errors import N_, JagaError
from jaga.core.files import replace_private


class ServiceFailed(JagaError):
    """A program Jaga needs did not start or exited."""

    code = "service_failed"
    status = 503
    sentence = N_("%(service)s did not start: %(reason)s")
    remedy = N_("Look into %(log)s, put it right and start again.")


class PortTaken(JagaError):
    """Another process listens on Jaga's port."""

    code = "port_taken"
    status = 503
    sentence = N_("Port %(port)s is taken by %(owner)s.")
    remedy = N_("Stop it, or choose another port with %(variable)s=….")


class AlreadyRunning(JagaError):
    """A second start of the same installation."""

    code = "already_running"
    status = 409
    sentence = N_("Jaga is running already (process %(pid)s), at %(address)s.")
    remedy = N_("Use that one, or stop it with Ctrl-C in its window (or: kill %(pid)s).")


class WrongHome(JagaError):
    """Practice must not write to the folder of a real installation's credentials, keys and evidence."""

    code = "wrong_home"
    status = 409
    sentence = N_("%(path)s belongs to a %(found)s installation, and this was started as a %(asked)s one.")
    remedy = N_("Say PRACTICE=0 for the real one, leave it out for practice, or name another folder with JAGA_HOME=….")


class DiskFull(JagaError):
    """Too little disk space; nothing acknowledged was lost."""

    code = "disk_full"
    status = 507
    sentence = N_("The disk is full, or nearly, at %(path)s (%(free)s MB are free).")
    remedy = N_("Make room, or name another folder with JAGA_HOME=….")


class NoTables(JagaError):
    """A command on a database that was never migrated, or not to this version."""

    code = "no_tables"
    status = 503
    sentence = N_("This database does not have the tables of this version (%(missing)s).")
    remedy = N_("Run jaga migrate, or name the installation's folder with JAGA_HOME=….")


class UnknownTables(JagaError):
    """A database of an unreleased version, or of a newer one: no migration leads from it to this version."""

    code = "unknown_tables"
    status = 503
    sentence = N_(
        "The database in %(place)s was made by an unreleased version of Jaga, or by a newer one (%(migration)s)."
    )
    remedy = N_(
        "Start anew: for practice with make fresh, otherwise in another folder (JAGA_HOME=…), or with an empty "
        "database (DATABASE_URL=…)."
    )


class NoPermission(JagaError):
    """The folder belongs to another user or is read-only."""

    code = "no_permission"
    status = 403
    sentence = N_("Jaga may not read or write %(path)s.")
    remedy = N_("Start it as the owner of that folder, or name another folder with JAGA_HOME=….")


class MissingZones(JagaError):
    """Deadlines cannot be shown without time zone data."""

    code = "missing_zones"
    status = 503
    sentence = N_("The time zone %(zone)s is missing on this machine.")
    remedy = N_("Install the zone data (on Debian: apt-get install tzdata) or run make clean and start again.")


class WrongPython(JagaError):
    """An interpreter version Jaga was not tested with."""

    code = "wrong_python"
    status = 503
    sentence = N_("Jaga needs Python 3.11 to 3.13, but this is %(found)s.")
    remedy = N_("Install one of these (on Debian 13: apt-get install python3) and name it with make PYTHON=….")


class OlderData(JagaError):
    """Data is never migrated automatically between PostgreSQL's major versions."""

    code = "older_data"
    status = 503
    sentence = N_("The database in %(path)s was made by PostgreSQL %(found)s, and this Jaga brings %(ours)s.")
    remedy = N_("Follow docs/operations.md, “Moving to a new PostgreSQL”; nothing was changed.")


class RolesMissing(JagaError):
    """Web server and worker must not connect as the owner of the tables."""

    code = "roles_missing"
    status = 503
    sentence = N_("The database has no role for the %(part)s that Jaga can use, and Jaga may not make one.")
    remedy = N_("Make the roles as docs/operations.md says, and give their addresses; or let the owner make roles.")


class RoleTooStrong(JagaError):
    """The role could disable the guards of the tables."""

    code = "role_too_strong"
    status = 503
    sentence = N_("The %(part)s would connect to the database with rights that it must not have: %(powers)s.")
    remedy = N_("Give it a role of its own (docs/operations.md, “Database roles”); leave DATABASE_URL to the owner.")


LARGEST_LOG, KEPT_LOGS = 10 * 1024 * 1024, 5
"""Maximum bytes of a log before rotation, and how many rotated ones are kept."""
_OLDEST_LOG = 30 * 24 * 60 * 60


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending: file mode 0600, folder 0700, tightened if they were wider.

    A log reveals when something was reported and which process handled it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    log = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
    os.fchmod(log.fileno(), 0o600)
    return log


def rotate_logs(folder: Path) -> None:
    """Rotate each oversized log of the folder to `NAME.log.1`, `.2` and so on, deleting the oldest.

    The file is copied and truncated, since several processes append to it; what they write in between is lost. Without
    space for the copy the log stays as it is.
    """
    for log in folder.glob("*.log"):
        with suppress(OSError):
            for old in folder.glob(f"{log.name}.*"):
                if time.time() - old.stat().st_mtime > _OLDEST_LOG:
                    old.unlink()
            if log.stat().st_size >= LARGEST_LOG:
                _rotate(log)


def _rotate(log: Path) -> None:
    for number in range(KEPT_LOGS - 1, 0, -1):
        with suppress(FileNotFoundError):
            log.with_name(f"{log.name}.{number}").replace(log.with_name(f"{log.name}.{number + 1}"))
    copy = log.with_name(f"{log.name}.1")
    try:
        made = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(made, "wb") as file, log.open("rb") as own:
            shutil.copyfileobj(own, file)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    os.truncate(log, 0)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file, creating its folder if needed. On a full disk the old one stays and nothing else is left."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_private(path, content)


def become_owner(home: Path) -> None:
    """If root runs a command in another user's home folder, switch to that user for good.

    Otherwise it would leave files (logs, evidence, keys, database) that the installation's processes cannot read. The
    owner is whoever owns the keys, or the folder if there are none. No effect for other users. Raises NoPermission if
    that user cannot read this code.
    """
    if os.geteuid() != 0:
        return
    marks = [path for path in (home / "secrets", home) if path.exists()]
    if not marks or (owner := marks[0].stat()).st_uid == 0:
        return
    try:
        account = pwd.getpwuid(owner.st_uid)
    except KeyError:  # A number without an account, as in a container.
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.environ.update(HOME=str(home))
    else:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        # Otherwise libraries look for settings in root's home, which is not readable.
        os.environ.update(HOME=account.pw_dir)
    os.setuid(owner.st_uid)
    for code in (os.__file__, __file__):  # Otherwise the next import fails with a less clear error.
        if not os.access(code, os.R_OK):
            raise NoPermission(path=f"{code} as the user {owner.st_uid}, who owns {home}")
