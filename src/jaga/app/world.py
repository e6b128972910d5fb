"""The interface of the practice world. It is beside the package and hands itself to `jaga.app.cli.main`."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

import click

from jaga.app.stopping import Practice, PracticeStage
from jaga.core.errors import N_, JagaError


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


LoadWorld = Callable[[], World]
"""Loads the practice world when it is needed; commands find it, or None, as click's `obj`."""
