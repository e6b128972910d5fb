"""Connections of the pool: whether one still works is mostly seen at its socket, without asking the server.

Django lets the pool check each connection before a request uses it, with an empty statement. Under load that was one
round trip in seven of a report.
"""

import select
import time
from typing import Any

import psycopg

_ASKED_EVERY = 2.0
"""Seconds. A server that vanishes without closing its connections, as when the network fails, is noticed only by asking
it."""


class PooledConnection(psycopg.Connection[Any]):
    """A connection whose check (`ConnectionPool.check_connection`, an empty statement) asks the server every two
    seconds, and at once if there is something to read at the socket: whoever closes a connection leaves its end or a
    message there.
    """

    _asked_at = 0.0

    def execute(self, query: Any, params: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        """As of any connection. An empty statement is not sent to a server that answered just now."""
        if query != "":
            return super().execute(query, params, **options)
        moment = time.monotonic()
        if moment - self._asked_at < _ASKED_EVERY and not self.closed and self._is_silent():
            return self.cursor()
        answer = super().execute(query)
        self._asked_at = moment
        return answer

    def _is_silent(self) -> bool:
        """Whether there is nothing to read, as on any open connection that was asked nothing."""
        waiting = select.poll()
        waiting.register(self.fileno(), select.POLLIN)
        return not waiting.poll(0)
