"""Where numba keeps the kernels of a module: a folder by the state of the module and of what it imports.

numba loads this module by its name, from the environment (`kernel_cache.keep_kernels`).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba import config
from numba.core.caching import UserProvidedCacheLocator

from jaga.screening.base.kernel_cache import CODE, NAME, folder, module_folder


class KernelLocator(UserProvidedCacheLocator):
    """For kernels of this package; others have numba's own place."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        file = Path(py_file)
        if file.is_relative_to(CODE):
            self._cache_path = str(_root() / module_folder(file))

    def ensure_cache_path(self) -> None:
        """Make the folder, with the kernels of an older version if there are any of the same state. Raises OSError."""
        own = Path(self._cache_path)
        if not own.exists():
            super().ensure_cache_path()  # type: ignore[no-untyped-call]
            if _root() == folder(CODE):  # Where others may write, their files are not taken.
                for other in own.parent.parent.glob(f"{NAME}*/{own.name}"):
                    _take_over(other, own)
        super().ensure_cache_path()  # type: ignore[no-untyped-call]


def _root() -> Path:
    return Path(vars(config)["CACHE_DIR"])


def _take_over(other: Path, own: Path) -> None:
    """Link the files: numba replaces files and never changes them. An index comes after what it lists."""
    for file in sorted(other.glob("*.nb?")):
        with suppress(FileExistsError, FileNotFoundError):  # Another process does the same, or deletes the old folder.
            os.link(file, own / file.name)
