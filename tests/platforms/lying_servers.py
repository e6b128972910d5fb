"""Correct answers of each kind of server, so that one value can be replaced."""

import json
from collections.abc import Callable
from urllib.parse import unquote

from tests.platforms.bad_values import Answer

ROOM, SENDER, DID = "!pasar:localhost", "@mawar:localhost", "did:plc:" + "b" * 24
TEXT = "open BO malam ini, nego, wa 0812-0000-1111"
Routes = dict[str, object]


def event(**changes: object) -> dict[str, object]:
    """A message in a public room."""
    return {
        "event_id": "$satu",
        "sender": SENDER,
        "type": "m.room.message",
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": TEXT},
    } | changes


def sync(*events: object, room: str = ROOM, **changes: object) -> dict[str, object]:
    """The answer to `/sync`."""
    return {"next_batch": "s2", "rooms": {"join": {room: {"timeline": {"events": list(events)}}}}} | changes


def synapse(**changes: object) -> Routes:
    """The answers of a Synapse by the end of the address."""
    member = {
        "name": SENDER,
        "deactivated": False,
        "locked": False,
        "suspended": False,
        "erased": False,
        "admin": False,
        "displayname": "Mawar",
        "creation_ts": 1_700_000_000,
    }
    return {
        "/account/whoami": {"user_id": "@watcher:localhost"},
        "/publicRooms": {"chunk": [{"room_id": ROOM, "name": "Pasar", "join_rule": "public"}]},
        "/joined_rooms": {"joined_rooms": [ROOM]},
        "/sync": sync(event()),
        "/state/m.room.join_rules": {"join_rule": "public"},
        "/join": {},
        "/leave": {},
        "/v1/event_reports": {
            "event_reports": [
                {
                    "id": 7,
                    "sender": SENDER,
                    "user_id": "@saksi:localhost",
                    "received_ts": 1_700_000_000_000,
                    "reason": "penipuan",
                    "room_id": ROOM,
                    "event_id": "$satu",
                }
            ]
        },
        "/v1/event_reports/7": {"event_json": event()},
        "/v1/user_reports": {
            "user_reports": [
                {
                    "id": 3,
                    "target_user_id": SENDER,
                    "user_id": "@saksi:localhost",
                    "received_ts": 1_700_000_000_000,
                    "reason": "penipuan",
                }
            ]
        },
        f"/v2/users/{SENDER}": member,
        "/devices": {"devices": [{}]},
        f"/profile/{SENDER}": {"displayname": "Mawar"},
        "/memberships": {"memberships": {ROOM: "join"}},
        f"/v1/rooms/{ROOM}": {
            "creator": SENDER,
            "join_rules": "public",
            "history_visibility": "shared",
            "name": "Pasar",
            "encryption": None,
        },
        f"/v1/rooms/{ROOM}/messages": {"chunk": [event()]},
    } | changes


def atproto(**changes: object) -> Routes:
    """The same for a PDS, and for an Ozone at the same address."""
    report = {
        "id": 9,
        "event": {"$type": "x", "reportType": "spam", "comment": "penipuan"},
        "createdBy": DID,
        "createdAt": "2026-01-01T00:00:00Z",
        "subject": {"did": DID},
    }
    return {
        "com.atproto.sync.getRepoStatus": {"did": DID, "active": True},
        "com.atproto.admin.getSubjectStatus": {"takedown": {"applied": False}, "deactivated": {"applied": False}},
        "com.atproto.admin.getAccountInfo": {"did": DID, "handle": "mawar.test", "indexedAt": "2026-01-01T00:00:00Z"},
        "com.atproto.identity.resolveHandle": {"did": DID},
        "com.atproto.repo.listRecords": {
            "records": [
                {"uri": f"at://{DID}/app.bsky.feed.post/self", "cid": "b", "value": {"text": TEXT, "createdAt": "x"}}
            ]
        },
        "com.atproto.repo.describeRepo": {"handle": "mawar.test"},
        "com.atproto.server.createSession": {"accessJwt": "a", "did": DID},
        "com.atproto.server.getServiceAuth": {"token": "t"},
        "tools.ozone.moderation.queryStatuses": {"subjectStatuses": []},
        "tools.ozone.moderation.queryEvents": {"events": [report]},
    } | changes


def ejabberd(**changes: object) -> Routes:
    """The same for ejabberd's HTTP API."""
    return {"user_sessions_info": [], "check_account": 0} | changes


def served(routes: Routes) -> Callable[[str, str, bytes], Answer]:
    """A correct server with these routes: the longest matching end is used. Bytes are sent unchanged."""
    by_length = sorted(routes, key=len, reverse=True)

    def reply(method: str, path: str, body: bytes) -> Answer:
        found = next((end for end in by_length if unquote(path).endswith(end)), None)
        if found is None:
            return 404, {}, b"{}"
        value = routes[found]
        return (
            200,
            {"Content-Type": "application/json"},
            value if isinstance(value, bytes) else json.dumps(value).encode(),
        )

    return reply
