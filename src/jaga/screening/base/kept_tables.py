"""What takes long to make and is always the same, kept beside the compiled kernels: tables, and hyperscan's databases.

A file says by its name of what it was made and by which state of the code, and begins with a digest of the rest: one
that is damaged, or was cut short, is made again and never read.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import numpy as np

from jaga.screening.base.kernel_cache import VARIABLE, state_of

T = TypeVar("T", bound=tuple[Any, ...])
_DIGEST = 32


def kept(name: str, of: bytes, make: Callable[[], bytes]) -> bytes:
    """What `make` returns, from its file if there is one. `of` is all that it depends on beside this package's code.

    Where nothing can be written it is made each time.
    """
    known = sha256(state_of().encode() + b"\0" + of).digest()
    file = Path(os.environ[VARIABLE]) / f"{name}-{known.hex()[:16]}.kept"
    with suppress(OSError):
        found = file.read_bytes()
        if found[:_DIGEST] == _digest(known, found[_DIGEST:]):
            return found[_DIGEST:]
    made = make()
    with suppress(OSError):
        _write(file, _digest(known, made) + made)
    return made


def kept_arrays(name: str, of: bytes, kind: type[T], make: Callable[[], T]) -> T:
    """The same for a named tuple of arrays."""
    packed = BytesIO(kept(name, of, lambda: _packed(make())))
    return kind(*(np.load(packed, allow_pickle=False) for _ in kind._fields))  # type: ignore[attr-defined]


def _packed(arrays: tuple[Any, ...]) -> bytes:
    packed = BytesIO()
    for array in arrays:
        np.save(packed, array, allow_pickle=False)
    return packed.getvalue()


def _digest(known: bytes, content: bytes) -> bytes:
    return sha256(known + content).digest()


def _write(file: Path, content: bytes) -> None:
    """As a whole or not at all: other processes read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=file.name, delete=False) as made:
        try:
            made.write(content)
            made.close()
            os.replace(made.name, file)
        except OSError:
            os.unlink(made.name)
            raise
