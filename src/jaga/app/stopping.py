"""Handling of Ctrl-C, `kill` and a closed terminal, and of short work to complete first."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

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
