"""The public rooms of a platform that an adapter reads as a member (Matrix), as a source of observations."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.foreign import is_identifier
from jaga.core.observations import (
    MOST_MEDIA,
    Deletion,
    NamedMedia,
    Observation,
    ObservedBatch,
    PictureUnavailable,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceUnreachable,
    SourceWentBack,
)
from jaga.core.platforms import (
    FeedWentBack,
    NotReadable,
    PlatformFault,
    PlatformPort,
    PlatformUnreachable,
    PublicFeed,
    PublicMessage,
    ServesPictures,
)
from jaga.core.terms.reports import ObservationKind
from jaga.sources.kit import State, state_text
from jaga.sources.registry import Surroundings

NO_ROOMS = N_("This platform's public rooms cannot be read: it has no watcher account.")
NAME = "public_rooms/2"
_MARK = 8
_MOST_MARKS = 12_000
"""Messages of one answer that can be told apart from the rest of it in a cursor."""


class PublicRoomsSource:
    """Reads with the platform's adapter, which drops private rooms at arrival."""

    name = NAME

    def __init__(self, adapter: PlatformPort, surfaces: frozenset[str] = frozenset()) -> None:
        self._adapter = adapter
        self._surfaces = surfaces

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        """At most `limit` of what the platform answers; the rest is asked for again, from the same place."""
        state = None if cursor is None else State(cursor)
        feed_cursor = state.text("feed") if state else None
        taken = state.text("taken") if state else ""
        if feed_cursor == "" or len(taken) % _MARK:
            raise SourceWentBack(why="the cursor is of another source or version")
        return _part(self._whole(feed_cursor), feed_cursor, taken, limit)

    def _whole(self, cursor: str | None) -> "_Whole":
        try:
            feed = self._adapter.read_public(cursor)
            return _Whole(feed, observed_by_message(feed, self._surfaces))
        except FeedWentBack as error:
            raise SourceWentBack(why=str(error.params.get("why", ""))) from error
        except NotReadable as error:
            raise SourceRefused(NO_ROOMS, why=str(error.params.get("why", ""))) from error
        except PlatformUnreachable as error:
            kind = SourceFault if isinstance(error, PlatformFault) else SourceUnreachable
            raise kind(
                why=str(error.params.get("why", "")), retry_after=error.retry_after, set_aside=error.set_aside
            ) from error


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a watch. Raises SourceRefused for a platform without an API adapter."""
    return PublicRoomsSource(surroundings.adapter_for(settings.platform), frozenset(settings.surfaces))


def read_picture(settings: SourceSettings, surroundings: Surroundings, address: str, largest: int) -> bytes:
    """The bytes of a picture that a message shows. Raises PictureUnavailable, SourceUnreachable."""
    adapter = surroundings.adapter_for(settings.platform)
    if not isinstance(adapter, ServesPictures):
        raise PictureUnavailable("this platform does not give the files of messages")
    try:
        content = adapter.read_picture(address, largest)
    except NotReadable as error:
        raise PictureUnavailable("this platform has no watcher account") from error
    except PlatformUnreachable as error:
        kind = SourceFault if isinstance(error, PlatformFault) else SourceUnreachable
        raise kind(why=str(error.params.get("why", "")), retry_after=error.retry_after) from error
    if content is None:
        raise PictureUnavailable("the server does not have the file, or does not give it")
    return content


@dataclass(frozen=True)
class _Whole:
    """An answer of the platform, and what is observed in it, by the id of each message."""

    feed: PublicFeed
    found: Mapping[str, Observation]


def _part(whole: _Whole, cursor: str | None, taken: str, limit: int) -> ObservedBatch:
    """At most `limit` of what was not taken yet. With the last part deletions and unusable values come too.

    What was taken is known by marks of the messages, not by its number: until the rest is read, more may have been said
    in each room. If they do not fit into the cursor, the whole rest comes at once.
    """
    feed = whole.feed
    known = {taken[at : at + _MARK] for at in range(0, len(taken), _MARK)}
    left = {mark: one for message_id, one in whole.found.items() if (mark := _mark(message_id)) not in known}
    part = dict(list(left.items())[:limit])
    marks = taken + "".join(part)
    if len(part) < len(left) and len(marks) <= _MOST_MARKS * _MARK and cursor is not None:
        return ObservedBatch(tuple(part.values()), state_text({"feed": cursor, "taken": marks}), more=True)
    return ObservedBatch(
        tuple(left.values()),
        state_text({"feed": feed.cursor, "taken": ""}),
        tuple(map(Deletion, feed.deleted)),
        set_aside=feed.set_aside,
    )


def _mark(message_id: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(message_id.encode()).digest()[:6]).decode()


def observed_by_message(feed: PublicFeed, surfaces: frozenset[str] = frozenset()) -> dict[str, Observation]:
    """What is observed in a feed. With `surfaces` only messages in the rooms of these ids. An edit has the id of what
    it replaces.
    """
    found: dict[str, Observation] = {}
    for message in feed.messages:
        if not message.text.strip() or (surfaces and message.room_id not in surfaces):
            continue
        own_id = _native_id(message)
        native_id = message.edits[0] if message.edits else own_id
        found.setdefault(
            own_id,
            Observation(
                surface=message.room_name or message.room_id,
                native_id=native_id,
                account_id=message.account_id,
                handle=_handle(message.account_id),
                text=message.text,
                at=message.sent_at,
                locator=f"{message.room_id}/{message.message_id}",
                source_version=NAME,
                kind=ObservationKind.EDIT if message.edits else ObservationKind.NEW,
                media=tuple(map(NamedMedia, message.media[:MOST_MEDIA])),
            ),
        )
    return found


def _native_id(message: PublicMessage) -> str:
    """The message's id: Matrix's own is unique everywhere, that of other systems only within its room."""
    if message.message_id.startswith("$"):
        return message.message_id
    found = f"{message.room_id}/{message.message_id}"
    return found if is_identifier(found) else hashlib.sha256(found.encode()).hexdigest()


def _handle(account_id: str) -> str:
    """The name without its server: `ani` for `@ani:server` (Matrix) and `ani@server` (XMPP)."""
    if account_id.startswith("@"):
        return account_id[1:].partition(":")[0]
    return account_id.partition("@")[0]
