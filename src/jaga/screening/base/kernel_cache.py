"""The cache folder for compiled kernels, one per code version.

numba notices a change in a kernel's own file but not in a kernel it calls, and could run outdated code after an update.
Separate folders prevent that; folders of older versions are deleted when a new one appears. Within a folder, the
kernels of each module stand in one of their own, named after the content of the module and of all that it imports: so a
new version takes over what its changes do not concern (`kernel_locator`).
"""

import os
import re
import shutil
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
_LOCATORS = "NUMBA_CACHE_LOCATOR_CLASSES"
_OURS = (
    "jaga.screening.base.kernel_locator.KernelLocator",
    "UserProvidedCacheLocator",
    "InTreeCacheLocator",
    "UserWideCacheLocator",
)
UNUSED = 24 * 60 * 60
"""Seconds after its last use at which a folder is assumed to have no readers."""
NAME = "kernels-"
CODE = Path(__file__).parents[1]
_IMPORT = re.compile(r"^[ \t]*(?:from[ ]([\w.]+)[ ]import[ ](\([^)]*\)|.*)|import[ ](.*))", re.M)


def keep_kernels() -> None:
    """Tell numba, before it is imported, where to cache kernels, unless the environment already does."""
    state_of()  # Of the code imported now, whatever is on disk later.
    os.environ.setdefault(_LOCATORS, ",".join(_OURS))
    if VARIABLE not in os.environ:
        own = folder(CODE)
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
    others = sorted((path.stat().st_mtime, path) for path in own.parent.glob(f"{NAME}*"))
    for taken, other in others[:-1]:
        if taken < time.time() - UNUSED:
            shutil.rmtree(other, ignore_errors=True)


def folder(code: Path) -> Path:
    """The folder beside the code, or in the user's cache if that is not writable."""
    cache, name = code / "__pycache__", f"{NAME}{state_of(code)}"
    nearest = next(path for path in (cache / name, cache, code) if path.exists())
    return (cache if os.access(nearest, os.W_OK) else Path.home() / ".cache" / "jaga") / name


def state_of(code: Path = CODE) -> str:
    """A name for the content of a folder's files when first asked."""
    return _state_of(code)


@cache
def _state_of(code: Path) -> str:
    state = sha256()
    for file in sorted(code.rglob("*.py")):
        state.update(file.relative_to(code).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def module_folder(file: Path, code: Path = CODE, package: str = "jaga.screening") -> str:
    """The name of the folder for the kernels of this module: its own, and the state of the files that it imports."""
    state = sha256()
    for one in sorted(_imported(file, code, package)):
        state.update(one.relative_to(code).as_posix().encode() + b"\0" + one.read_bytes() + b"\0")
    return f"{'.'.join(file.relative_to(code).with_suffix('').parts)}-{state.hexdigest()[:16]}"


def _imported(file: Path, code: Path, package: str) -> set[Path]:
    """The file and all files of the package that it imports, directly or by others."""
    found, waiting = {file}, [file]
    while waiting:
        new = _imports_of(waiting.pop(), code, package) - found
        found |= new
        waiting += new
    return found


@cache
def _imports_of(file: Path, code: Path, package: str) -> frozenset[Path]:
    names = list[str]()
    for source, what, plain in _IMPORT.findall(file.read_text()):
        own = re.findall(r"[\w.]+", what or plain)  # Also "as" and new names: a name that is no file is none.
        names += [source, *(f"{source}.{name}" for name in own)] if source else own
    places = [
        code.joinpath(*name.removeprefix(package).split(".")) for name in names if f"{name}.".startswith(f"{package}.")
    ]
    return frozenset(
        path for place in places for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()
    )
