"""Queries to a database that is killed now and then: one connection for each thread, replaced if it was lost."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg

_PATIENCE = 300.0


class Asking:
    """Waits for a database that is down. A statement may be executed twice, so it must be safe to repeat."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._lines: list[psycopg.Connection[Any]] = []  # of threads that have ended, too

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._lines:
            self._lines.pop().close()

    def rows(self, url: str, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The result of a query or statement. Raises OperationalError after five minutes."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                if getattr(self._own, "line", None) is None or self._own.line.closed:
                    self._own.line = psycopg.connect(url, connect_timeout=30, autocommit=True)
                    self._lines.append(self._own.line)
                return self._own.line.execute(query.encode(), values).fetchall()  # type: ignore[no-any-return]
            except psycopg.OperationalError:
                self._own.line = None
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
