"""The public rooms of a platform that an adapter reads as a member (Matrix), as a source of observations."""

import hashlib

from jaga.core.errors import N_
from jaga.core.foreign import is_identifier
from jaga.core.observations.settings import SourceSettings
from jaga.core.observations.source import Source, SourceFault, SourceRefused, SourceUnreachable
from jaga.core.observations.values import Deletion, Observation, ObservedBatch
from jaga.core.platforms import NotReadable, PlatformFault, PlatformPort, PlatformUnreachable, PublicFeed, PublicMessage
from jaga.core.terms.watch import ObservationKind
from jaga.sources.registry import Surroundings

NO_ROOMS = N_("This platform's public rooms cannot be read: it has no watcher account.")
NAME = "public_rooms/1"


class PublicRoomsSource:
    """Reads with the platform's adapter, which drops private rooms at arrival."""

    name = NAME

    def __init__(self, adapter: PlatformPort, surfaces: frozenset[str] = frozenset()) -> None:
        self._adapter = adapter
        self._surfaces = surfaces

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        """The whole answer of the platform: the adapter bounds it, so `limit` is not passed on."""
        del limit
        try:
            return observed(self._adapter.read_public(cursor), self._surfaces)
        except NotReadable as error:
            raise SourceRefused(NO_ROOMS, why=str(error.params.get("why", ""))) from error
        except PlatformUnreachable as error:
            kind = SourceFault if isinstance(error, PlatformFault) else SourceUnreachable
            raise kind(why=str(error.params.get("why", "")), retry_after=error.retry_after,
                       set_aside=error.set_aside) from error


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a watch. Raises SourceRefused for a platform without an API adapter."""
    return PublicRoomsSource(surroundings.adapter_for(settings.platform), frozenset(settings.surfaces))


def observed(feed: PublicFeed, surfaces: frozenset[str] = frozenset()) -> ObservedBatch:
    """The feed's messages in order, each once; without messages that have no text or no sender (system messages).

    With `surfaces` only those in the rooms of these ids.
    """
    found: dict[str, Observation] = {}
    for message in feed.messages:
        if not message.text.strip() or (surfaces and message.room_id not in surfaces):
            continue
        native_id = message.edits[0] if message.edits else _native_id(message)
        found.setdefault(message.message_id if message.edits else native_id, Observation(
            surface=message.room_name or message.room_id, native_id=native_id, account_id=message.account_id,
            handle=_handle(message.account_id), text=message.text, at=message.sent_at,
            locator=f"{message.room_id}/{message.message_id}", source_version=NAME,
            kind=ObservationKind.EDIT if message.edits else ObservationKind.NEW,
        ))
    return ObservedBatch(tuple(found.values()), feed.cursor, tuple(map(Deletion, feed.deleted)),
                         set_aside=feed.set_aside)


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
