"""Private files (keys, credentials, notes), readable only by their owner and written atomically."""

import os
import secrets
from pathlib import Path


def write_draft(path: Path, content: bytes) -> Path:
    """Write `content` durably to a new private file beside `path` and return its path; the caller moves or links it.

    Raises OSError; then no file is left.
    """
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


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable: a file that was created or renamed in it is there after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file in an existing folder. Raises OSError; then the old file stays and nothing else is left."""
    draft = write_draft(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
