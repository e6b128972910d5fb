"""What the practice story is given by `jaga run`: the running parts, and a way to tell the person what happens."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from jaga.app.services.synapse import SynapseServer


@dataclass(frozen=True)
class Progress:
    """Prints steps with the time since the start."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self, text: str) -> None:
        click.echo(f"[{time.monotonic() - self.began:6.1f} s] {text}")


@dataclass(frozen=True)
class Stage:
    """A practice installation that is up: pages and API at `base_url`, the chat platform, the home folder."""

    base_url: str
    synapse: SynapseServer
    home: Path
    say: Callable[[str], None]
