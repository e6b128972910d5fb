"""Ctrl-C, `kill` and a closed terminal: how a run of many parts is told to stop, and what may be finished before."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

_TWICE_SECONDS = 2.0  # a terminal that closes, and `make`, may send the same wish twice
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the program to stop: no error, so that no `except Exception` takes it for one."""


class _Wish:
    """Whether somebody asked to stop, and whether something is to be finished first. Only the main thread hears it."""

    def __init__(self) -> None:
        self.asked_at: float | None = None
        self.finishing = 0


_wish = _Wish()


def _stop(number: int, frame: FrameType | None) -> None:
    if _wish.asked_at is None:
        _wish.asked_at = time.monotonic()
        click.echo("\nStopping …")
        if _wish.finishing:
            return  # `finished_first` raises at its end
    elif time.monotonic() - _wish.asked_at < _TWICE_SECONDS:
        return
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """In the block Ctrl-C, `kill` and a closed terminal raise Stopped; while stopping, further ones are ignored."""
    before = {each: signal.signal(each, _stop) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        _wish.asked_at = None


@contextmanager
def finished_first() -> Iterator[None]:
    """What is done in the block is finished before the program stops, so that it is done and noted, or neither.

    For something short. Whoever asks once more after two seconds is obeyed at once. Raises Stopped at its end.
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
