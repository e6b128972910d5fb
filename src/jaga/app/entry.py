"""The command `jaga` of an installed package. Which parts of Jaga are there depends on the extras."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command, or say in one line that this environment has only a part of Jaga."""
    try:
        from jaga.app import cli
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] == "jaga":
            raise
        sys.exit(
            f"jaga: the command needs the whole of Jaga, and {missing.name} is not installed here. "
            "Install the package with its extra `server`: pip install '.[server]'"
        )
    cli.main()
