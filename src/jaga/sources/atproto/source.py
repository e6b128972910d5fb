"""The source `atproto`: the event stream of a server or relay (CBOR), or of Jetstream (JSON), from the cursor on."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.observations import (
    DID_OR_COLLECTION,
    ObservedBatch,
    PictureUnavailable,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceWentBack,
)
from jaga.platforms.atproto.car import Malformed
from jaga.platforms.kit.guard import MISREAD, moment_of_text
from jaga.sources.atproto.jetstream import (
    GONE,
    Frame,
    JetstreamSource,
    Listening,
    address,
    frame_in,
    opened,
    operations_in,
)
from jaga.sources.atproto.records import NAME, AccountProfiles, RecordChange, RepositoryScope, found_in
from jaga.sources.kit import Found, Gathering, HttpReader, OptedOut, State, state_text
from jaga.sources.registry import Surroundings

PATH = "/xrpc/com.atproto.sync.subscribeRepos"
BLOB = "/xrpc/com.atproto.sync.getBlob"
QUIET = 2.0
"""Seconds without an event after which a reading ends."""
_WRONG_SCOPE = N_("The scope of this watch cannot be read.")
_SCOPE = N_("Name accounts by their DID, or collections such as app.bsky.feed.post, one a line.")


class RepositorySource:
    """The repositories of one server or relay.

    The cursor holds the number of the last event (`seq`), when it happened (`at`), and how many changes of the next one
    were taken (`done`).
    Until the first event that counts, `since` is the moment of the first reading: earlier events are passed over. A
    server that was silent then has told no number, and others tell of an event some time after it happened.
    """

    name = NAME

    def __init__(self, url: str, scope: RepositoryScope, quiet: float = QUIET) -> None:
        self._url, self._scope, self._quiet = url, scope, quiet

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        if cursor is None:
            return ObservedBatch((), self._present())
        state = State(cursor)
        seq, done, since = state.number("seq"), state.number("done"), state.text("since")
        begin = moment_of_text(since) if since else None
        if since and begin is None:
            raise SourceWentBack(why="the cursor is of another source or version")
        reading = StreamReading(
            self._scope,
            AccountProfiles(HttpReader(self._url)),
            limit,
            seq,
            done,
            begin,
            moment_of_text(state.text("at")),
        )
        with opened(address(self._url, PATH, [("cursor", str(seq))])) as connection:
            listening = Listening(connection, self._quiet)
            for message in listening.messages():
                if not reading.take(message):
                    break
                listening.note(reading.newest)
        return reading.batch(more=listening.cut)

    def _present(self) -> str:
        """The cursor behind the newest event: a server that is not silent names it by the next one."""
        began = now()
        with opened(address(self._url, PATH, [])) as connection:
            for message in Listening(connection, self._quiet).messages():
                try:
                    frame = frame_in(message)
                except Malformed as error:
                    raise SourceFault(why=f"a frame: {error}") from error
                if frame.seq is not None:
                    return state_text({"seq": frame.seq - 1, "done": 0, "since": began.isoformat(), "at": ""})
        return state_text({"seq": 0, "done": 0, "since": began.isoformat(), "at": ""})


class StreamReading:
    """One reading of the stream."""

    def __init__(
        self,
        scope: RepositoryScope,
        accounts: AccountProfiles,
        limit: int,
        seq: int,
        done: int,
        begin: datetime | None,
        at: datetime | None = None,
    ) -> None:
        self._scope, self._accounts, self._limit = scope, accounts, limit
        self._seq, self._done, self._begin, self._at = seq, done, begin, at
        self._first = seq
        self._gathering, self._full = Gathering(), False
        self.newest: datetime | None = None
        """When the newest event that was taken happened, by the server's clock."""

    def take(self, message: object) -> bool:
        """Take one message; False when the batch is full. Raises SourceWentBack and SourceFault."""
        if self._gathering.full(self._limit):
            self._full = True
            return False
        try:
            frame = frame_in(message)
        except Malformed as error:
            self._gathering.refuse(f"after event {self._seq}", error, message)
            return True
        _require_known_cursor(frame, self._first)
        if frame.seq is None:
            return True
        at = moment_of_text(frame.body.get("time"))
        if frame.seq <= self._seq:
            # A server may send again what another connection just got. What happened later is no such event.
            if at is None or self._at is None or at > self._at:
                raise SourceWentBack(why=f"event {frame.seq} after event {self._seq}")
            return True
        self._at = at or self._at
        if self._begin is None or (at is not None and at >= self._begin):
            self.newest, self._begin = at or self.newest, None
            if not self._event(frame):
                self._seq, self._full = frame.seq - 1, True
                return False
        self._seq, self._done = frame.seq, 0
        return True

    def batch(self, *, more: bool = False) -> ObservedBatch:
        """The batch. `more`: the reading was ended before the stream was."""
        more, since = more or self._full, self._begin.isoformat() if self._begin else ""
        lag = now() - self.newest if more and self.newest else None
        at = self._at.isoformat() if self._at else ""
        cursor = state_text({"seq": self._seq, "done": self._done, "since": since, "at": at})
        return self._gathering.batch(cursor, more=more, lag=lag)

    def _event(self, frame: Frame) -> bool:
        """Take one event; False if the batch was full before its end."""
        place = f"event {frame.seq}"
        if frame.kind == "#account":
            self._gathering.take(place, dict(frame.body), _account, frame.body)
        if frame.kind != "#commit":
            return True
        try:
            changes = operations_in(frame.body, self._scope)
        except MISREAD as error:
            self._gathering.refuse(place, error, {**frame.body, "blocks": "left out"})
            return True
        taken = self._done if frame.seq == self._first + 1 else 0
        for number, change in enumerate(changes[taken:], taken):
            if self._gathering.full(self._limit):
                self._done = number
                return False
            self._gathering.take(place, change.record, self._found, change)
        return True

    def _found(self, change: RecordChange) -> tuple[Found, ...]:
        if change.action == "delete":
            return found_in(change, "")
        handle, asks = self._accounts.about(change.account)
        return (OptedOut(change.account),) if asks else found_in(change, handle)


def _account(body: Mapping[str, Any]) -> tuple[Found, ...]:
    """An account that its holder deleted or deactivated asks not to be read."""
    return (OptedOut(body["did"]),) if body.get("active") is False and body.get("status") in GONE else ()


def _require_known_cursor(frame: Frame, first: int) -> None:
    """Raises SourceWentBack where the server does not know the cursor, and SourceFault for its other errors."""
    if frame.error == "FutureCursor":
        raise SourceWentBack(why="the server has not come to this cursor yet")
    if frame.error:
        raise SourceFault(why=f"the stream ended with {frame.error}")
    if frame.kind == "#info" and frame.body.get("name") == "OutdatedCursor" and first:
        raise SourceWentBack(why="the server no longer keeps what followed this cursor")


def read_picture(settings: SourceSettings, surroundings: Surroundings, address: str, largest: int) -> bytes:
    """The bytes of a blob, from the server of the watch. Raises PictureUnavailable, SourceUnreachable."""
    del surroundings
    if urlsplit(settings.url).path.endswith("/subscribe"):
        raise PictureUnavailable("a Jetstream server has no files")
    account, _, link = address.partition(" ")
    answer = HttpReader(settings.url).content(f"{BLOB}?{urlencode({'did': account, 'cid': link})}", largest)
    if not answer.ok:
        raise PictureUnavailable(f"HTTP {answer.status}")
    return answer.content


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a server; with a path that ends in /subscribe, of a Jetstream server. Raises SourceRefused."""
    del surroundings
    if not all(re.fullmatch(DID_OR_COLLECTION, one) for one in settings.surfaces):
        raise SourceRefused(_WRONG_SCOPE, _SCOPE)
    scope = RepositoryScope.of(settings.surfaces)
    if urlsplit(settings.url).path.endswith("/subscribe"):
        return JetstreamSource(settings.url, scope)
    return RepositorySource(settings.url, scope)
