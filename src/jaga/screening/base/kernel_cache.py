"""The cache folder for compiled kernels, one per code version.

numba notices a change in a kernel's own file but not in a kernel it calls, and could run outdated code after an update.
Separate folders prevent that; folders of older versions are deleted when a new one appears.
"""

import os
import shutil
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
UNUSED = 24 * 60 * 60
"""Seconds after its last use at which a folder is assumed to have no readers."""
_NAME = "kernels-"
_CODE = Path(__file__).parents[1]


def keep_kernels() -> None:
    """Tell numba, before it is imported, where to cache kernels, unless the environment already does."""
    state_of()  # Of the code imported now, whatever is on disk later.
    if VARIABLE not in os.environ:
        own = folder(_CODE)
        os.environ[VARIABLE] = str(own)
        with suppress(OSError):  # A read-only cache can still be read.
            take(own)


def take(own: Path) -> None:
    """Mark this folder as used.

    If it is new, delete its siblings unused for a day, except the latest: a process of the previous version may run for
    weeks and still compile.

    The folder itself is created by whoever writes, since one owned by another user would be in the way.
    """
    if own.exists():
        os.utime(own)
        return
    others = sorted((path.stat().st_mtime, path) for path in own.parent.glob(f"{_NAME}*"))
    for taken, other in others[:-1]:
        if taken < time.time() - UNUSED:
            shutil.rmtree(other, ignore_errors=True)


def folder(code: Path) -> Path:
    """The folder beside the code, or in the user's cache if that is not writable."""
    cache, name = code / "__pycache__", f"{_NAME}{state_of(code)}"
    nearest = next(path for path in (cache / name, cache, code) if path.exists())
    return (cache if os.access(nearest, os.W_OK) else Path.home() / ".cache" / "jaga") / name


def state_of(code: Path = _CODE) -> str:
    """A name for the content of a folder's files when first asked."""
    return _state_of(code)


@cache
def _state_of(code: Path) -> str:
    state = sha256()
    for file in sorted(code.rglob("*.py")):
        state.update(file.relative_to(code).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]
