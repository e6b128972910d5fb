"""An account's messages in public rooms: preserving and, if voted for, redacting them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaga.core.canonical import canonical_json
from jaga.core.errors import N_
from jaga.core.foreign import is_identifier
from jaga.core.platforms import Material, RouteObservation, StepResult
from jaga.core.terms.cases import OutcomeKind
from jaga.platforms.kit.guard import clean, moment, raw
from jaga.platforms.kit.steps import NOT_SEEN, NOTHING_TO_DO, SEEN
from jaga.platforms.synapse.accounts import Accounts, Inspection
from jaga.platforms.synapse.api import Event, SynapseApi, content_of, part, sent_at, text_of
from jaga.platforms.synapse.media import Media, hashes_of, media_of

ROOMS = 50  # Preserved rooms per account.
PAGES = 5  # Preserved pages of 100 messages per room.
REDACTED_PAGES = 200
REDACTION_SECONDS = 60.0
MESSAGES = ("m.room.message",)
REDACTED = ("m.room.message", "m.room.encrypted")  # What Synapse's redaction removes; stickers and reactions stay.

NO_ROOMS = N_("No room was named. Nothing was changed.")
NOT_PUBLIC = N_("One of the named rooms is not public, or does not exist. Nothing was changed.")
IN_PROGRESS = N_("Another redaction of this account is still running.")
NOT_ALL = N_("The platform could not remove all messages. A repeat tries those that are left.")
MEDIA_STAY = N_("The platform did not hold back all media of the messages. No message was removed yet.")
AVATAR = "avatar"


@dataclass(frozen=True)
class PublicRoom:
    """A room anyone may join and whose history newcomers may read, since `since` (milliseconds)."""

    room_id: str
    name: str
    since: int


class Rooms:
    """Reads and redacts messages in public rooms with the admin token; private content is not read."""

    def __init__(self, api: SynapseApi, accounts: Accounts, media: Media) -> None:
        self._api = api
        self._accounts = accounts
        self._media = media

    def public_room(self, room_id: str) -> PublicRoom | None:
        """The room if it is public now, or None. `since` is its last rule change: older messages were not public."""
        room = self._api.room(room_id)
        if room is None or room.get("join_rules") != "public":
            return None
        if room.get("history_visibility") not in {"shared", "world_readable"} or room.get("encryption"):
            return None
        rules = self._api.room_events(room_id, types=("m.room.join_rules", "m.room.history_visibility"), pages=1)
        since = max((_stamp(event) for event in rules if event is not None), default=0)
        name = room.get("name")
        return PublicRoom(room_id, clean(name) if isinstance(name, str) else "", since)

    def preserve(self, account_id: str, last: Inspection | None = None) -> tuple[Material, ...]:
        """The public profile, newest messages in public rooms, and hashes of media shown there.

        No e-mail, IP address or private message, and only hashes of media. What the observation `last` contains is not
        queried again.
        """
        body = last.body if last else None
        if body is None and self._accounts.is_ours(account_id):
            body = self._accounts.body(account_id)
        if body is None:
            return ()
        joined = last.rooms if last else None
        rooms, complete = self._public_rooms_of(self._accounts.memberships(account_id) if joined is None else joined)
        messages: list[Mapping[str, object]] = []
        shown: dict[str, tuple[str, ...]] = {}
        if avatar := _text(body.get("avatar_url")):
            shown[avatar] = (AVATAR,)
        for room in rooms:
            found, all_of_them = self._messages(room, account_id)
            for event in found:
                messages.append(_message(event, room))
                for address in media_of(event) if is_identifier(event["event_id"]) else ():
                    shown[address] = (*shown.get(address, ()), event["event_id"])
            complete = complete and all_of_them
        messages.sort(key=lambda message: (str(message["sent_at"]), str(message["message_id"])))
        kept = {
            "account_id": account_id,
            "complete": complete,
            "messages": messages,
            "rooms": [{"room_id": room.room_id, "name": room.name} for room in rooms],
        }
        materials = (
            Material("profile.json", "application/json", canonical_json(_profile(account_id, body))),
            Material("messages.json", "application/json", canonical_json(kept)),
        )
        if not shown:
            return materials
        listed = self._media.evidence(account_id, shown)
        return (*materials, Material("media.json", "application/json", canonical_json(listed), hashes_of(listed)))

    def redact(self, account_id: str, room_ids: tuple[str, ...]) -> StepResult:
        """Redact the account's messages in these rooms; does nothing unless all are public.

        Their media are quarantined first: once a message is gone, they can no longer be identified, also after a crash
        in between.
        """
        if not room_ids:
            return StepResult(OutcomeKind.REFUSED, NO_ROOMS)
        named = tuple(dict.fromkeys(room_ids))
        for room_id in named:
            room = self._api.room(room_id)
            if room is None or room.get("join_rules") != "public":
                return StepResult(OutcomeKind.REFUSED, NOT_PUBLIC)
        count, addresses = self._left(account_id, named)
        if not count:
            return StepResult(OutcomeKind.ALREADY, NOTHING_TO_DO, (RouteObservation("rooms", "0 messages left"),))
        media = self._media.quarantine(account_id, addresses)
        if media.missed:
            left_now = RouteObservation("rooms", f"{count} messages left")
            return StepResult(OutcomeKind.UNKNOWN, MEDIA_STAY, (*media.readings, left_now))
        # Without rooms Synapse would take every room of the account, private ones too. No reason: it is public.
        order: dict[str, object] = {"rooms": list(named), "limit": REDACTED_PAGES * 100}
        answer = self._api.admin("POST", f"/v1/user/{part(account_id)}/redact", body=order)
        if not answer.ok:
            readings = (RouteObservation("redact", f"HTTP {answer.status}"), *media.readings)
            return StepResult(OutcomeKind.UNKNOWN, IN_PROGRESS, readings)
        status, failed = self._wait_for(str(answer.body.get("redact_id")))
        left, _ = self._left(account_id, named)
        readings = (
            RouteObservation("redact", status),
            RouteObservation("failed", str(failed)),
            RouteObservation("rooms", f"{left} messages left"),
            *media.readings,
        )
        if left:  # The observation decides: failures may also concern membership events, which nobody asked to remove.
            return StepResult(OutcomeKind.UNKNOWN, NOT_ALL if failed else NOT_SEEN, readings)
        return StepResult(OutcomeKind.DONE, SEEN, readings)

    def _public_rooms_of(self, memberships: Mapping[str, str]) -> tuple[list[PublicRoom], bool]:
        found: list[PublicRoom] = []
        unread = False
        for room_id, membership in sorted(memberships.items()):
            if membership not in {"join", "leave", "ban"}:
                continue
            if not is_identifier(room_id):  # It cannot be queried.
                unread = True
                continue
            if (room := self.public_room(room_id)) is None:
                continue
            if len(found) == ROOMS:
                return found, False
            found.append(room)
        return found, not unread

    def _messages(self, room: PublicRoom, account_id: str) -> tuple[list[Event], bool]:
        found: list[Event] = []
        for event in self._api.room_events(room.room_id, types=MESSAGES, sender=account_id, pages=PAGES):
            if event is None:
                return found, False
            if _stamp(event) >= room.since and event.get("sender") == account_id and content_of(event):
                found.append(event)
        return found, True

    def _left(self, account_id: str, room_ids: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """How many messages remain to be redacted, and their media."""
        count, addresses = 0, dict[str, None]()
        for room_id in room_ids:
            for event in self._api.room_events(room_id, types=REDACTED, sender=account_id, pages=REDACTED_PAGES):
                if event is None or content_of(event):
                    count += 1
                    addresses.update(dict.fromkeys(() if event is None else media_of(event)))
        return count, tuple(addresses)

    def _wait_for(self, redact_id: str) -> tuple[str, int]:
        deadline = time.monotonic() + REDACTION_SECONDS
        pause = 0.01
        while True:
            body = self._api.look_up(f"/v1/user/redact_status/{part(redact_id)}") or {}
            status = str(body.get("status", "missing"))
            if status not in {"scheduled", "active"} or time.monotonic() > deadline:
                failed = body.get("failed_redactions")
                return status, len(failed) if isinstance(failed, dict) else 0
            time.sleep(pause)
            pause = min(1.0, pause * 1.5)


def _profile(account_id: str, body: Mapping[str, Any]) -> Mapping[str, object]:
    created = body.get("creation_ts")
    return {
        "account_id": account_id,
        "display_name": _text(body.get("displayname")),
        "avatar_url": _text(body.get("avatar_url")),
        "created_at": None if created is None else moment(created),
    }


def _message(event: Event, room: PublicRoom) -> Mapping[str, object]:
    """The message as sealed; if its id cannot be kept unchanged, whole and escaped (`raw`)."""
    if not is_identifier(event["event_id"]):
        return {"message_id": None, "room_id": room.room_id, "sent_at": sent_at(event), "raw": raw(event).decode()}
    content = content_of(event)
    relation = content.get("m.relates_to")
    related = relation if isinstance(relation, dict) else {}
    edited = related.get("event_id") if related.get("rel_type") == "m.replace" else None
    return {
        "message_id": event["event_id"],
        "room_id": room.room_id,
        "room_name": room.name,
        "sent_at": sent_at(event),
        "kind": _text(content.get("msgtype")),
        "text": text_of(event),
        "formatted": _text(content.get("formatted_body")),
        "media": _text(content.get("url")),
        "replaces": _text(edited),
    }


def _text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _stamp(event: Event) -> int:
    stamp = event.get("origin_server_ts")
    return stamp if isinstance(stamp, int) else 0
