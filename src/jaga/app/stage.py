"""What the practice story is given by `jaga run`: the running parts, and a way to tell the person what happens."""

import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from jaga.app.services.children import Child


@dataclass(frozen=True)
class Progress:
    """Prints steps with the time since the start, sentences folded to the width of a terminal."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self, text: str) -> None:
        line = f"[{time.monotonic() - self.began:5.0f} s] {text}"
        if sys.stdout.isatty() and "\n" not in text:
            line = textwrap.fill(line, shutil.get_terminal_size().columns, subsequent_indent=" " * 10,
                                 break_long_words=False, break_on_hyphens=False)
        click.echo(line)


@dataclass(frozen=True)
class PracticeStage:
    """A practice installation that is up: pages and API at `base_url`, the home folder."""

    base_url: str
    home: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class Practice:
    """What `jaga run` does with a practice world: watches its servers, and has its story told once everything is up."""

    children: Sequence[Child]
    tell: Callable[[], int]
