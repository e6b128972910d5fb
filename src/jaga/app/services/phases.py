"""How long each phase of a start takes, in `log/start.log`, to find out why a start is slow.

    2026-11-29 08:15:46 UTC [4711] tables: 4.2 s, processor 3.1 s

*Processor* is the time of `jaga run` itself and of the programs that it ran to their end. What else starts at the same
time (the web server, the chat server, the compilation) has processor time of its own, which is not in it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jaga.app.services.files import open_log


class Phases:
    """The phases of one start, written as each ends; on a full disk they are not written."""

    def __init__(self, home: Path) -> None:
        self._log = home / "log" / "start.log"

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block, also if it fails."""
        began, used = time.monotonic(), _processor()
        try:
            yield
        finally:
            self._write(f"{name}: {time.monotonic() - began:.1f} s, processor {_processor() - used:.1f} s")

    def _write(self, line: str) -> None:
        try:
            with open_log(self._log) as log:
                log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC [{os.getpid()}] {line}\n".encode())
        except OSError:
            return


def _processor() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
