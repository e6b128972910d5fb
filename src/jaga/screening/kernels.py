"""Where compiled kernels are kept: a folder for each state of the code.

numba notices that a kernel's own file has changed, but not that of another kernel which it calls. After an update it
could go on with the old meaning of a function, so no state of the code ever reads what another one compiled.
"""

import os
from functools import cache
from hashlib import sha256
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
_CODE = Path(__file__).parent


def keep_kernels() -> None:
    """Tell numba, before it is imported, where to keep kernels; unless the environment says so already."""
    os.environ.setdefault(VARIABLE, str(folder(_CODE)))


def folder(code: Path) -> Path:
    """Beside the code, or where that may not be written, in the user's cache."""
    beside = code / "__pycache__"
    writable = os.access(beside if beside.exists() else code, os.W_OK)
    return (beside if writable else Path.home() / ".cache" / "jaga") / f"kernels-{state_of(code)}"


@cache
def state_of(code: Path = _CODE) -> str:
    """A name for what the files of a folder say."""
    state = sha256()
    for file in sorted(code.glob("*.py")):
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]
