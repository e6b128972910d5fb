"""Access to the practice world, which is in the checkout (`practice/`) and not in the wheel."""

import sys
from contextlib import ExitStack
from importlib import import_module
from typing import Protocol, cast

import click

from jaga.app.config import CHECKOUT
from jaga.app.stage import Practice, PracticeStage
from jaga.core.errors import N_, JagaError

FOLDER = CHECKOUT / "practice"


class NoPracticeWorld(JagaError):
    """The practice world exists only in a checkout, not in an installed package."""

    code = "no_practice_world"
    sentence = N_("The invented world of a practice is not part of this package.")
    remedy = N_("Say PRACTICE=0 for the real thing, or start the practice in the source's folder with `make run`.")


class World(Protocol):
    """The interface of the practice world."""

    command: click.Group
    """Its subcommand of `jaga`, `practice`."""

    def check(self) -> None:
        """Raises the errors of its settings."""

    def prepare(self, stage: PracticeStage, parts: ExitStack) -> Practice:
        """Start what it needs beside web server and worker, and create its people."""


def is_there() -> bool:
    """Whether this is a checkout with a practice world."""
    return (FOLDER / "jaga_practice").is_dir()


def practice_world() -> World:
    """The practice world. Raises NoPracticeWorld."""
    if not is_there():
        raise NoPracticeWorld
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return cast(World, import_module("jaga_practice.interface"))
