"""The folder of the release that this installation starts with, and that it is offered afterwards."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import environ
from pathlib import Path

from jaga.core.errors import N_, JagaError

VARIABLE = "JAGA_RELEASE"
"""The name of a shipped release: a folder of `releases/`, `id` by default. Chosen once, before the first start."""
DEFAULT = "id"
OWN = "JAGA_POLICY"
"""The path of a folder with a release of one's own, instead of a shipped one."""


class UnknownRelease(JagaError, ValueError):
    """`JAGA_RELEASE` names no shipped release."""

    code = "unknown_release"
    sentence = N_("JAGA_RELEASE is “%(given)s”, and no such release is shipped.")
    remedy = N_("Choose one of these: %(names)s.")


@cache
def shipped_names() -> tuple[str, ...]:
    """The releases that Jaga ships."""
    return tuple(sorted(folder.name for folder in _releases().iterdir() if folder.is_dir()))


@cache
def _releases() -> Traversable:
    return files("jaga.policy") / "releases"


def shipped_folder(name: str | None = None) -> Traversable:
    """The folder of a shipped release, by default that of `JAGA_RELEASE`. Raises UnknownRelease."""
    chosen = name or environ.get(VARIABLE) or DEFAULT
    if chosen not in shipped_names():
        raise UnknownRelease(given=chosen, names=", ".join(shipped_names()))
    return _releases() / chosen


def named() -> tuple[str, str]:
    """What the environment names: a folder, a shipped release. For whoever keeps what was read from there."""
    return environ.get(OWN, ""), environ.get(VARIABLE, "")


def named_folder() -> Traversable:
    """The folder that whoever runs Jaga names (`JAGA_POLICY`), else that of the shipped release. Raises ValueError."""
    given = environ.get(OWN)
    return Path(given).absolute() if given else shipped_folder()
