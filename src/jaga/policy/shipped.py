"""The folder of the release that this installation starts with."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from os import environ

from jaga.core.errors import N_, JagaError

VARIABLE = "JAGA_RELEASE"
"""The name of a shipped release: a folder of `releases/`, `id` by default. Chosen once, before the first start."""
DEFAULT = "id"


class UnknownRelease(JagaError, ValueError):
    """`JAGA_RELEASE` names no shipped release."""

    code = "unknown_release"
    sentence = N_("JAGA_RELEASE is “%(given)s”, and no such release is shipped.")
    remedy = N_("Choose one of these: %(names)s.")


def shipped_names() -> tuple[str, ...]:
    """The releases that Jaga ships."""
    return tuple(sorted(folder.name for folder in (files("jaga.policy") / "releases").iterdir() if folder.is_dir()))


def shipped_folder(name: str | None = None) -> Traversable:
    """The folder of a shipped release, by default that of `JAGA_RELEASE`. Raises UnknownRelease."""
    chosen = name or environ.get(VARIABLE) or DEFAULT
    if chosen not in shipped_names():
        raise UnknownRelease(given=chosen, names=", ".join(shipped_names()))
    return files("jaga.policy") / "releases" / chosen
