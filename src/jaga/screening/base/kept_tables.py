"""A disk cache for expensive constant data beside the compiled kernels: tables and hyperscan databases.

A file's name identifies its input and the code version, and it starts with a digest of its content: a damaged or
truncated file is rebuilt.
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
    """The result of `make`, from its file if there is one.

    `of` is everything it depends on besides this package's code.

    If the file cannot be written, `make` runs each time.
    """
    key = sha256(state_of().encode() + b"\0" + of).digest()
    file = Path(os.environ[VARIABLE]) / f"{name}-{key.hex()[:16]}.kept"
    with suppress(OSError):
        found = file.read_bytes()
        if found[:_DIGEST] == _digest(key, found[_DIGEST:]):
            return found[_DIGEST:]
    made = make()
    with suppress(OSError):
        _write(file, _digest(key, made) + made)
    return made


def kept_arrays(name: str, of: bytes, kind: type[T], make: Callable[[], T]) -> T:
    """`kept` for a named tuple of arrays."""
    packed = BytesIO(kept(name, of, lambda: _packed(make())))
    return kind(*(np.load(packed, allow_pickle=False) for _ in kind._fields))  # type: ignore[attr-defined]


def _packed(arrays: tuple[Any, ...]) -> bytes:
    packed = BytesIO()
    for array in arrays:
        np.save(packed, array, allow_pickle=False)
    return packed.getvalue()


def _digest(key: bytes, content: bytes) -> bytes:
    return sha256(key + content).digest()


def _write(file: Path, content: bytes) -> None:
    """Write atomically, since other processes read the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=file.name, delete=False) as made:
        try:
            made.write(content)
            made.close()
            os.replace(made.name, file)
        except OSError:
            os.unlink(made.name)
            raise
