"""Synapse's admin and client API as calls returning values, without interpretation."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jaga.core.platforms import PlatformFault
from jaga.platforms.kit.guard import clean, moment_of_ms
from jaga.platforms.kit.http import CredentialsRefused, Http, JsonReply

ADMIN = "/_synapse/admin"
CLIENT = "/_matrix/client/v3"
PAGE = 100
KNOWN_ROOMS = 100_000

Event = Mapping[str, Any]


class SynapseApi:
    """The calls the adapter needs, all with the admin token."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.makers: dict[str, str] = {}  # Of rooms already queried; a room's creator never changes.

    def admin(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> JsonReply:
        """An admin call.

        Raises CredentialsRefused if the token is invalid or not an administrator's.

        A forbidden step although the token may read is the server's refusal and returned as an answer.
        """
        answer = self.http.call(method, f"{ADMIN}{path}", json_body=body, params=params)
        if answer.status == 401 or (answer.status == 403 and method == "GET"):
            raise CredentialsRefused(why=f"{method}: HTTP {answer.status} {answer.code}")
        return answer

    def look_up(self, path: str) -> Mapping[str, Any] | None:
        """The result of an admin GET, or None if not found."""
        answer = self.admin("GET", path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise not_understood(f"HTTP {answer.status} {answer.code}")
        return answer.body

    def room(self, room_id: str) -> Mapping[str, Any] | None:
        """A room as the admin sees it, or None."""
        room = self.look_up(f"/v1/rooms/{part(room_id)}")
        if room is not None:
            if len(self.makers) >= KNOWN_ROOMS:
                self.makers = {}
            self.makers[room_id] = str(room.get("creator"))
        return room

    def room_events(
        self,
        room_id: str,
        *,
        types: tuple[str, ...],
        sender: str | None = None,
        pages: int,
    ) -> Iterator[Event | None]:
        """Events of a room, newest first, at most `pages` times 100; a final None means there are more."""
        wanted: dict[str, object] = {"types": list(types)}
        if sender is not None:
            wanted["senders"] = [sender]
        params = {"dir": "b", "limit": str(PAGE), "filter": json.dumps(wanted)}
        for _ in range(pages):
            answer = self.admin("GET", f"/v1/rooms/{part(room_id)}/messages", params=params)
            if answer.status != 200:
                raise not_understood(f"HTTP {answer.status} {answer.code}")
            yield from events(answer.body.get("chunk"))
            end = answer.body.get("end")
            if not isinstance(end, str) or end == params.get("from"):
                return
            params["from"] = end
        yield None


def part(value: str) -> str:
    """An id escaped as one path segment, so `..` or a slash cannot lead elsewhere."""
    return quote(value, safe="")


def items_of(chunk: object) -> list[Any]:
    """The items of a list from the server. Raises PlatformFault if it is not a list."""
    if not isinstance(chunk, list):
        raise not_understood("no list of events")
    return chunk


def events(chunk: object) -> Iterator[Event]:
    """The events in a list from the server. Raises PlatformFault unless it is a list of objects with an id."""
    for event in items_of(chunk):
        if not isinstance(event, dict) or not isinstance(event.get("event_id"), str):
            raise not_understood("an event without an id")
        yield event


def content_of(event: Event) -> Mapping[str, Any]:
    """An event's content; empty if redacted."""
    content = event.get("content")
    return content if isinstance(content, dict) else {}


def text_of(event: Event) -> str:
    """A message's text; the new text of an edit; empty if it has none."""
    content = content_of(event)
    new = content.get("m.new_content")
    body = (new if isinstance(new, dict) else content).get("body")
    return clean(body) if isinstance(body, str) else ""


def sent_at(event: Event) -> datetime:
    """An event's claimed time; the epoch if out of range, since other servers send anything."""
    return moment_of_ms(event.get("origin_server_ts"))


def not_understood(why: str) -> PlatformFault:
    """The error for an answer nothing can be concluded from."""
    return PlatformFault(why=f"answer not understood: {why}")
