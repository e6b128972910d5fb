"""Reads a WebSocket for a moment: until enough came, nothing more comes, or it has come to the present.

The server keeps what is not read. On a busy server something always comes: a reading that waited for silence would keep
for `LONGEST` what it has, before anybody sees it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from jaga.core.clock import now
from jaga.core.observations.source import SourceFault, SourceRefused, SourceUnreachable

LARGEST_MESSAGE = 5 * 1024 * 1024
"""The protocol's own limit of a frame (https://atproto.com/specs/event-stream)."""
LONGEST = 20.0
"""Seconds of one reading."""
SHORTEST = 0.5
"""Seconds that a reading lasts although it has come to the present: where the server's clock is fast it would otherwise
be read event by event.
"""
_TOO_BIG = 1009


def address(url: str, path: str, params: list[tuple[str, str]]) -> str:
    """The stream's address: `https` becomes `wss`."""
    parts = urlsplit(url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, path, urlencode(params), ""))


@contextmanager
def opened(url: str) -> Iterator[ClientConnection]:
    """A connection, uncompressed, since a few bytes could expand beyond memory.

    Raises SourceUnreachable, SourceRefused and SourceFault, also for whatever goes wrong within the block.
    """
    try:
        with connect(
            url,
            compression=None,
            proxy=None,
            max_size=LARGEST_MESSAGE,
            open_timeout=10,
            close_timeout=1,
            user_agent_header="jaga",
        ) as connection:
            yield connection
    except InvalidStatus as error:
        status = error.response.status_code
        kind = SourceRefused if status in {401, 403} else SourceUnreachable
        raise kind(why=f"HTTP {status}") from error
    except ConnectionClosed as error:
        if _TOO_BIG in {one.code for one in (error.rcvd, error.sent) if one is not None}:
            raise SourceFault(why=f"a message of more than {LARGEST_MESSAGE} bytes") from error
        raise SourceUnreachable(why=type(error).__name__) from error
    except (OSError, WebSocketException) as error:  # OSError: also TimeoutError
        raise SourceUnreachable(why=type(error).__name__) from error


class Listening:
    """One reading. `cut`: it took `LONGEST` and was ended before it came to the present."""

    def __init__(self, connection: ClientConnection, quiet: float) -> None:
        self._connection, self._quiet = connection, quiet
        self._began, self._since = now(), time.monotonic()
        self._present = self.cut = False

    def note(self, at: datetime | None) -> None:
        """The last message is of this moment. From one on that happened after the reading began, nothing is waited
        for.
        """
        self._present = self._present or (at is not None and at >= self._began)

    def messages(self) -> Iterator[str | bytes]:
        """The messages until none comes for `quiet` seconds, or half a second where some came already; until the
        present; or for `LONGEST`.
        """
        quiet = self._quiet
        while (passed := time.monotonic() - self._since) < (SHORTEST if self._present else LONGEST):
            try:
                yield self._connection.recv(timeout=min(quiet, LONGEST - passed))
            except (TimeoutError, ConnectionClosedOK):
                return  # what came before is whole
            quiet = min(quiet, SHORTEST)
        self.cut = not self._present
