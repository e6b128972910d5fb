"""Reads new messages of public rooms as the watcher, a member account that joins what anyone may join.

It joins only rooms whose join rule is *public*, accepts no invitations, and leaves a room that becomes private, without
passing anything on.
"""

import json
import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from jaga.core.foreign import CURSOR, IDENTIFIER, ForeignValueInvalid, is_identifier
from jaga.core.platforms import FeedWentBack, PlatformFault, PlatformUnreachable, PublicFeed, PublicMessage, SetAside
from jaga.core.terms.cases import SetAsideKind
from jaga.platforms.kit.guard import Sorted
from jaga.platforms.kit.http import CredentialsRefused, Http, JsonReply
from jaga.platforms.synapse.api import CLIENT, PAGE, Event, content_of, items_of, not_understood, part, sent_at, text_of
from jaga.platforms.synapse.media import own_file, pictures_of

LISTED_PAGES = 20  # Of 100 rooms.
JOINS = 50  # New rooms per read, to keep reads short.
GAP_PAGES = 20  # Of 100 messages in one room between two reads.
RULES = "m.room.join_rules"
MESSAGE, REDACTION = "m.room.message", "m.room.redaction"
READ = [MESSAGE, REDACTION, RULES]

_log = logging.getLogger(__name__)


class PublicRooms:
    """The watcher's view of one server."""

    def __init__(self, http: Http, token: str, notices_account: str) -> None:
        self._http = http
        self._token = token
        self._notices_account = notices_account
        self._me = ""

    def whoami(self) -> str:
        """The watcher's account id, or an empty string if its token is rejected."""
        name = self._http.call("GET", f"{CLIENT}/account/whoami", token=self._token).body.get("user_id")
        return name if isinstance(name, str) else ""

    def read(self, cursor: str | None) -> PublicFeed:
        """New messages since `cursor`, oldest first within each room. `None` joins rooms and starts now."""
        self._me = self._me or self.whoami()
        if not self._me:
            raise CredentialsRefused(why="watcher_token")
        aside: list[SetAside] = []
        names = {room_id: name for room_id, name in self.listed().items() if self._is_room(room_id, aside)}
        self._join_new(names)
        answer = self._sync(cursor)
        following = answer.get("next_batch")
        if not isinstance(following, str):
            raise not_understood("no next_batch")
        cursors = Sorted[str](SetAsideKind.CURSOR)
        if not cursors.take(following, CURSOR.applied, "next_batch", following):
            # Nothing of this read is used: it is repeated from the old cursor, so nothing is skipped.
            raise PlatformFault(why=cursors.aside[0].why, set_aside=tuple(cursors.aside))
        if cursor is None:
            return PublicFeed((), following, tuple(aside))
        found, deleted = Sorted[PublicMessage](SetAsideKind.MESSAGE), list[str]()
        for room_id, room in _joined(answer):
            if self._is_room(room_id, aside):
                self._read_room(room_id, names.get(room_id), room, cursor, found, deleted)
        found.kept.sort(key=lambda message: message.sent_at)
        return PublicFeed(tuple(found.kept), following, (*aside, *found.aside), tuple(deleted))

    def picture(self, address: str, largest: int) -> bytes | None:
        """A file of this server, as any member gets it; None if it has none of that address, or of another server."""
        self._me = self._me or self.whoami()
        if not self._me:
            raise CredentialsRefused(why="watcher_token")
        path = own_file(address, self._me.partition(":")[2])
        if path is None:
            return None
        answer = self._http.raw("GET", path, largest=largest, token=self._token)
        if answer.status == 401:
            raise CredentialsRefused(why="watcher_token")
        return answer.content if answer.ok else None

    def listed(self) -> dict[str, str]:
        """Ids and names of rooms in the server's public directory."""
        names: dict[str, str] = {}
        params = {"limit": str(PAGE)}
        for _ in range(LISTED_PAGES):
            body = self._ask("GET", "/publicRooms", params=params)
            rooms = body.get("chunk")
            for room in rooms if isinstance(rooms, list) else ():
                # Listed rooms may require a knock or an invitation; those are not public.
                if (
                    isinstance(room, dict)
                    and room.get("join_rule", "public") == "public"
                    and isinstance(room_id := room.get("room_id"), str)
                ):
                    name = room.get("name")
                    names[room_id] = name if isinstance(name, str) else ""
            following = body.get("next_batch")
            if not isinstance(following, str) or following == params.get("since"):
                break
            params["since"] = following
        return names

    def _is_room(self, room_id: str, aside: list[SetAside]) -> bool:
        """Whether the room id is valid; an invalid one is set aside."""
        rooms = Sorted[object](SetAsideKind.ROOM)
        right = rooms.take(room_id, IDENTIFIER.applied, "room_id", room_id)
        aside += rooms.aside
        return right

    def _join_new(self, names: Mapping[str, str]) -> None:
        joined = self._ask("GET", "/joined_rooms").get("joined_rooms")
        if not isinstance(joined, list):
            raise not_understood("no list of joined rooms")
        new = sorted(set(names) - {room_id for room_id in joined if isinstance(room_id, str)})[:JOINS]
        for room_id in new:
            try:
                answer = self._call("POST", f"/rooms/{part(room_id)}/join", json_body={})
            except PlatformUnreachable as error:
                # Servers rate-limit joins; rooms already joined can be read meanwhile.
                _log.warning("joining public rooms stopped early: %s", error.params.get("why"))
                return
            if not answer.ok:
                _log.warning("a public room could not be joined: HTTP %s %s", answer.status, answer.code)

    def _read_room(
        self,
        room_id: str,
        name: str | None,
        room: Mapping[str, Any],
        cursor: str,
        found: Sorted[PublicMessage],
        deleted: list[str],
    ) -> None:
        timeline = room.get("timeline")
        if not isinstance(timeline, dict):
            return
        new = items_of(timeline.get("events"))
        if timeline.get("limited"):
            new = [*self._gap(room_id, timeline.get("prev_batch"), cursor), *new]
        if not new or not self._still_public(room_id, new):
            return
        for event in new:
            if (target := _redacted(event)) is not None:
                deleted.append(target)
                continue
            found.take(event, self._message, room_id, name or "", event)

    def _message(self, room_id: str, name: str, event: Event) -> PublicMessage | None:
        """A person's message, or None if it is not one. Raises what `Sorted.take` handles."""
        sender = event.get("sender")
        if event.get("type") != MESSAGE or sender in (self._me, self._notices_account):
            return None
        if not (text := text_of(event)):
            return None
        if not isinstance(sender, str):
            raise ForeignValueInvalid("sender", "no text")
        return PublicMessage(
            room_id, name, event["event_id"], sender, text, sent_at(event), _replaced(event), pictures_of(event)
        )

    def _gap(self, room_id: str, start: object, end: str) -> list[Any]:
        """Messages between the last read and the part that /sync returned, oldest first."""
        found: list[Any] = []
        params = {"dir": "b", "limit": str(PAGE), "to": end, "filter": json.dumps({"types": READ})}
        for _ in range(GAP_PAGES):
            if not isinstance(start, str):
                break
            body = self._ask("GET", f"/rooms/{part(room_id)}/messages", params={**params, "from": start})
            found += items_of(body.get("chunk"))
            if body.get("end") == start:  # A page that points to itself.
                break
            start = body.get("end")
        else:
            if isinstance(start, str):
                _log.warning("a public room was too busy: older messages since the last read were passed over")
        found.reverse()
        return found

    def _still_public(self, room_id: str, new: list[Any]) -> bool:
        rules = [
            content_of(event).get("join_rule")
            for event in new
            if isinstance(event, dict) and event.get("type") == RULES
        ]
        now = self._call("GET", f"/rooms/{part(room_id)}/state/{RULES}")
        if now.ok and now.body.get("join_rule") == "public":
            # A room that was private for part of this read: which messages belong to that part is not determined.
            return all(rule == "public" for rule in rules)
        self._call("POST", f"/rooms/{part(room_id)}/leave", json_body={})
        return False

    def _sync(self, cursor: str | None) -> Mapping[str, Any]:
        nothing: dict[str, list[str]] = {"types": []}
        limit = 1 if cursor is None else PAGE
        shown = {"limit": limit, "types": READ}
        # Synapse caches the same request for two minutes, old events included; no room has this name.
        fresh = [f"!{secrets.token_hex(8)}:invalid"]
        wanted = {
            "presence": nothing,
            "account_data": nothing,
            "room": {
                "timeline": shown,
                "state": nothing,
                "ephemeral": nothing,
                "account_data": nothing,
                "not_rooms": fresh,
            },
        }
        params = {"timeout": "0", "set_presence": "offline", "filter": json.dumps(wanted)}
        if cursor is None:
            return self._ask("GET", "/sync", params=params)
        answer = self._call("GET", "/sync", params={**params, "since": cursor})
        if answer.status == 400:
            raise FeedWentBack(why=f"/sync does not know the cursor: {answer.code}")
        body = _understood(answer)
        before, after = _place(cursor), _place(body.get("next_batch"))
        if before is not None and after is not None and after < before:  # it answers with its own, earlier end
            raise FeedWentBack(why=f"the server is at event {after}, and {before} was read")
        return body

    def _ask(self, method: str, path: str, *, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        return _understood(self._call(method, path, params=params))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json_body: Mapping[str, object] | None = None,
    ) -> JsonReply:
        return self._http.call(method, f"{CLIENT}{path}", params=params, json_body=json_body, token=self._token)


def _understood(answer: JsonReply) -> Mapping[str, Any]:
    if answer.status == 401:
        raise CredentialsRefused(why="watcher_token")
    if not answer.ok:
        raise not_understood(f"HTTP {answer.status} {answer.code}")
    return answer.body


def _place(token: object) -> int | None:
    """The number of the newest event in a sync token of Synapse (`s72594_4483_1934`); None for another server's."""
    found = re.match(r"[sm](\d{1,18})[_~]", token) if isinstance(token, str) else None
    return int(found[1]) if found else None


def _joined(answer: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rooms = answer.get("rooms")
    joined = rooms.get("join") if isinstance(rooms, dict) else None
    for room_id, room in (joined if isinstance(joined, dict) else {}).items():
        if isinstance(room, dict):
            yield room_id, room


def _redacted(event: object) -> str | None:
    """The id of the message that this event deletes, in either of the two places where servers put it; else None."""
    if not isinstance(event, dict) or event.get("type") != REDACTION:
        return None
    target = event.get("redacts") or content_of(event).get("redacts")
    return target if is_identifier(target) else None


def _replaced(event: Event) -> tuple[str, ...]:
    """The id of the message that this one edits."""
    relation = content_of(event).get("m.relates_to")
    if not isinstance(relation, dict) or relation.get("rel_type") != "m.replace":
        return ()
    target = relation.get("event_id")
    return (target,) if isinstance(target, str) and is_identifier(target) else ()
