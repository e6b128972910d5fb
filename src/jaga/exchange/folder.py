"""Reads a folder from a stranger safely: follows no links, waits on no pipe, opens nothing outside it."""

import errno
import os
import stat
from collections.abc import Iterator
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path

from jaga.exchange.paths import UnsafePath


def walk(folder: Path) -> Iterator[tuple[str, bool]]:
    """Every name below the folder as a slash-separated path, and whether it is a regular file.

    A folder appears only if empty; otherwise its files do. Raises OSError.
    """
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as found:
            entries = list(found)
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{path}/")
            else:
                yield path, entry.is_file(follow_symlinks=False)
        if below and not entries:
            yield below, False


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading. Raises UnsafePath for a link, pipe or device; OSError."""
    try:
        opened = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except IsADirectoryError:
        raise UnsafePath(path=ascii(path.name)) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnsafePath(path=ascii(path.name)) from None
        raise
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise UnsafePath(path=ascii(path.name))
    return opened


def digest(path: Path) -> str:
    """The SHA-256 of a regular file of any size. Raises UnsafePath, OSError."""
    with open_regular(path) as file:
        return file_digest(file, "sha256").hexdigest()
