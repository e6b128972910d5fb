"""A TCP port in front of the session's database, which has only a socket file; it can hang up at a bad moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass
class Relay:
    """`before`: hang up on a client that sends this, without passing it on. `after`: pass it on, and hang up then.

    `silent`: the client waits for ever. Each strikes once.
    """

    port: int = 0
    before: bytes = b""
    after: bytes = b""
    silent: bytes = b""
    ended: threading.Event = field(default_factory=threading.Event)

    def address(self, database: str) -> str:
        return f"postgresql://127.0.0.1:{self.port}/{database}"


@contextmanager
def relayed(url: str) -> Iterator[Relay]:
    """A relay to the server at `url` for the block."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    relay = Relay()

    def to_server() -> socket.socket:
        if not folder.startswith("/"):
            return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432))
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(f"{folder}/.s.PGSQL.{parts.port or 5432}")
        except OSError:
            line.close()
            raise
        return line

    def serve(client: socket.socket) -> None:
        with suppress(OSError), client, to_server() as server:  # one that is away: the client's line ends
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            forward(client, server)
            for line in (server, client):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            back.join(10)

    def forward(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if relay.before and relay.before in data:
                    relay.before = b""
                    break
                if relay.silent and relay.silent in data:
                    relay.silent = b""
                    relay.ended.wait(60)
                    break
                last = bool(relay.after) and relay.after in data
                if last:  # the answer must not be quicker than the hanging up
                    relay.after = b""
                    client.shutdown(socket.SHUT_RDWR)
                server.sendall(data)
                if last:
                    server.shutdown(socket.SHUT_WR)  # the server ends what it has begun
                    break

    with socket.create_server(("127.0.0.1", 0)) as door:
        relay.port = door.getsockname()[1]

        def listen() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield relay
        relay.ended.set()
        door.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
