"""What `jaga run` passes to the practice story: the running parts, and a progress printer."""

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
    """Prints steps with the time since the start, wrapped to the terminal's width."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self, text: str) -> None:
        line = f"[{time.monotonic() - self.began:5.0f} s] {text}"
        if sys.stdout.isatty() and "\n" not in text:
            line = textwrap.fill(
                line,
                shutil.get_terminal_size().columns,
                subsequent_indent=" " * 10,
                break_long_words=False,
                break_on_hyphens=False,
            )
        click.echo(line)


@dataclass(frozen=True)
class PracticeStage:
    """A running practice installation: pages and API at `base_url`, and the home folder."""

    base_url: str
    home: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class Practice:
    """What `jaga run` does with a practice world: watch its servers, and tell its story once everything is up."""

    children: Sequence[Child]
    tell: Callable[[], int]
