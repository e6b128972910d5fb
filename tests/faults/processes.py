"""What all processes of the fault tests share."""

from pathlib import Path

import jaga.platforms


def add_adapters() -> None:
    """Let the registry find the toy's adapter as `jaga.platforms.toy`."""
    folder = str(Path(__file__).parent / "adapters")
    if folder not in jaga.platforms.__path__:
        jaga.platforms.__path__.append(folder)
