"""The door to the practice world, which lies beside the package in the checkout (`practice/`) and in no wheel."""

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
    """`pip install` brings what people work with; the invented world is for the checkout."""

    code = "no_practice_world"
    sentence = N_("The invented world of a practice is not part of this package.")
    remedy = N_("Say PRACTICE=0 for the real thing, or start the practice in the source's folder with `make run`.")


class World(Protocol):
    """What the practice world offers."""

    command: click.Group
    """Its subcommand of `jaga`, `practice`."""

    def check(self) -> None:
        """Raises what is wrong with its settings."""

    def prepare(self, stage: PracticeStage, parts: ExitStack) -> Practice:
        """Start what it needs beside web server and worker, and make its people."""


def is_there() -> bool:
    """Whether this is a checkout with its practice world."""
    return (FOLDER / "jaga_practice").is_dir()


def practice_world() -> World:
    """Raises NoPracticeWorld."""
    if not is_there():
        raise NoPracticeWorld
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return cast(World, import_module("jaga_practice.door"))
