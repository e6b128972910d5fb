"""Where compiled kernels are kept: a folder for each state of the code.

numba notices that a kernel's own file has changed, but not that of another kernel which it calls. After an update it
could go on with the old meaning of a function, so no state of the code ever reads what another one compiled. Folders
of older states go when a new one comes.
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
"""Seconds without a start after which no process is thought to read a folder any more."""
_NAME = "kernels-"
_CODE = Path(__file__).parents[1]


def keep_kernels() -> None:
    """Tell numba, before it is imported, where to keep kernels; unless the environment says so already."""
    state_of()  # of the code that is imported now, whatever lies on the disk later
    if VARIABLE not in os.environ:
        own = folder(_CODE)
        os.environ[VARIABLE] = str(own)
        with suppress(OSError):  # what cannot be written can be read all the same
            take(own)


def take(own: Path) -> None:
    """Note that this folder is in use. Where it is new, others beside it go that nobody took for a day; the last one
    stays, since a process of the state before may run for weeks, and still compile something.

    It is not made here: that is for whoever writes, since a folder of another user's would be in the way.
    """
    if own.exists():
        os.utime(own)
        return
    others = sorted((path.stat().st_mtime, path) for path in own.parent.glob(f"{_NAME}*"))
    for taken, other in others[:-1]:
        if taken < time.time() - UNUSED:
            shutil.rmtree(other, ignore_errors=True)


def folder(code: Path) -> Path:
    """Beside the code, or where that may not be written, in the user's cache."""
    beside, name = code / "__pycache__", f"{_NAME}{state_of(code)}"
    nearest = next(path for path in (beside / name, beside, code) if path.exists())
    return (beside if os.access(nearest, os.W_OK) else Path.home() / ".cache" / "jaga") / name


def state_of(code: Path = _CODE) -> str:
    """A name for what the files of a folder said when they were first asked for."""
    return _state_of(code)


@cache
def _state_of(code: Path) -> str:
    state = sha256()
    for file in sorted(code.rglob("*.py")):
        state.update(file.relative_to(code).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]
