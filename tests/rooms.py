"""Where the files of a room are, whichever subject they belong to."""

from pathlib import Path

import jaga

PACKAGE = Path(jaga.__file__).parent


def files_of(*rooms: str) -> dict[str, Path]:
    """The modules of these rooms of all subjects, by their path within the package: a file or a folder each."""
    found = [one for room in rooms for one in (*PACKAGE.glob(f"*/{room}.py"), *PACKAGE.glob(f"*/{room}/**/*.py"))]
    return {str(path.relative_to(PACKAGE)): path for path in sorted(found)}
