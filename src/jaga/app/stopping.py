"""Handling of Ctrl-C, `kill` and a closed terminal, and of short work to complete first.

Requirements on the machine, checked before anything starts; each failure is an error with a remedy.

What `jaga run` passes to the practice story: the running parts, and a progress printer.
"""

import os
import shutil
import signal
import sys
import textwrap
import time
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from jaga.app import config
from jaga.app.services.errors import DiskFull, MissingZones, NoPermission, WrongPython
from jaga.app.services.processes import require_free
from jaga.app.services.supervisor import Child
from jaga.policy.release import jurisdiction

FREE_BYTES = 300_000_000  # The database's WAL segments may take two thirds of it.


def check_machine(home: Path) -> None:
    """Refuse a machine on which Jaga would fail later with a less clear error.

    Raises `WrongPython`, `MissingZones`, `NoPermission`, `DiskFull`, `PolicyError`. Creates the home folder if missing.
    """
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise WrongPython(found=sys.version.split()[0])
    zone = jurisdiction().time.zone
    try:
        zoneinfo.ZoneInfo(zone)
    except zoneinfo.ZoneInfoNotFoundError as lack:
        raise MissingZones(zone=zone) from lack
    config.make_folder(home, 0o755)
    if not os.access(home, os.W_OK | os.X_OK):
        raise NoPermission(path=home)
    free = shutil.disk_usage(home).free
    if free < FREE_BYTES:
        raise DiskFull(path=home, free=free // 1_000_000)


def check_ports() -> None:
    """Raises `PortTaken` if another process uses Jaga's port."""
    require_free(config.port(), "JAGA_PORT")


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


_TWICE_SECONDS = 2.0  # A closing terminal and `make` may send the same signal twice.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A request to stop; a BaseException, so that no `except Exception` catches it."""


class _Wish:
    """Whether a stop was requested, and whether something must finish first. Only the main thread receives it."""

    def __init__(self) -> None:
        self.asked_at: float | None = None
        self.finishing = 0


_wish = _Wish()


def _stop(number: int, frame: FrameType | None) -> None:
    if _wish.asked_at is None:
        _wish.asked_at = time.monotonic()
        click.echo("\nStopping …")
        if _wish.finishing:
            return  # `finished_first` raises at its end.
    elif time.monotonic() - _wish.asked_at < _TWICE_SECONDS:
        return
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """In the block Ctrl-C, `kill` and a closed terminal raise Stopped; further signals are ignored while stopping."""
    before = {each: signal.signal(each, _stop) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        _wish.asked_at = None


@contextmanager
def finished_first() -> Iterator[None]:
    """Complete the block before stopping, so that its work is done and recorded, or neither.

    For short work. A second request after two seconds stops at once. Raises Stopped at its end.
    """
    _wish.finishing += 1
    try:
        yield
    finally:
        _wish.finishing -= 1
    if _wish.asked_at is not None and not _wish.finishing:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped
