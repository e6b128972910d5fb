"""The folder of the release that this installation starts with."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from os import environ

VARIABLE = "JAGA_RELEASE"
"""The name of a shipped release: a folder of `releases/`, `id` by default. Chosen once, before the first start."""
DEFAULT = "id"


def shipped_names() -> tuple[str, ...]:
    """The releases that Jaga ships."""
    return tuple(sorted(folder.name for folder in (files("jaga.policy") / "releases").iterdir() if folder.is_dir()))


def shipped_folder(name: str | None = None) -> Traversable:
    """The folder of a shipped release, by default that of `JAGA_RELEASE`. Raises ValueError for another name."""
    chosen = name or environ.get(VARIABLE) or DEFAULT
    if chosen not in shipped_names():
        raise ValueError(f"{VARIABLE}={chosen}: no such release; shipped are {', '.join(shipped_names())}")
    return files("jaga.policy") / "releases" / chosen
