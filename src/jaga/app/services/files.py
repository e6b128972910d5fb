"""Private files of an installation: readable only by their owner, and written atomically."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from jaga.core.private_files import replace_private

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
