"""Jetstream: the events of many servers as JSON (https://github.com/bluesky-social/jetstream).

The cursor is the `time_us` of the last event. A server that does not keep events of that time goes on with the oldest
or newest that it has and does not say so: a gap cannot be seen. An event at the cursor is sent again, and left out.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from jaga.core.clock import now
from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations.source import SourceWentBack
from jaga.core.observations.values import ObservedBatch
from jaga.platforms.kit.foreign import MISREAD, moment, number
from jaga.sources.atproto.frames import GONE
from jaga.sources.atproto.records import NAME, RecordChange, RepositoryScope, found_in
from jaga.sources.atproto.streams import Listening, address, opened
from jaga.sources.kit.gathering import Found, Gathering, OptedOut
from jaga.sources.kit.state import State, state_text

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
