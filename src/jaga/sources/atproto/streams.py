"""Reads a WebSocket for a moment: until enough came, or nothing more comes. The server keeps what is not read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from jaga.core.observations.source import SourceFault, SourceRefused, SourceUnreachable

LARGEST_MESSAGE = 5 * 1024 * 1024
"""The protocol's own limit of a frame (https://atproto.com/specs/event-stream)."""
LONGEST = 20.0
"""Seconds of one reading."""
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
        with connect(url, compression=None, proxy=None, max_size=LARGEST_MESSAGE, open_timeout=10, close_timeout=1,
                     user_agent_header="jaga") as connection:
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


def messages(connection: ClientConnection, quiet: float) -> Iterator[str | bytes]:
    """The messages until none comes for `quiet` seconds, or the reading has taken `LONGEST`."""
    until = time.monotonic() + LONGEST
    while (left := until - time.monotonic()) > 0:
        try:
            yield connection.recv(timeout=min(quiet, left))
        except TimeoutError:
            return
        except ConnectionClosedOK:
            return  # what came before is whole
