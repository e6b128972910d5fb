"""Private files of an installation: readable by their owner alone, and there as a whole or not at all."""

import os
import secrets
from pathlib import Path
from typing import BinaryIO


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending: the file 0600, its folder 0700, also where an older version made them wider.

    Who may read a log learns when something was reported, and which process worked on it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    log = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")
    os.fchmod(log.fileno(), 0o600)
    return log


def write_private(path: Path, content: bytes) -> None:
    """Replace a file; its owner alone may read it. Where the disk is full the old one stays, and nothing else is left.
    """
    draft = draft_beside(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def draft_beside(path: Path, content: bytes) -> Path:
    """Write the content durably to a new private file beside `path` and return it: the caller moves or links it.

    Raises OSError; then no draft is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft
