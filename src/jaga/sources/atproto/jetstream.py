"""Jetstream: the events of many servers as JSON (https://github.com/bluesky-social/jetstream).

The cursor is the `time_us` of the last event. A server that does not keep events of that time goes on with the oldest
or newest that it has and does not say so: a gap cannot be seen. An event at the cursor is sent again, and left out.

The frames of `com.atproto.sync.subscribeRepos` (https://atproto.com/specs/sync): two DAG-CBOR values each.

Reads a WebSocket for a moment: until enough came, nothing more comes, or it has come to the present.

The server keeps what is not read. On a busy server something always comes: a reading that waited for silence would keep
for `LONGEST` what it has, before anybody sees it.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from jaga.core.clock import now
from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations import ObservedBatch, SourceFault, SourceRefused, SourceUnreachable, SourceWentBack
from jaga.platforms.atproto.car import BlockLink, Malformed, blocks_in, record_in, values_in
from jaga.platforms.kit.guard import MISREAD, moment, moment_of_text, number
from jaga.sources.atproto.records import NAME, RecordChange, RepositoryScope, found_in
from jaga.sources.kit import Found, Gathering, OptedOut, State, state_text

GONE = frozenset({"deleted", "deactivated"})
"""States of an account that its holder chose; its texts are not read and copies are deleted."""


@dataclass(frozen=True)
class Frame:
    """A frame: its type (`#commit`, `#account`, `#info`, …), or the name of an error."""

    kind: str
    error: str
    body: Mapping[str, Any]

    @property
    def seq(self) -> int | None:
        """The event's number; None for a message that is no event."""
        found = self.body.get("seq")
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def frame_in(message: object) -> Frame:
    """The frame in a message. Raises Malformed."""
    if not isinstance(message, bytes):
        raise Malformed("no bytes")
    values = values_in(message, 2)
    if len(values) != 2 or not all(isinstance(one, dict) for one in values):
        raise Malformed("no header and body")
    header, body = values
    assert isinstance(header, dict)
    assert isinstance(body, dict)
    if header.get("op") == -1:
        return Frame("", str(body.get("error"))[:100], body)
    return Frame(str(header.get("t"))[:100], "", body)


def operations_in(body: Mapping[str, Any], scope: RepositoryScope) -> tuple[RecordChange, ...]:
    """The changes of a commit that are in scope. Raises ForeignValueInvalid and Malformed."""
    account, at = body["repo"], moment_of_text(body["time"])
    if not isinstance(account, str) or at is None or not isinstance(body["ops"], list):
        raise ForeignValueInvalid("commit", "no account, time or changes")
    found, blocks = [], None
    for change in body["ops"]:
        collection, _, key = str(change["path"]).partition("/")
        if not scope.covers(account, collection):
            continue
        record, link = None, change.get("cid")
        if change["action"] != "delete" and isinstance(link, BlockLink):
            blocks = blocks_in(body["blocks"]) if blocks is None else blocks
            record = _record(blocks.get(link.cid))
        found.append(RecordChange(account, str(change["action"]), collection, key, record, at))
    return tuple(found)


def _record(block: bytes | None) -> object:
    """The record; None if its block is missing or unreadable, which costs only this record."""
    try:
        return None if block is None else record_in(block)
    except Malformed:
        return None


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


QUIET = 2.0
BACK = 60_000_000
"""Microseconds that an event may be older than the cursor: servers of one name differ by some seconds."""


class JetstreamSource:
    """One Jetstream server."""

    name = NAME

    def __init__(self, url: str, scope: RepositoryScope, quiet: float = QUIET) -> None:
        self._url, self._scope, self._quiet = url, scope, quiet

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        if cursor is None:
            return ObservedBatch((), state_text({"time_us": int(now().timestamp() * 1_000_000)}))
        after = State(cursor).number("time_us")
        gathering, more, last = Gathering(), False, after
        wanted = [("wantedCollections", one) for one in self._scope.collections]
        wanted += [("wantedDids", one) for one in sorted(self._scope.accounts)]
        path = urlsplit(self._url).path
        with opened(address(self._url, path, [*wanted, ("cursor", str(after))])) as connection:
            listening = Listening(connection, self._quiet)
            for message in listening.messages():
                if gathering.full(limit):
                    more = True
                    break
                last = self._take(message, last, after, gathering)
                listening.note(moment(last / 1_000_000))
            more = more or listening.cut
        lag = now() - moment(last / 1_000_000) if more else None
        return gathering.batch(state_text({"time_us": last}), more=more, lag=lag)

    def _take(self, message: str | bytes, last: int, after: int, gathering: Gathering) -> int:
        """Gather one event; its time, or `last` if it has none."""
        kept = message if isinstance(message, bytes) else message.encode("utf-8", "backslashreplace")
        try:
            event = json.loads(message)
            at = number(event["time_us"], "time_us")
        except MISREAD as error:
            gathering.refuse(f"after {last}", error, kept)
            return last
        if at < after - BACK:
            raise SourceWentBack(why="it sends events from before the cursor")
        if at > last:
            gathering.take(f"event {at}", kept, self._found, event, at)
        return max(at, last)

    def _found(self, event: dict[str, Any], at: int) -> tuple[Found, ...]:
        account = event["did"]
        if event.get("kind") == "account":
            state = event["account"]
            return (OptedOut(account),) if state.get("active") is False and state.get("status") in GONE else ()
        if event.get("kind") != "commit":
            return ()
        change = event["commit"]
        if not isinstance(account, str) or not isinstance(change["collection"], str):
            raise ForeignValueInvalid("commit", "no account or collection")
        if not self._scope.covers(account, change["collection"]):
            return ()
        return found_in(
            RecordChange(
                account,
                change["operation"],
                change["collection"],
                str(change["rkey"]),
                change.get("record"),
                moment(at / 1_000_000),
            ),
            "",
        )
